//! Every error of the core becomes a Python exception here.
use crate::names::intern;
use pyo3::exceptions::{PyOverflowError, PyRecursionError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::engine::Engine;

/// An error of the opcode writer.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
pub(crate) fn stream(error: codepickle_stream::Error) -> PyErr {
    if error.is_too_long() {
        PyOverflowError::new_err(error.to_string())
    } else {
        Python::attach(|py| pickling_error(py, &error.to_string()))
    }
}

/// More memoised objects than opcodes can name.
pub(crate) fn memo_full() -> PyErr {
    Python::attach(|py| pickling_error(py, "memo id too large for LONG_BINGET"))
}

/// `pickle.PicklingError`.
pub(crate) fn pickling_error(py: Python<'_>, text: &str) -> PyErr {
    match py
        .import(intern!(py, "pickle"))
        .and_then(|p| p.getattr(intern!(py, "PicklingError")))
    {
        Ok(class) => match class.cast_into::<PyType>() {
            Ok(class) => PyErr::from_type(class, (text.to_owned(),)),
            Err(error) => error.into(),
        },
        Err(error) => error,
    }
}

/// `codepickle._errors.UnpicklableError`, both a `PicklingError` and a `TypeError`.
fn unpicklable(py: Python<'_>, text: &str) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    own(py, &CLASS, "UnpicklableError", text)
}

/// `codepickle._errors.RecursionPicklingError`, both a `PicklingError`, as cloudpickle's, and a `RecursionError`.
fn too_deep(py: Python<'_>, text: &str) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    own(py, &CLASS, "RecursionPicklingError", text)
}

/// An exception of `codepickle._errors`.
fn own(py: Python<'_>, class: &'static PyOnceLock<Py<PyType>>, name: &str, text: &str) -> PyErr {
    match class.import(py, "codepickle._errors", name) {
        Ok(class) => PyErr::from_type(class.clone(), (text.to_owned(),)),
        Err(error) => error,
    }
}

/// Says where in the object given an error occurred.
///
/// What the interpreter says of a type that cannot be pickled becomes an error that names the way to it. Any other
/// exception stays what it is and gets a note, from Python 3.11 on.
pub(crate) fn with_path(engine: &Engine<'_>, error: PyErr) -> PyErr {
    let py = engine.py;
    let path = engine.path();
    if let Some(culprit) = engine.culprit()
        && is_refusal(py, &error)
    {
        let class = culprit.get_type();
        let mut text = error
            .value(py)
            .str()
            .map(|s| s.to_string())
            .unwrap_or_default();
        if !path.is_empty() {
            let name = class
                .fully_qualified_name()
                .map(|n| n.to_string())
                .unwrap_or_default();
            text = format!("{text}: {path} -> {name}");
        }
        let wrapped = unpicklable(py, &text);
        wrapped.set_cause(py, Some(error));
        return wrapped;
    }
    if error.get_type(py).is(py.get_type::<PyRecursionError>()) {
        let mut text = format!(
            "Could not pickle object as excessively deep recursion required: {}",
            error.value(py)
        );
        if !path.is_empty() {
            text = format!("{text}: while pickling {path}");
        }
        let wrapped = too_deep(py, &text);
        wrapped.set_cause(py, Some(error));
        return wrapped;
    }
    if !path.is_empty() && error.value(py).getattr(intern!(py, "needs_path")).is_ok() {
        let text = format!("{}: while pickling {path}", error.value(py));
        // The error stays what it is even if its message cannot be changed.
        let _ = error.value(py).setattr(intern!(py, "args"), (text,));
        return error;
    }
    if !path.is_empty()
        && let Ok(add_note) = error.value(py).getattr(intern!(py, "add_note"))
    {
        // A note must never hide the error itself.
        let _ = add_note.call1((format!("while pickling {path}"),));
    }
    error
}

/// Whether this is the interpreter's own "cannot pickle '...' object": raised by C code, by copyreg for protocols 0
/// and 1, or by the modules of sockets. The texts are those of 3.8+, of 3.7, and of 3.7's files.
fn is_refusal(py: Python<'_>, error: &PyErr) -> bool {
    if !error.get_type(py).is(py.get_type::<PyTypeError>()) {
        return false;
    }
    let text = error
        .value(py)
        .str()
        .map(|s| s.to_string())
        .unwrap_or_default();
    if !["cannot pickle ", "can't pickle ", "cannot serialize "]
        .iter()
        .any(|start| text.starts_with(start))
    {
        return false;
    }
    let Some(traceback) = error.traceback(py) else {
        return true;
    };
    let module = traceback
        .getattr("tb_frame")
        .and_then(|frame| frame.getattr("f_globals"))
        .and_then(|globals| globals.get_item("__name__"));
    module.is_ok_and(|module| {
        ["copyreg", "socket", "ssl"]
            .iter()
            .any(|name| module.eq(name).unwrap_or(false))
    })
}
