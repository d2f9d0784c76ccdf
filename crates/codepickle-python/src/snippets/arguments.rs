//! A snippet as the arguments of the runtime's `c` (docs/wire-format.md, Code).

use crate::names::intern;
use codepickle_source::{Parts, Snippet, SnippetKind};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::engine::known::Known;
use crate::lowering;

/// The oldest grammar that payloads are made for, where the caller names none: minor version.
const OLDEST: u8 = 7;

/// The arguments of `c`; what has its default value at the end is left out.
///
/// `line` is that of the text in the file, `may_be_newer` whether it may have syntax that the oldest grammar lacks.
pub(crate) fn arguments<'py>(
    py: Python<'py>,
    snippet: &Snippet,
    line: i64,
    path: &Bound<'py, PyString>,
    futures: &str,
    may_be_newer: bool,
) -> PyResult<Bound<'py, PyTuple>> {
    let older = if may_be_newer {
        let parts = Parts {
            line: u32::try_from(line).unwrap_or(0),
            has_text_annotations: futures.split(',').any(|name| name == super::ANNOTATIONS),
            ..snippet.parts()
        };
        let producer = Known::get(py)?.version.1;
        lowering::older_form(py, &parts, producer, OLDEST)?
    } else {
        None
    };
    let name = (!name_follows(py, snippet)?).then_some(&*snippet.name);
    let values = (
        (&snippet.text, line, path, &snippet.header, &snippet.trailer),
        (snippet.column, snippet.decorators, futures, name, older),
    );
    // The last that is not the default, of those that have one.
    let (_, (column, decorators, _, _, older)) = &values;
    let kept = if older.is_some() {
        10
    } else if name.is_some() {
        9
    } else if !futures.is_empty() {
        8
    } else if *decorators != 0 {
        7
    } else if *column != 0 {
        6
    } else if !snippet.trailer.is_empty() {
        5
    } else if !snippet.header.is_empty() {
        4
    } else {
        3
    };
    let ((text, line, path, header, trailer), (column, decorators, futures, name, older)) = values;
    let mut items = Vec::with_capacity(10);
    items.push(PyString::new(py, text).into_any());
    items.push(line.into_pyobject(py)?.into_any());
    items.push(path.clone().into_any());
    if kept > 3 {
        items.push(PyString::new(py, header).into_any());
        items.push(PyString::new(py, trailer).into_any());
        items.push(column.into_pyobject(py)?.into_any());
        items.push(decorators.into_pyobject(py)?.into_any());
        items.push(PyString::new(py, futures).into_any());
        items.push(name.into_pyobject(py)?.into_any());
        items.push(older.into_pyobject(py)?.into_any());
        items.truncate(kept);
    }
    PyTuple::new(py, items)
}

/// Whether the receiver finds the name of the code in the text.
fn name_follows(py: Python<'_>, snippet: &Snippet) -> PyResult<bool> {
    if snippet.kind == SnippetKind::Lambda {
        return Ok(snippet.name == "<lambda>");
    }
    let mut ends = snippet.text.char_indices();
    let start = ends.nth(snippet.decorators).map_or(0, |(start, _)| start);
    if snippet
        .text
        .get(start..)
        .is_some_and(|text| names_at_once(text, &snippet.name))
    {
        return Ok(true);
    }
    let runtime = py.import(intern!(py, "codepickle._runtime"))?;
    runtime
        .call_method1(
            intern!(py, "defined_name"),
            (&snippet.text, snippet.decorators),
        )?
        .eq(&snippet.name)
}

/// Whether a text begins as most do: ``def name(``.
fn names_at_once(text: &str, name: &str) -> bool {
    let rest = text.trim_start_matches([' ', '\t']);
    let rest = rest.strip_prefix("async ").unwrap_or(rest);
    let Some(rest) = rest
        .strip_prefix("def ")
        .or_else(|| rest.strip_prefix("class "))
    else {
        return false;
    };
    rest.strip_prefix(name)
        .is_some_and(|rest| rest.starts_with(['(', ':', '[']))
}

/// A file's name relative to the root of its module, whose `__name__` is given: the payload must not depend on where the
/// checkout is.
#[pyfunction]
#[pyo3(signature = (filename, module=None))]
pub(crate) fn source_path<'py>(
    filename: &Bound<'py, PyString>,
    module: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyString>> {
    let py = filename.py();
    let module = module.and_then(|module| module.cast::<PyString>().ok());
    // What cannot be encoded has no dots more than it shows.
    let module = module.map(|module| module.to_string_lossy().into_owned());
    if let Ok(text) = filename.to_cow() {
        let path = relative(text.as_bytes(), module.as_deref());
        // Cut at ASCII characters.
        return Ok(PyString::new(py, &String::from_utf8_lossy(&path)));
    }
    let codec = (intern!(py, "utf-8"), intern!(py, "surrogatepass"));
    let bytes: Vec<u8> = filename
        .call_method1(intern!(py, "encode"), codec)?
        .extract()?;
    let path = relative(&bytes, module.as_deref());
    let path = pyo3::types::PyBytes::new(py, &path);
    Ok(path
        .call_method1(intern!(py, "decode"), codec)?
        .cast_into()?)
}

fn relative(filename: &[u8], module: Option<&str>) -> Vec<u8> {
    let is_slash = |byte: &u8| matches!(byte, b'/' | b'\\');
    if filename.starts_with(b"<codepickle ")
        && let Some(slash) = filename.iter().position(|byte| *byte == b'/')
    {
        let rest = filename.get(slash + 1..).unwrap_or_default();
        return rest.split_last().map_or(&[][..], |(_, rest)| rest).to_vec();
    }
    let parts: Vec<&[u8]> = filename.split(is_slash).collect();
    let (last, folders) = match parts.split_last() {
        Some((last, folders)) => (*last, folders),
        None => (&[][..], &[][..]),
    };
    // A notebook's cell: its file name counts executions, or holds a process number.
    if filename.starts_with(b"<ipython-input-")
        || folders.iter().any(|part| part.starts_with(b"ipykernel_"))
    {
        return b"ipython".to_vec();
    }
    let keep = match module {
        Some(name) if name != "__main__" => {
            name.matches('.').count() + if last == b"__init__.py" { 2 } else { 1 }
        }
        _ => 1,
    };
    let kept = parts
        .get(parts.len().saturating_sub(keep)..)
        .unwrap_or_default();
    let kept: Vec<&[u8]> = kept
        .iter()
        .copied()
        .filter(|part| !part.is_empty())
        .collect();
    let path = kept.join(&b'/');
    let is_bracket = |byte: &u8| matches!(byte, b'<' | b'>');
    let start = path
        .iter()
        .position(|byte| !is_bracket(byte))
        .unwrap_or(path.len());
    let end = path
        .iter()
        .rposition(|byte| !is_bracket(byte))
        .map_or(start, |last| last + 1);
    path.get(start..end).unwrap_or_default().to_vec()
}
