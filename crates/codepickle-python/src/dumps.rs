//! `dumps` and `dump`: one pickle, no Pickler.
use crate::names::intern;
use codepickle_stream::Mode;
use pyo3::exceptions::{PyAttributeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::engine::known::Known;
use crate::engine::{Config, Engine, Hooks, Options};
use crate::kept::{self, Kept};
use crate::snippets;

/// Every Python from 3.4 on reads it.
const DEFAULT_PROTOCOL: u8 = 4;

/// The payloads that are kept are of the default protocol.
const KEPT_PROTOCOL: i64 = DEFAULT_PROTOCOL as i64;

/// Out-of-band buffers need it.
const BUFFER_PROTOCOL: u8 = 5;

/// The protocol that is meant by the argument, with the errors of `pickle`.
pub(crate) fn protocol(
    py: Python<'_>,
    protocol: Option<i64>,
    buffer_callback: Option<&Bound<'_, PyAny>>,
) -> PyResult<u8> {
    let highest = Known::get(py)?.highest_protocol;
    let protocol = match protocol {
        None if buffer_callback.is_some() => BUFFER_PROTOCOL.min(highest),
        None => DEFAULT_PROTOCOL,
        Some(..0) => highest,
        Some(protocol) => u8::try_from(protocol)
            .ok()
            .filter(|protocol| *protocol <= highest)
            .ok_or_else(|| {
                PyValueError::new_err(format!("pickle protocol must be <= {highest}"))
            })?,
    };
    if buffer_callback.is_some() && protocol < BUFFER_PROTOCOL {
        return Err(PyValueError::new_err("buffer_callback needs protocol >= 5"));
    }
    Ok(protocol)
}

/// `file.write`, with the error of `pickle` where it is missing.
pub(crate) fn write_method<'py>(file: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = file.py();
    file.getattr(intern!(py, "write")).map_err(|error| {
        if error.is_instance_of::<PyAttributeError>(py) {
            PyTypeError::new_err("file must have a 'write' attribute")
        } else {
            error
        }
    })
}

/// The oldest Python that loads payloads: minor version.
const OLDEST: u8 = 7;

/// What is common to the arguments of `dumps`, `dump` and `Pickler`.
///
/// # Errors
/// `TypeError` or `ValueError` for a `min_python` that is no version, or that bytecode cannot promise.
pub(crate) fn config(
    by_source: Option<bool>,
    pickle_by_reference: Option<Py<PyAny>>,
    self_contained: bool,
    min_python: Option<&Bound<'_, PyAny>>,
) -> PyResult<Config> {
    let Some(version) = min_python else {
        return Ok(Config {
            by_source,
            pickle_by_reference,
            self_contained,
            ..Config::default()
        });
    };
    let (3, minor @ OLDEST..) = version.extract::<(u8, u8)>().map_err(|_| {
        PyTypeError::new_err("min_python must be a tuple of major and minor version, like (3, 9)")
    })?
    else {
        return Err(PyValueError::new_err(format!(
            "min_python must be (3, {OLDEST}) or later: no older Python loads payloads"
        )));
    };
    if by_source == Some(false) {
        return Err(PyValueError::new_err(
            "min_python needs source, and by_source=False asks for bytecode, which one version alone can run",
        ));
    }
    Ok(Config {
        by_source: Some(true),
        pickle_by_reference,
        self_contained,
        min_python: Some(minor),
        content_only: false,
    })
}

#[allow(clippy::fn_params_excessive_bools, reason = "they are Python's")]
fn one_shot<'py>(
    obj: &Bound<'py, PyAny>,
    requested: Option<i64>,
    fix_imports: bool,
    buffer_callback: Option<Bound<'py, PyAny>>,
    config: Config,
) -> PyResult<Engine<'py>> {
    let py = obj.py();
    let protocol = protocol(py, requested, buffer_callback.as_ref())?;
    let options = Options {
        protocol,
        mode: Mode::OneShot,
        fix_imports,
        fast: false,
    };
    let hooks = Hooks {
        buffer_callback,
        ..Hooks::default()
    };
    let mut engine = Engine::new(py, &options, config, hooks)?;
    engine.dump(obj)?;
    Ok(engine)
}

