//! What the fuzz targets do with their input: for libFuzzer (`fuzz_targets/`), and for `replay`, which needs nothing but
//! a Rust compiler.
//!
//! Each entry takes any bytes. It panics where something does not hold; it returns whether the input was worth looking at.
#![forbid(unsafe_code)]

mod pickles;
mod texts;

pub use pickles::{read, trust};
pub use texts::{imports, locate, lower};

/// A target: what it does with its input.
pub type Target = fn(&[u8]) -> bool;

/// All targets, by the names of their folders in `corpus/`.
pub const TARGETS: [(&str, Target); 5] = [
    ("read", read),
    ("trust", trust),
    ("imports", imports),
    ("locate", locate),
    ("lower", lower),
];
