//! The native module `codepickle._native`.
use pyo3::prelude::*;

mod annotations;
mod cells;
mod classes;
mod codes;
mod declared;
mod dumps;
mod engine;
mod errors;
mod fallback;
mod functions;
mod kept;
mod limits;
mod loading;
mod lowering;
mod memo_proxy;
mod modules;
mod names;
mod pickler;
mod plans;
mod program;
mod reference;
mod requirements;
mod self_contained;
mod snippets;
mod source;
mod trust;

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::dumps::{content, dump, dumps};
    #[pymodule_export]
    use crate::loading::Functions;
    #[pymodule_export]
    use crate::lowering::{constructs, disguise, lower_module, older};
    #[pymodule_export]
    use crate::memo_proxy::PicklerMemoProxy;
    #[pymodule_export]
    use crate::pickler::Pickler;
    #[pymodule_export]
    use crate::requirements::read_payload;
    #[pymodule_export]
    use crate::trust::{inspect_payload, load_checked};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::source::register(module)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        // Looked up now, so that the first `dumps` does not wait for it.
        crate::engine::known::Known::get(module.py())?;
        // Whoever forbids to compile has a reason, and may do without.
        drop(crate::dumps::prepare(module.py()));
        Ok(())
    }
}
