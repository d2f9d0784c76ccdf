//! The native module `codepickle._native`.
use pyo3::prelude::*;

mod source;

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::source::register(module)
    }
}
