//! Modules: by name, or with their namespace where they were made at run time or registered by value.

use crate::names::intern;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule};

use crate::engine::{Engine, Op};
use crate::plans::Plan;
use crate::program::{Program, Runtime};
use crate::reference::by_reference;

/// The interpreter's and the import system's own: the receiver has its own builtins, did not import the module and does
/// not have its file.
const NOT_STATE: [&str; 5] = [
    "__builtins__",
    "__loader__",
    "__spec__",
    "__cached__",
    "__file__",
];

/// Saves a module.
pub(crate) fn save<'py>(engine: &mut Engine<'py>, module: &Bound<'py, PyAny>) -> PyResult<()> {
    let py = module.py();
    let name = module.getattr(intern!(py, "__name__"))?;
    let imported = by_reference(engine, module)?;
    let mut program = Program::new(engine);
    let maker = if imported {
        Runtime::Import
    } else {
        Runtime::Module
    };
    program.call(maker, 1, |program| program.save(name));
    program.memoize(module);
    if !imported {
        let dict = module
            .getattr(intern!(py, "__dict__"))?
            .cast_into::<PyDict>()?;
        engine
            .ext
            .modules
            .insert(dict.as_ptr() as usize, module.clone().unbind());
        let state = dict.copy()?;
        for name in NOT_STATE {
            if state.contains(name)? {
                state.del_item(name)?;
            }
        }
        forget_helpers(&state)?;
        program.call(Runtime::Attributes, 2, |program| {
            program.get(module);
            program.save(state.into_any());
        });
        program.op(Op::Pop);
    }
    program.run(engine);
    Ok(())
}

/// Removes the globals that lowered text got here: another receiver may take the original.
fn forget_helpers(state: &Bound<'_, PyDict>) -> PyResult<()> {
    let py = state.py();
    if let Some(lowered) = loaded(py, "codepickle._lowered")? {
        for (name, value) in state.copy()? {
            if value.is(&lowered) {
                state.del_item(name)?;
            }
        }
    }
    Ok(())
}

/// The submodules that code reaches through attributes of a package: they must be imported on the receiver too.
///
/// `values` are what the code's globals and free variables hold, with the attribute chains that start there.
pub(crate) fn submodules<'py>(
    plan: &Plan,
    code: &Bound<'py, PyAny>,
    values: &[(Bound<'py, PyAny>, &[String])],
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let py = code.py();
    let mut found = Vec::new();
    for (value, chains) in values {
        // Only a package, which has a __path__, has submodules.
        let Ok(module) = value.cast::<PyModule>() else {
            continue;
        };
        if !module.dict().contains(intern!(py, "__path__"))? {
            continue;
        }
        let Ok(root) = module.getattr(intern!(py, "__name__"))?.extract::<String>() else {
            continue;
        };
        if plan.bytecode {
            let bytecode = py.import(intern!(py, "codepickle._bytecode"))?;
            let names = bytecode.call_method1(intern!(py, "attribute_names"), (code,))?;
            let list = bytecode.call_method1(intern!(py, "submodules"), (module, names))?;
            for name in list.extract::<Vec<String>>()? {
                found.extend(loaded(py, &name)?);
            }
            continue;
        }
        for chain in *chains {
            let mut name = root.clone();
            let mut deepest = None;
            for part in chain.split('.').skip(1) {
                name.push('.');
                name.push_str(part);
                match loaded(py, &name)? {
                    Some(module) => deepest = Some(module),
                    None => break,
                }
            }
            found.extend(deepest);
        }
    }
    Ok(found)
}

/// The module of that name in `sys.modules`.
fn loaded<'py>(py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    let modules = py
        .import(intern!(py, "sys"))?
        .getattr(intern!(py, "modules"))?;
    match modules.get_item(name) {
        Ok(module) if module.is_instance_of::<PyModule>() => Ok(Some(module)),
        Ok(_) => Ok(None),
        Err(error) if error.is_instance_of::<PyKeyError>(py) => Ok(None),
        Err(error) => Err(error),
    }
}
