//! What the user is told where a function has no source.

use std::ffi::CString;

use crate::names::intern;
use pyo3::prelude::*;

fn describe(code: &Bound<'_, PyAny>, function: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
    let py = code.py();
    let name = match function {
        Some(function) => function.getattr(intern!(py, "__qualname__"))?,
        None => code.getattr(intern!(py, "co_name"))?,
    };
    let file = code.getattr(intern!(py, "co_filename"))?;
    let line = code.getattr(intern!(py, "co_firstlineno"))?;
    Ok(format!("{} ({file}, line {line})", name.repr()?))
}

/// The `PicklingError` of `by_source=True`.
pub(crate) fn refusal(
    code: &Bound<'_, PyAny>,
    function: Option<&Bound<'_, PyAny>>,
    reason: &PyErr,
) -> PyErr {
    let py = code.py();
    let build = || -> PyResult<PyErr> {
        let message = format!(
            "{} cannot travel as source: {}. Supply the text as its attribute __source__, call \
             codepickle.record_sources() before it is made, or allow bytecode with by_source=None",
            describe(code, function)?,
            reason.value(py)
        );
        let errors = py.import(intern!(py, "codepickle._errors"))?;
        Ok(PyErr::from_value(
            errors.call_method1(intern!(py, "refusal"), (message,))?,
        ))
    };
    build().unwrap_or_else(|error| error)
}

/// The one `PortabilityWarning` for a code object that falls back to bytecode.
///
/// # Errors
/// The warning itself, where a filter makes it an error.
pub(crate) fn warn(
    code: &Bound<'_, PyAny>,
    function: Option<&Bound<'_, PyAny>>,
    reason: &PyErr,
) -> PyResult<()> {
    let py = code.py();
    let message = format!(
        "{} travels as bytecode, which only this version of Python can run: {}",
        describe(code, function)?,
        reason.value(py)
    );
    let class = py
        .import(intern!(py, "codepickle._errors"))?
        .getattr(intern!(py, "PortabilityWarning"))?;
    let message = CString::new(message.replace('\0', "\\0")).unwrap_or_default();
    PyErr::warn(py, &class, &message, 1)
}
