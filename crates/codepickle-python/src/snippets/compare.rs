//! Does a snippet compile to the code object that runs? Compared field by field, nested code included.

use crate::names::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyBytes, PyComplex, PyFloat, PyFrozenSet, PyInt, PySlice, PyString, PyTuple,
};

use crate::engine::known::Known;

/// The fields that are compared, and the one that is the first line.
struct Fields {
    names: Vec<Py<PyString>>,
    first_line: usize,
    lines: usize,
}

impl Fields {
    fn get(py: Python<'_>) -> PyResult<&'static Self> {
        static FIELDS: PyOnceLock<Fields> = PyOnceLock::new();
        FIELDS.get_or_try_init(py, || {
            let version = Known::get(py)?.version;
            let mut names = vec![
                "co_name",
                "co_argcount",
                "co_kwonlyargcount",
                "co_flags",
                "co_firstlineno",
                "co_names",
                "co_varnames",
                "co_freevars",
                "co_cellvars",
                "co_code",
            ];
            let first_line = 4;
            if version >= (3, 8) {
                names.push("co_posonlyargcount");
            }
            if version >= (3, 11) {
                names.extend(["co_qualname", "co_exceptiontable"]);
            }
            let lines = names.len();
            // From 3.11 the line table holds columns too: they tell two equal lambdas on one line apart.
            names.push(if version >= (3, 10) {
                "co_linetable"
            } else {
                "co_lnotab"
            });
            let names = names.into_iter();
            Ok(Self {
                names: names
                    .map(|name| PyString::intern(py, name).unbind())
                    .collect(),
                first_line,
                lines,
            })
        })
    }
}

/// In what code objects may differ and still be the same code.
#[derive(Clone, Copy, Default)]
pub(crate) struct Differing {
    /// Lines and columns.
    pub(crate) positions: bool,
    /// Columns alone.
    pub(crate) columns: bool,
    /// By how many lines the first may stand below the other: all lines but the first ones are counted from these.
    pub(crate) below: i64,
}

impl Differing {
    pub(crate) const COLUMNS: Self = Self {
        positions: false,
        columns: true,
        below: 0,
    };
}

/// The first field in which two code objects differ, or None where they are the same code.
///
/// File names are not compared, and neither is the stack size: it follows from the instructions, but CPython 3.7 and 3.8
/// overestimate it by the blocks around, which a header does not mirror.
pub(crate) fn difference<'py>(
    live: &Bound<'py, PyAny>,
    compiled: &Bound<'py, PyAny>,
    differing: Differing,
) -> PyResult<Option<Bound<'py, PyString>>> {
    let py = live.py();
    let known = Known::get(py)?;
    let fields = Fields::get(py)?;
    let mut pending = vec![(live.clone(), compiled.clone())];
    while let Some((one, other)) = pending.pop() {
        for (index, field) in fields.names.iter().enumerate() {
            let is_position = index == fields.first_line || index == fields.lines;
            if is_position && differing.positions {
                continue;
            }
            let field = field.bind(py);
            let (a, b) = (one.getattr(field)?, other.getattr(field)?);
            if a.eq(&b)? {
                continue;
            }
            if index == fields.first_line
                && a.extract::<i64>()? == b.extract::<i64>()?.saturating_add(differing.below)
            {
                continue;
            }
            if index == fields.lines
                && differing.columns
                && known.version >= (3, 10)
                && lines(&one)?.eq(lines(&other)?)?
            {
                continue;
            }
            return Ok(Some(field.clone()));
        }
        let name = intern!(py, "co_consts");
        let constants = (
            one.getattr(name)?.cast_into::<PyTuple>()?,
            other.getattr(name)?.cast_into::<PyTuple>()?,
        );
        if constants.0.len() != constants.1.len() {
            return Ok(Some(name.clone()));
        }
        for (a, b) in constants.0.iter().zip(constants.1.iter()) {
            if a.get_type().is(&known.code) && b.get_type().is(&known.code) {
                pending.push((a, b));
            } else if !is_same_constant(a, b)? {
                return Ok(Some(name.clone()));
            }
        }
    }
    Ok(None)
}

fn lines<'py>(code: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    let lines: Vec<_> = code
        .call_method0(intern!(code.py(), "co_lines"))?
        .try_iter()?
        .collect::<PyResult<_>>()?;
    PyTuple::new(code.py(), lines)
}

/// Equal in type and value, -0.0 and NaN included, down into tuples and frozensets.
fn is_same_constant(one: Bound<'_, PyAny>, other: Bound<'_, PyAny>) -> PyResult<bool> {
    let py = one.py();
    let mut pending = vec![(one, other)];
    while let Some((a, b)) = pending.pop() {
        if a.is(&b) {
            continue;
        }
        if !a.get_type().is(b.get_type()) {
            return Ok(false);
        }
        if a.is_exact_instance_of::<PyString>()
            || a.is_exact_instance_of::<PyInt>()
            || a.is_exact_instance_of::<PyBytes>()
            || a.is_exact_instance_of::<PyBool>()
        {
            if !a.eq(&b)? {
                return Ok(false);
            }
        } else if let (Ok(a), Ok(b)) = (a.cast::<PyTuple>(), b.cast::<PyTuple>()) {
            if a.len() != b.len() {
                return Ok(false);
            }
            pending.extend(a.iter().zip(b.iter()));
        } else if let (Ok(a), Ok(b)) = (a.cast::<PyFloat>(), b.cast::<PyFloat>()) {
            if !is_same_float(a.value(), b.value()) {
                return Ok(false);
            }
        } else if let (Ok(a), Ok(b)) = (a.cast::<PyComplex>(), b.cast::<PyComplex>()) {
            for part in [intern!(py, "real"), intern!(py, "imag")] {
                if !is_same_float(a.getattr(part)?.extract()?, b.getattr(part)?.extract()?) {
                    return Ok(false);
                }
            }
        } else if a.is_instance_of::<PyFrozenSet>() {
            let same = py
                .import(intern!(py, "codepickle._compare"))?
                .call_method1(intern!(py, "same_elements"), (a, b))?;
            if !same.is_truthy()? {
                return Ok(false);
            }
        } else if a.is_instance_of::<PySlice>() {
            // A constant from 3.14 on.
            for part in ["start", "stop", "step"] {
                pending.push((a.getattr(part)?, b.getattr(part)?));
            }
        } else if !a.eq(&b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether two floats have the same `repr`.
fn is_same_float(one: f64, other: f64) -> bool {
    one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan()
}

/// The first field in which two code objects differ, or `None` where they are the same code.
///
/// Lines and columns are not compared where `positions` is false, columns alone where `columns` is.
#[pyfunction(name = "difference")]
#[pyo3(signature = (live, compiled, positions=true, columns=true))]
pub(crate) fn difference_of<'py>(
    live: &Bound<'py, PyAny>,
    compiled: &Bound<'py, PyAny>,
    positions: bool,
    columns: bool,
) -> PyResult<Option<Bound<'py, PyString>>> {
    let differing = Differing {
        positions: !positions,
        columns: !columns,
        below: 0,
    };
    difference(live, compiled, differing)
}
