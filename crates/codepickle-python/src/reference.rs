//! What goes by reference: the user's rule, or cloudpickle's, as `codepickle._reference` has it.

use crate::names::intern;
use pyo3::exceptions::{PyAttributeError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFrozenSet, PyModule, PyString, PyType};

use crate::engine::Engine;
use crate::engine::known::Known;

/// The user's `pickle_by_reference`, or cloudpickle's rule.
pub(crate) fn by_reference<'py>(engine: &Engine<'py>, obj: &Bound<'py, PyAny>) -> PyResult<bool> {
    match engine.config.pickle_by_reference.as_ref() {
        Some(rule) => rule.bind(obj.py()).call1((obj,))?.is_truthy(),
        None => by_default(obj),
    }
}

/// cloudpickle's rule.
pub(crate) fn by_default(obj: &Bound<'_, PyAny>) -> PyResult<bool> {
    if let Some(found) = of_ordinary(obj)? {
        return Ok(found);
    }
    let py = obj.py();
    py.import(intern!(py, "codepickle._reference"))?
        .call_method1(intern!(py, "by_reference"), (obj,))?
        .is_truthy()
}

/// What `_reference.by_reference` says of a function or class with ordinary names, of no module whose objects may have
/// other names than they say.
fn of_ordinary(obj: &Bound<'_, PyAny>) -> PyResult<Option<bool>> {
    let py = obj.py();
    let known = Known::get(py)?;
    if !obj.get_type().is(&known.function) && !obj.is_instance_of::<PyType>() {
        return Ok(None);
    }
    let Some(module) = exact_string(obj.getattr_opt(intern!(py, "__module__"))?) else {
        return Ok(None);
    };
    if module.as_any().eq(intern!(py, "__main__"))? {
        return Ok(Some(false));
    }
    if known.moved.bind(py).contains(&module)? {
        return Ok(None);
    }
    let Some(qualname) = exact_string(obj.getattr_opt(intern!(py, "__qualname__"))?) else {
        return Ok(None);
    };
    let Some(mut found) = modules(py)?.get_item(&module)? else {
        return Ok(Some(false));
    };
    let name = qualname.to_cow()?;
    if !name.contains('.') && !name.is_empty() {
        match found.getattr_opt(&qualname)? {
            Some(value) => found = value,
            None => return Ok(Some(false)),
        }
    } else {
        if name.is_empty() {
            return Ok(None);
        }
        for part in name.split('.') {
            if part == "<locals>" {
                return Ok(Some(false));
            }
            found = match found.getattr(part) {
                Ok(value) => value,
                Err(error) if error.is_instance_of::<PyAttributeError>(py) => {
                    return Ok(Some(false));
                }
                Err(error) => return Err(error),
            };
        }
    }
    if !found.is(obj) {
        return Ok(Some(false));
    }
    let registered = registered(py)?;
    if registered.is_empty() {
        return Ok(Some(true));
    }
    let module = module.to_cow()?;
    let mut package = Some(&*module);
    while let Some(name) = package {
        if registered.contains(name)? {
            return Ok(Some(false));
        }
        package = name.rsplit_once('.').map(|(parent, _)| parent);
    }
    Ok(Some(true))
}

fn exact_string(value: Option<Bound<'_, PyAny>>) -> Option<Bound<'_, PyString>> {
    value?.cast_into_exact::<PyString>().ok()
}

/// The names of the modules that are registered to go by value: never changed, replaced where one is registered.
pub(crate) fn registered(py: Python<'_>) -> PyResult<Bound<'_, PyFrozenSet>> {
    static REFERENCE: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let space = REFERENCE.get_or_try_init(py, || -> PyResult<_> {
        Ok(py.import("codepickle._reference")?.dict().unbind())
    })?;
    let registered = space.bind(py).get_item(intern!(py, "_by_value"))?;
    Ok(registered.ok_or_else(lost)?.cast_into()?)
}

/// `sys.modules`, as it is now.
pub(crate) fn modules(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let sys = Known::get(py)?.sys.bind(py).cast::<PyModule>()?;
    let modules = sys.dict().get_item(intern!(py, "modules"))?;
    Ok(modules.ok_or_else(lost)?.cast_into()?)
}

fn lost() -> PyErr {
    PyRuntimeError::new_err("the tables of imported or registered modules are gone")
}
