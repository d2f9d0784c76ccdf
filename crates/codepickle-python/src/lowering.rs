//! Bindings of the lowering: for snippets and for whole modules.

use codepickle_source::lower::{self, Construct, LowerError};
use codepickle_source::{Older, Parts};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::source::syntax_error;

/// What a construct is, its line, and the minor version that has it: `("3.10: match statement", 2, 10)`.
type Described = (String, u32, u8);

fn described(construct: Construct) -> Described {
    let (major, minor) = construct.kind.since();
    let what = format!("{major}.{minor}: {}", construct.kind);
    (what, construct.line, minor)
}

/// The last argument of the runtime's `c` for a snippet given by the others (docs/wire-format.md, Code); `None` where
/// `wanted`, a minor version, has all of its grammar.
///
/// Raises `SyntaxError` where the text cannot be parsed.
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "they are the runtime's")]
pub(crate) fn older<'py>(
    py: Python<'py>,
    text: &str,
    line: u32,
    header: &str,
    trailer: &str,
    column: u32,
    decorators: usize,
    has_text_annotations: bool,
    producer: u8,
    wanted: u8,
) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let parts = Parts {
        text,
        header,
        trailer,
        line,
        column,
        decorators,
        has_text_annotations,
    };
    older_form(py, &parts, producer, wanted)
}

/// The same for a snippet's parts.
pub(crate) fn older_form<'py>(
    py: Python<'py>,
    parts: &Parts<'_>,
    producer: u8,
    wanted: u8,
) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let older = py
        .detach(|| Older::of(parts, (3, producer), (3, wanted)))
        .map_err(|error| syntax_error(&error))?;
    let Some(older) = older else {
        return Ok(None);
    };
    let refused = older
        .refused
        .map_or(String::new(), |construct| construct.to_string());
    let mut values = vec![
        older.needs.1.into_pyobject(py)?.into_any(),
        PyString::new(py, &refused).into_any(),
    ];
    for form in older.forms {
        let mut changes = Vec::with_capacity(2 * form.changes.len());
        for (index, line) in form.changes {
            changes.push(index.into_pyobject(py)?.into_any());
            changes.push(PyString::new(py, &line).into_any());
        }
        let mut items = vec![
            form.oldest.1.into_pyobject(py)?.into_any(),
            PyString::new(py, form.helper.as_deref().unwrap_or_default()).into_any(),
            PyTuple::new(py, changes)?.into_any(),
            PyTuple::new(py, form.inserted)?.into_any(),
        ];
        if !form.type_params.is_empty() || form.header.is_some() {
            items.push(PyTuple::new(py, form.type_params)?.into_any());
        }
        if let Some(header) = form.header {
            items.push(PyString::new(py, &header).into_any());
        }
        values.push(PyTuple::new(py, items)?.into_any());
    }
    PyTuple::new(py, values).map(Some)
}

/// The text of a module for a minor version, and what cannot be written for it; twice `None` where the version has all
/// of the module's grammar.
///
/// Raises `SyntaxError` where the text cannot be parsed.
#[pyfunction]
pub(crate) fn lower_module(
    py: Python<'_>,
    text: &str,
    wanted: u8,
) -> PyResult<(Option<String>, Option<Described>)> {
    match py.detach(|| lower::lower_module(text, (3, wanted))) {
        Ok(lowered) => Ok((lowered.map(|lowered| lowered.text), None)),
        Err(LowerError::Construct(construct, _)) => Ok((None, Some(described(construct)))),
        Err(LowerError::Parse(error)) => Err(syntax_error(&error)),
    }
}

/// What versions mean differently, and its line.
type Remark = (String, u32);

/// The constructs that 3.7 does not have, and what versions mean differently, each by line.
///
/// Raises `SyntaxError` where the text cannot be parsed.
#[pyfunction]
pub(crate) fn constructs(py: Python<'_>, text: &str) -> PyResult<(Vec<Described>, Vec<Remark>)> {
    let (found, notes) = py
        .detach(|| Ok((lower::constructs(text)?, lower::notes(text)?)))
        .map_err(|error| syntax_error(&error))?;
    Ok((
        found.into_iter().map(described).collect(),
        notes
            .into_iter()
            .map(|note| (note.what(), note.line))
            .collect(),
    ))
}

/// Why the text of a snippet is not what is compiled; `None` where it is.
#[pyfunction]
pub(crate) fn disguise(
    py: Python<'_>,
    text: &str,
    header: &str,
    trailer: &str,
    decorators: usize,
    name: &str,
) -> Option<String> {
    let parts = Parts {
        text,
        header,
        trailer,
        line: 1,
        column: 0,
        decorators,
        has_text_annotations: false,
    };
    let found = py.detach(|| codepickle_source::disguise(&parts, name));
    found.map(|disguise| disguise.to_string())
}
