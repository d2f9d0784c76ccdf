//! The native module `codepickle._native`.
use pyo3::prelude::*;

#[pymodule]
mod _native {}
