//! Classes by value: the declaration is Python's to read (`codepickle._classes`), the text comes from here.

use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::engine::Engine;
use crate::{declared, plans};

/// The types of `None`, `...` and `NotImplemented`: the engine writes them as `type(None)` and so on.
pub(crate) fn is_nameless_builtin(engine: &Engine<'_>, class: &Bound<'_, PyType>) -> bool {
    let known = engine.known;
    [
        &known.none_type,
        &known.ellipsis_type,
        &known.not_implemented_type,
    ]
    .iter()
    .any(|each| class.is(*each))
}

/// Saves a class by value; false where it has no declaration of its own.
pub(crate) fn save<'py>(engine: &mut Engine<'py>, class: &Bound<'py, PyType>) -> PyResult<bool> {
    let py = class.py();
    let numbers = numbers(engine)?;
    let ordinary = engine.config.by_source != Some(false) && !engine.config.content_only;
    if ordinary && let Some(reduced) = declared::find(engine, class, &numbers)? {
        engine.save_declaration(reduced, class.as_any());
        return Ok(true);
    }
    let unit = if engine.config.by_source == Some(false) {
        None
    } else {
        unit(engine, class)?
    };
    let reduced = py
        .import(intern!(py, "codepickle._classes"))?
        .call_method1(intern!(py, "reduce_class"), (class, &unit, numbers))?
        .cast_into::<PyTuple>()?;
    if ordinary {
        declared::note(class, unit.as_ref(), &reduced)?;
    }
    engine.save_declaration(reduced, class.as_any());
    Ok(true)
}

/// The compiled class statement, whose methods' code is then dug out of it.
fn unit<'py>(
    engine: &mut Engine<'py>,
    class: &Bound<'py, PyType>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = class.py();
    let unit = plans::snippets(py)?.call_method1(intern!(py, "class_unit"), (class,))?;
    if unit.is_none() {
        return Ok(None);
    }
    plans::add_methods(&unit.getattr(intern!(py, "methods"))?)?;
    let code = unit.getattr(intern!(py, "code"))?;
    engine.ext.units.insert(code.as_ptr() as usize);
    Ok(Some(code))
}

/// The numbering of classes with equal tokens, one dict a payload.
fn numbers<'py>(engine: &mut Engine<'py>) -> PyResult<Bound<'py, PyDict>> {
    let py = engine.py;
    if let Some(numbers) = &engine.ext.numbers {
        return Ok(numbers.bind(py).clone());
    }
    let numbers = PyDict::new(py);
    if engine.config.by_source == Some(false) {
        // Tokens are then computed without the texts, which are not sent.
        numbers.set_item(intern!(py, "bytecode"), true)?;
    }
    if engine.config.content_only {
        // Classes are then numbered as they are met: their own numbers tell what the process did before.
        numbers.set_item(intern!(py, "content"), true)?;
    }
    engine.ext.numbers = Some(numbers.clone().unbind());
    Ok(numbers)
}
