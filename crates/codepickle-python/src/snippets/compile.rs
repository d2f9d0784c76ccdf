//! A snippet, compiled where it stands apart from its file.

use std::ffi::{CStr, CString};

use crate::names::intern;
use crate::reference::modules;
use codepickle_source::Snippet;
use pyo3::exceptions::{
    PyMemoryError, PyOverflowError, PyRecursionError, PySyntaxError, PyValueError,
};
use pyo3::prelude::*;
use pyo3::types::{PyCode, PyCodeInput, PyList, PyString, PyTuple};

use crate::engine::known::Known;

/// The code of a snippet and the line at which it was compiled; None where it does not compile.
///
/// That is the first line that it can stand at: the lines above take time when there are 50,000 of them.
///
/// # Errors
/// What is not about the text.
pub(super) fn compiled<'py>(
    py: Python<'py>,
    known: &Known,
    snippet: &Snippet,
    facts: &str,
    has_text_annotations: bool,
) -> PyResult<Option<(Bound<'py, PyAny>, u32)>> {
    let mut above = String::new();
    if has_text_annotations {
        above.push_str("from __future__ import annotations\n");
    }
    above.push_str(facts);
    let mut line = lines(&above) + lines(&snippet.header) + 1;
    // From 3.13 on a class keeps its first line as a constant.
    if known.version >= (3, 13) && snippet.text.contains("class") {
        let Some(blank) = snippet.line.checked_sub(line) else {
            return Ok(None);
        };
        above.extend(std::iter::repeat_n('\n', blank as usize));
        line = snippet.line;
    }
    above.push_str(&snippet.parts().assembled());
    let Ok(text) = CString::new(above) else {
        return Ok(None);
    };
    let module = match quietly(py, known, &text, c"<codepickle>") {
        Ok(module) => module,
        Err(error) if is_about_the_text(py, &error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let found = dig(known, &module, &snippet.name, line)?;
    Ok(found.map(|code| (code, line)))
}

fn lines(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX)
}

/// What `_runtime.compile_snippet` makes a `LoadError` of.
fn is_about_the_text(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PySyntaxError>(py)
        || error.is_instance_of::<PyValueError>(py)
        || error.is_instance_of::<PyRecursionError>(py)
        || error.is_instance_of::<PyMemoryError>(py)
        || error.is_instance_of::<PyOverflowError>(py)
}

/// Compiles a module without warnings: the user saw them when the file was imported.
fn quietly<'py>(
    py: Python<'py>,
    known: &Known,
    text: &CStr,
    filename: &CStr,
) -> PyResult<Bound<'py, PyAny>> {
    let warnings = match modules(py)?.get_item(intern!(py, "warnings"))? {
        Some(warnings) => warnings,
        None => py.import("warnings")?.into_any(),
    };
    if known.version >= (3, 14) {
        // Filters are part of the context there.
        let manager = warnings.getattr("catch_warnings")?.call0()?;
        manager.call_method0("__enter__")?;
        let done = warnings
            .call_method1("simplefilter", ("ignore",))
            .and_then(|_| module(py, text, filename));
        manager.call_method1("__exit__", (py.None(), py.None(), py.None()))?;
        return done;
    }
    // What `catch_warnings` and `simplefilter` do to the filters; no other thread runs before they are back.
    let filters = warnings.getattr(intern!(py, "filters"))?;
    let warning = py.get_type::<pyo3::exceptions::PyWarning>();
    let all = (intern!(py, "ignore"), py.None(), warning, py.None(), 0);
    warnings.setattr(intern!(py, "filters"), PyList::new(py, [all])?)?;
    let done = module(py, text, filename);
    warnings.setattr(intern!(py, "filters"), filters)?;
    done
}

/// The code of a module. Python's own `compile` could return a syntax tree, and makes all classes of `ast` when it is first
/// called, which takes longer than all the rest.
fn module<'py>(py: Python<'py>, text: &CStr, filename: &CStr) -> PyResult<Bound<'py, PyAny>> {
    PyCode::compile(py, text, filename, PyCodeInput::File).map(Bound::into_any)
}

/// The last code object called `name` at `line`, below a chain of single scopes: as `_runtime._dig` finds it on the receiver.
fn dig<'py>(
    known: &Known,
    module: &Bound<'py, PyAny>,
    name: &str,
    line: u32,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let mut code = module.clone();
    loop {
        let children = children(known, &code)?;
        for child in children.iter().rev() {
            if is_at(child, name, line)? {
                return Ok(Some(child.clone()));
            }
        }
        // Not always the last: 3.14 compiles annotations to a function beside what they annotate.
        let mut holding = None;
        for child in children.into_iter().rev() {
            if holds(known, &child, name, line)? {
                holding = Some(child);
                break;
            }
        }
        match holding {
            Some(child) => code = child,
            None => return Ok(None),
        }
    }
}

fn holds(known: &Known, code: &Bound<'_, PyAny>, name: &str, line: u32) -> PyResult<bool> {
    let mut pending = children(known, code)?;
    while let Some(child) = pending.pop() {
        if is_at(&child, name, line)? {
            return Ok(true);
        }
        pending.extend(children(known, &child)?);
    }
    Ok(false)
}

fn children<'py>(known: &Known, code: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let consts = code.getattr(intern!(code.py(), "co_consts"))?;
    Ok(consts
        .cast::<PyTuple>()?
        .iter()
        .filter(|constant| constant.get_type().is(&known.code))
        .collect())
}

fn is_at(code: &Bound<'_, PyAny>, name: &str, line: u32) -> PyResult<bool> {
    let py = code.py();
    let first: u32 = code.getattr(intern!(py, "co_firstlineno"))?.extract()?;
    Ok(first == line && {
        let found = code.getattr(intern!(py, "co_name"))?;
        found
            .cast::<PyString>()?
            .to_cow()
            .is_ok_and(|found| found == name)
    })
}

/// The code of a module as ``compile(text, filename, "exec", flags, True)`` makes it, where `annotations` says whether the
/// future feature of that name is on; None where only `compile` does that.
#[pyfunction]
pub(crate) fn compile_text<'py>(
    py: Python<'py>,
    text: &Bound<'py, PyString>,
    filename: &Bound<'py, PyString>,
    annotations: bool,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let (Ok(text), Ok(filename)) = (text.to_cow(), filename.to_cow()) else {
        return Ok(None);
    };
    // It decodes the text, as it would a file.
    if text
        .splitn(3, ['\n', '\r'])
        .take(2)
        .any(|line| line.contains("coding"))
    {
        return Ok(None);
    }
    let text = if annotations {
        // In the place of an empty line. The name that it binds must not count as an imported module's.
        match text.strip_prefix('\n') {
            Some(rest) if !rest.contains("annotations") => {
                format!("from __future__ import annotations\n{rest}")
            }
            _ => return Ok(None),
        }
    } else {
        text.into_owned()
    };
    let (Ok(text), Ok(filename)) = (CString::new(text), CString::new(&*filename)) else {
        return Ok(None);
    };
    module(py, &text, &filename).map(Some)
}
