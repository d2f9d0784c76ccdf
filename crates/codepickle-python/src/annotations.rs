//! Annotations of functions: they never keep a payload from loading (`codepickle._annotations`).

use std::collections::HashMap;

use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::engine::{Engine, Op};
use crate::program::{Program, Runtime};

/// What one payload holds of annotations so far.
#[derive(Default)]
pub(crate) struct State {
    /// 3.14+: the annotations that each `__annotate__` function has made, by its address.
    shared: HashMap<usize, (Py<PyAny>, Py<PyAny>)>,
    /// What travels for the annotations of that address (`_annotations.Annotations`).
    portable: HashMap<usize, (Py<PyAny>, Py<PyTuple>)>,
}

/// How the annotations of a function travel.
pub(crate) struct Annotations<'py> {
    /// The dict.
    pub(crate) values: Bound<'py, PyAny>,
    /// Which of them 3.14 evaluates when they are asked for.
    pub(crate) lazy: Option<Bound<'py, PyAny>>,
    /// The globals that text among them names: a dict of values and a dict of names.
    names: Option<Bound<'py, PyTuple>>,
}

/// The annotations of a function; plain ones as they are, others by `codepickle._annotations`.
pub(crate) fn of_function<'py>(
    engine: &mut Engine<'py>,
    function: &Bound<'py, PyAny>,
) -> PyResult<Annotations<'py>> {
    let py = function.py();
    let live = match function.getattr(intern!(py, "__annotations__")) {
        Ok(live) => Some(shared_annotations(engine, function, live)?),
        // 3.14: a name that does not exist.
        Err(error) if engine.known.version >= (3, 14) => {
            drop(error);
            None
        }
        Err(error) => return Err(error),
    };
    if let Some(live) = &live
        && is_plain(live)
    {
        return Ok(Annotations {
            values: live.clone(),
            lazy: None,
            names: None,
        });
    }
    let key = live.as_ref().map(|live| live.as_ptr() as usize);
    let known = key.and_then(|key| engine.ext.annotations.portable.get(&key));
    let parts = if let Some((_, parts)) = known {
        parts.bind(py).clone()
    } else {
        let rule = engine
            .config
            .pickle_by_reference
            .as_ref()
            .map(|rule| rule.bind(py));
        let parts = py
            .import(intern!(py, "codepickle._annotations"))?
            .call_method1(intern!(py, "of_function"), (function, &live, rule))?
            .cast_into::<PyTuple>()?;
        if let (Some(key), Some(live)) = (key, live) {
            let kept = (live.unbind(), parts.clone().unbind());
            engine.ext.annotations.portable.insert(key, kept);
        }
        parts
    };
    let names = parts.get_item(2)?;
    Ok(Annotations {
        values: parts.get_item(0)?,
        lazy: Some(parts.get_item(1)?).filter(|lazy| !lazy.is_none()),
        names: if names.is_none() {
            None
        } else {
            Some(names.cast_into()?)
        },
    })
}

/// Whether annotations hold None and the commonest builtin classes alone, which every receiver has.
pub(crate) fn is_plain(annotations: &Bound<'_, PyAny>) -> bool {
    annotations.cast::<PyDict>().is_ok_and(|annotations| {
        annotations
            .iter()
            .all(|(_, value)| value.is_none() || is_common(&value))
    })
}

/// Whether it is one of the commonest builtin classes.
pub(crate) fn is_common(value: &Bound<'_, PyAny>) -> bool {
    let py = value.py();
    [
        py.get_type::<PyString>(),
        py.get_type::<PyInt>(),
        py.get_type::<PyFloat>(),
        py.get_type::<PyBool>(),
        py.get_type::<PyBytes>(),
        py.get_type::<PyList>(),
        py.get_type::<PyDict>(),
        py.get_type::<PyTuple>(),
    ]
    .iter()
    .any(|class| value.is(class))
}

/// `functools.wraps` makes functions share annotations: up to 3.13 the dict itself, from 3.14 on the function that makes
/// it.
fn shared_annotations<'py>(
    engine: &mut Engine<'py>,
    function: &Bound<'py, PyAny>,
    annotations: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = function.py();
    if engine.known.version < (3, 14) {
        return Ok(annotations);
    }
    let Some(annotate) = function.getattr_opt(intern!(py, "__annotate__"))? else {
        return Ok(annotations);
    };
    if annotate.is_none() {
        return Ok(annotations);
    }
    let shared = engine
        .ext
        .annotations
        .shared
        .entry(annotate.as_ptr() as usize)
        .or_insert_with(|| (annotate.unbind(), annotations.clone().unbind()))
        .1
        .bind(py);
    if same_items(shared, &annotations) {
        return Ok(shared.clone());
    }
    Ok(annotations)
}

/// Whether two dicts have the same keys and, by identity, the same values, in one order.
fn same_items(one: &Bound<'_, PyAny>, other: &Bound<'_, PyAny>) -> bool {
    let (Ok(one), Ok(other)) = (one.cast::<PyDict>(), other.cast::<PyDict>()) else {
        return false;
    };
    one.len() == other.len()
        && one.iter().zip(other.iter()).all(|(one, other)| {
            one.1.is(&other.1) && (one.0.is(&other.0) || one.0.eq(&other.0).unwrap_or(false))
        })
}

/// Pushes the globals that only the text of annotations names. A class or module that the receiver would import is no
/// reason for a payload not to load.
pub(crate) fn named_globals<'py>(
    engine: &mut Engine<'py>,
    program: &mut Program<'py>,
    globals: &Bound<'py, PyDict>,
    annotations: &Annotations<'py>,
) -> PyResult<()> {
    let py = globals.py();
    let Some(names) = &annotations.names else {
        return Ok(());
    };
    let values = names.get_item(0)?.cast_into::<PyDict>()?;
    let importable = names.get_item(1)?.cast_into::<PyDict>()?;
    let Some(namespace) = engine.ext.namespaces.get_mut(&(globals.as_ptr() as usize)) else {
        return Ok(());
    };
    let mut fresh = Vec::new();
    for (name, value) in values.iter() {
        if namespace.written.insert(name.extract()?) {
            fresh.push((name, value));
        }
    }
    if !fresh.is_empty() {
        program.get(namespace.proxy.bind(py));
        program.set_items(fresh, |program, (name, value)| {
            program.save(name.clone());
            program.save(value);
        });
        program.op(Op::Pop);
    }
    let rest = PyDict::new(py);
    for (name, path) in importable.iter() {
        let text: String = name.extract()?;
        if !namespace.written.contains(&text) && namespace.hinted.insert(text) {
            rest.set_item(name, path)?;
        }
    }
    if !rest.is_empty() {
        program.call(Runtime::Named, 2, |program| {
            program.get(namespace.proxy.bind(py));
            program.save(rest.into_any());
        });
        program.op(Op::Pop);
    }
    Ok(())
}