/// Dumps the smallest function, so that no other dump is the first.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    let Some(function) = snippets::smallest(py)? else {
        return Ok(());
    };
    let engine = one_shot(&function, None, true, None, Config::default())?;
    engine.into_bytes().map(drop)
}

/// Return the pickle of `obj` as `bytes`.
///
/// See `Pickler` for the arguments.
#[pyfunction]
#[pyo3(signature = (obj, protocol=None, buffer_callback=None, *, fix_imports=true, by_source=None, pickle_by_reference=None, self_contained=false, min_python=None, key=None))]
#[allow(clippy::too_many_arguments, reason = "they are Python's")]
pub(crate) fn dumps<'py>(
    obj: &Bound<'py, PyAny>,
    protocol: Option<i64>,
    buffer_callback: Option<Bound<'py, PyAny>>,
    fix_imports: bool,
    by_source: Option<bool>,
    pickle_by_reference: Option<Py<PyAny>>,
    self_contained: bool,
    min_python: Option<&Bound<'py, PyAny>>,
    key: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    if let Some(key) = key {
        let config = config(by_source, pickle_by_reference, self_contained, min_python)?;
        let engine = one_shot(obj, protocol, fix_imports, buffer_callback, config)?;
        return signed(&engine.into_bytes()?, key);
    }
    // By other arguments few objects are dumped again and again.
    let keeps = matches!(protocol, None | Some(KEPT_PROTOCOL))
        && buffer_callback.is_none()
        && by_source != Some(false)
        && pickle_by_reference.is_none()
        && !self_contained
        && min_python.is_none();
    let watch = match if keeps {
        kept::find(obj)?
    } else {
        Kept::Unknown
    } {
        Kept::Bytes(bytes) => return Ok(bytes),
        Kept::Watched(watch) => Some(watch),
        Kept::Unknown => None,
    };
    let config = config(by_source, pickle_by_reference, self_contained, min_python)?;
    let bytes = one_shot(obj, protocol, fix_imports, buffer_callback, config)?.into_bytes()?;
    if let Some(watch) = watch {
        watch.offer(&bytes)?;
    }
    Ok(bytes)
}

/// The payload in an envelope that the key has signed.
fn signed<'py>(
    payload: &Bound<'py, PyBytes>,
    key: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    let py = payload.py();
    let envelope = py
        .import(intern!(py, "codepickle._signing"))?
        .call_method1(intern!(py, "sign"), (payload, key))?;
    Ok(envelope.cast_into()?)
}

/// Return what a fingerprint of `obj` is made of: its pickle without the places that its code was found at.
#[pyfunction]
#[pyo3(signature = (obj, by_source=None, pickle_by_reference=None))]
pub(crate) fn content<'py>(
    obj: &Bound<'py, PyAny>,
    by_source: Option<bool>,
    pickle_by_reference: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let config = Config {
        by_source,
        pickle_by_reference,
        content_only: true,
        ..Config::default()
    };
    one_shot(obj, Some(i64::from(DEFAULT_PROTOCOL)), true, None, config)?.into_bytes()
}

/// Write the pickle of `obj` to the binary file `file`.
///
/// See `Pickler` for the arguments.
#[pyfunction]
#[pyo3(signature = (obj, file, protocol=None, buffer_callback=None, *, fix_imports=true, by_source=None, pickle_by_reference=None, self_contained=false, min_python=None, key=None))]
#[allow(clippy::too_many_arguments, reason = "they are Python's")]
pub(crate) fn dump<'py>(
    obj: &Bound<'py, PyAny>,
    file: &Bound<'py, PyAny>,
    protocol: Option<i64>,
    buffer_callback: Option<Bound<'py, PyAny>>,
    fix_imports: bool,
    by_source: Option<bool>,
    pickle_by_reference: Option<Py<PyAny>>,
    self_contained: bool,
    min_python: Option<&Bound<'py, PyAny>>,
    key: Option<&Bound<'py, PyAny>>,
) -> PyResult<()> {
    let write = write_method(file)?;
    let config = config(by_source, pickle_by_reference, self_contained, min_python)?;
    if let Some(key) = key {
        let engine = one_shot(obj, protocol, fix_imports, buffer_callback, config)?;
        return write
            .call1((signed(&engine.into_bytes()?, key)?,))
            .map(drop);
    }
    one_shot(obj, protocol, fix_imports, buffer_callback, config)?.into_file(&write)
}
