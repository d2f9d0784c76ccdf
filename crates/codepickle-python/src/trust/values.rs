//! Strings, numbers and the like as Python objects; other values in words.
use std::fmt::Write as _;

use crate::names::intern;
use codepickle_stream::{Argument, Graph, Survey, Value, View, op};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyFloat, PyInt, PyTuple};

/// More digits than CPython reads from 3.11 on, sign and `L` aside.
const MOST_DIGITS: usize = 4310;

/// The object of a value that looks at nothing but its opcode.
pub(crate) fn atom<'py>(
    py: Python<'py>,
    graph: &Graph<'_>,
    value: Value,
) -> PyResult<Bound<'py, PyAny>> {
    Ok(match graph.view(value) {
        View::Bool(value) => PyBool::new(py, value).to_owned().into_any(),
        View::Int(number) => PyInt::new(py, number).into_any(),
        View::Float(number) => PyFloat::new(py, number).into_any(),
        View::Bytes(bytes) => PyBytes::new(py, bytes).into_any(),
        View::ByteArray(bytes) => PyByteArray::new(py, bytes).into_any(),
        View::Tuple => PyTuple::empty(py).into_any(),
        View::Str(text) => {
            // Python 2's strings are ASCII for `pickle.loads`, too, unless it is told otherwise.
            let opcode = graph.maker(value).map_or(0, |at| at.opcode);
            let old = matches!(opcode, op::STRING | op::BINSTRING | op::SHORT_BINSTRING);
            let how = if old {
                ("ascii", "strict")
            } else {
                ("utf-8", "surrogatepass")
            };
            PyBytes::new(py, &text).call_method1(intern!(py, "decode"), how)?
        }
        View::BigInt => big_int(py, graph, value)?,
        _ => py.None().into_bound(py),
    })
}

fn big_int<'py>(py: Python<'py>, graph: &Graph<'_>, value: Value) -> PyResult<Bound<'py, PyAny>> {
    let int = py.get_type::<PyInt>();
    match graph.maker(value).map(|at| at.argument) {
        Some(Argument::Bytes(bytes)) => {
            let kwargs = pyo3::types::PyDict::new(py);
            kwargs.set_item(intern!(py, "signed"), true)?;
            let bytes = PyBytes::new(py, bytes);
            int.call_method(intern!(py, "from_bytes"), (bytes, "little"), Some(&kwargs))
        }
        Some(Argument::Line(line)) if line.len() <= MOST_DIGITS => {
            let line = line.trim_ascii();
            let line = line.strip_suffix(b"L").unwrap_or(line);
            int.call1((String::from_utf8_lossy(line), 0))
        }
        _ => Err(PyValueError::new_err("an integer has too many digits")),
    }
}

/// Most of what is told about one value.
const LONGEST: usize = 200;

/// A value in words, of bounded length.
pub(crate) fn shown(survey: &Survey<'_, '_>, value: Value) -> String {
    let mut text = String::new();
    show(survey, value, 3, &mut text);
    if text.chars().count() > LONGEST {
        text = text.chars().take(LONGEST).collect();
        text.push_str("...");
    }
    text
}

fn show(survey: &Survey<'_, '_>, value: Value, depth: usize, out: &mut String) {
    let graph = survey.graph();
    if depth == 0 || out.len() > LONGEST {
        out.push_str("...");
        return;
    }
    let list = |values: &mut dyn Iterator<Item = Value>, out: &mut String| {
        for (at, value) in values.take(9).enumerate() {
            if at == 8 {
                out.push_str(", ...");
                break;
            }
            out.push_str(if at == 0 { "" } else { ", " });
            show(survey, value, depth - 1, out);
        }
    };
    match graph.view(value) {
        View::None => out.push_str("None"),
        View::Bool(value) => out.push_str(if value { "True" } else { "False" }),
        View::Int(number) => {
            let _ = write!(out, "{number}");
        }
        View::BigInt => out.push_str("<a long integer>"),
        View::Float(number) => {
            let _ = write!(out, "{number:?}");
        }
        View::Str(text) => {
            let short = text.get(..LONGEST).unwrap_or(&text);
            let _ = write!(out, "{:?}", String::from_utf8_lossy(short));
        }
        View::Bytes(bytes) => {
            let _ = write!(out, "<{} bytes>", bytes.len());
        }
        View::ByteArray(bytes) => {
            let _ = write!(out, "<bytearray of {} bytes>", bytes.len());
        }
        View::Global => match survey.global(value) {
            Some((module, name)) => {
                let _ = write!(out, "{module}.{name}");
            }
            None => out.push_str("<a computed name>"),
        },
        View::Extension(code) => {
            let _ = write!(out, "<extension {code}>");
        }
        View::Call {
            function,
            arguments,
        } => {
            show(survey, function, depth - 1, out);
            out.push('(');
            list(&mut graph.items(arguments), out);
            out.push(')');
        }
        View::New {
            class, arguments, ..
        } => {
            show(survey, class, depth - 1, out);
            out.push_str(".__new__(");
            list(&mut graph.items(arguments), out);
            out.push(')');
        }
        View::Instance { class } => {
            show(survey, class, depth - 1, out);
            out.push('(');
            list(&mut graph.inputs(value).skip(1), out);
            out.push(')');
        }
        View::Persistent { id } => {
            out.push_str("<persistent ");
            show(survey, id, depth - 1, out);
            out.push('>');
        }
        View::Tuple => wrapped('(', ')', &mut graph.items(value), &list, out),
        View::List => wrapped('[', ']', &mut graph.items(value), &list, out),
        View::Set | View::FrozenSet => wrapped('{', '}', &mut graph.items(value), &list, out),
        View::Dict => {
            let _ = write!(out, "<dict of {}>", graph.pairs(value).count());
        }
        View::Buffer | View::ReadOnly { .. } => out.push_str("<buffer>"),
    }
}

fn wrapped(
    open: char,
    close: char,
    values: &mut dyn Iterator<Item = Value>,
    list: &dyn Fn(&mut dyn Iterator<Item = Value>, &mut String),
    out: &mut String,
) {
    out.push(open);
    list(values, out);
    out.push(close);
}
