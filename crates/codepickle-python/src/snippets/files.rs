//! The texts of files, kept up to a bound.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::names::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString};

use crate::limits::cache_bytes;
use crate::reference::modules;
use crate::source::Excerpts;

/// Bytes of source text that are kept, parsed in part. The standard library of CPython 3.13 is 27 MB, so an ordinary program's
/// modules all stay; what is parsed takes some ten times its text.
const FILE_CACHE_BYTES: usize = 16 * 1024 * 1024;

/// What a text takes besides, if it is one line: by that alone a million of them would be kept.
const ENTRY_BYTES: usize = 4096;

struct File {
    excerpts: Py<Excerpts>,
    /// What linecache held; None if it was read from the file.
    lines: Option<Py<PyAny>>,
    bytes: usize,
}

#[derive(Default)]
struct Cache {
    files: HashMap<String, File>,
    /// The names, the oldest first.
    order: VecDeque<String>,
    bytes: usize,
}

static CACHE: PyOnceLock<Mutex<Cache>> = PyOnceLock::new();

fn cache(py: Python<'_>) -> MutexGuard<'static, Cache> {
    // No Python code runs while the lock is held, so a poisoned lock guards consistent data.
    CACHE
        .get_or_init(py, Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

impl Cache {
    fn remove(&mut self, name: &str) -> Option<File> {
        let file = self.files.remove(name)?;
        self.order.retain(|other| other != name);
        self.bytes = self.bytes.saturating_sub(file.bytes);
        Some(file)
    }

    /// Adds a file; returns those that there is no room for any more.
    fn insert(&mut self, name: String, file: File) -> Vec<File> {
        let mut dropped: Vec<File> = self.remove(&name).into_iter().collect();
        self.bytes = self.bytes.saturating_add(file.bytes);
        self.order.push_back(name.clone());
        self.files.insert(name, file);
        while self.bytes > cache_bytes(FILE_CACHE_BYTES)
            && self.order.len() > 1
            && let Some(oldest) = self.order.pop_front()
        {
            if let Some(file) = self.files.remove(&oldest) {
                self.bytes = self.bytes.saturating_sub(file.bytes);
                dropped.push(file);
            }
        }
        dropped
    }
}

/// The text of a file, of which only parts are parsed; None where `linecache` has to find it.
///
/// As linecache does, it holds on to a text that it has read, since that of an imported module may have been edited.
#[pyfunction]
pub(crate) fn excerpts<'py>(
    filename: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, Excerpts>>> {
    let py = filename.py();
    let Ok(name) = filename.to_cow() else {
        return Ok(None);
    };
    if name.starts_with('<') {
        return Ok(None);
    }
    let mut lines = None;
    if let Some(entry) = in_linecache(filename)? {
        if entry.len()? == 1 {
            // To be asked of the module's loader.
            return Ok(None);
        }
        lines = Some(entry.get_item(2)?);
    }
    if let Some(file) = cache(py).files.get(&*name)
        && match (&file.lines, &lines) {
            (None, None) => true,
            (Some(known), Some(lines)) => lines.is(known),
            _ => false,
        }
    {
        return Ok(Some(file.excerpts.bind(py).clone()));
    }
    let found = match &lines {
        Some(lines) => {
            let text = intern!(py, "").call_method1(intern!(py, "join"), (lines,))?;
            let Ok(text) = text.extract::<String>() else {
                return Ok(None);
            };
            py.detach(|| Excerpts::of(text))
        }
        None => py.detach(|| Excerpts::read(&*name)),
    };
    let Some(excerpts) = found else {
        return Ok(None);
    };
    let bytes = excerpts.text().len().saturating_add(ENTRY_BYTES);
    let excerpts = Bound::new(py, excerpts)?;
    let file = File {
        excerpts: excerpts.clone().unbind(),
        lines: lines.map(Bound::unbind),
        bytes,
    };
    let dropped = cache(py).insert(name.into_owned(), file);
    // Not under the lock: what dies may run Python code.
    drop(dropped);
    Ok(Some(excerpts))
}

/// What `linecache` has of a file; it may never have been imported.
fn in_linecache<'py>(filename: &Bound<'py, PyString>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = filename.py();
    let Some(linecache) = modules(py)?.get_item(intern!(py, "linecache"))? else {
        return Ok(None);
    };
    let cache = linecache.getattr(intern!(py, "cache"))?;
    match cache.cast_into::<PyDict>() {
        Ok(cache) => cache.get_item(filename),
        Err(_) => Ok(None),
    }
}

/// The text that is kept of a file.
#[pyfunction]
pub(crate) fn kept_text(py: Python<'_>, filename: &Bound<'_, PyString>) -> Option<String> {
    let name = filename.to_cow().ok()?;
    let kept = cache(py)
        .files
        .get(&*name)
        .map(|file| file.excerpts.clone_ref(py))?;
    Some(kept.get().text().to_owned())
}

/// Reads a file anew the next time: something in it is not what was imported.
#[pyfunction]
pub(crate) fn forget(py: Python<'_>, filename: &Bound<'_, PyString>) {
    if let Ok(name) = filename.to_cow() {
        let dropped = cache(py).remove(&name);
        // Not under the lock: what dies may run Python code.
        drop(dropped);
    }
}

/// How many files are kept, and the bytes that count for them.
#[pyfunction]
pub(crate) fn kept_files(py: Python<'_>) -> (usize, usize) {
    let cache = cache(py);
    (cache.files.len(), cache.bytes)
}
