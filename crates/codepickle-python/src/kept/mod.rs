//! Payloads that are kept: who dumps the same function again and again gets the bytes of the last time, as long as
//! everything that they rest on is as it was.
//!
//! A payload is kept once two dumps in a row, between which nothing changed, gave the same bytes. So whoever dumps an object
//! once or twice pays for a look into a table, and what was changed by another thread during a dump is not kept.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyTuple, PyType};

use crate::engine::known::Known;
use crate::limits::cache_bytes;
use crate::reference::registered;
pub(crate) use guards::{Alive, is_plain_class, property_type};
pub(crate) use referents::Inspector;
use take::Guards;
pub(crate) use take::is_special;

mod guards;
mod referents;
mod take;

/// So much memory the kept payloads and their guards may take, roughly.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// What an entry costs besides: the place of one that nothing is kept of yet.
const ENTRY_BYTES: usize = 256;

/// A larger payload is dominated by what was copied into it.
const LARGEST_PAYLOAD: usize = 64 * 1024;

/// So many functions and classes in a tuple make one payload.
const LONGEST_TUPLE: usize = 8;

/// After so many failures the time between attempts is no longer doubled.
const MOST_DOUBLINGS: u32 = 12;

/// What is dumped: a function, a class, or a tuple of such, by address.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Root {
    One(usize),
    Tuple(Box<[usize]>),
}

impl Root {
    fn of(obj: &Bound<'_, PyAny>, known: &Known) -> Option<Self> {
        if is_candidate(obj, known) {
            return Some(Self::One(obj.as_ptr() as usize));
        }
        let tuple = obj.cast_exact::<PyTuple>().ok()?;
        if tuple.is_empty() || tuple.len() > LONGEST_TUPLE {
            return None;
        }
        if !tuple.iter_borrowed().all(|item| is_candidate(&item, known)) {
            return None;
        }
        Some(Self::Tuple(
            tuple
                .iter_borrowed()
                .map(|item| item.as_ptr() as usize)
                .collect(),
        ))
    }
}

fn is_candidate(obj: &Bound<'_, PyAny>, known: &Known) -> bool {
    let kind = obj.get_type_ptr();
    kind.cast() == known.function.as_ptr() || obj.is_exact_instance_of::<PyType>()
}

/// A payload, and what it rests on.
struct Payload {
    guards: Guards,
    /// `_reference._by_value` as it was: never changed, replaced where a module is registered.
    registered: Py<PyAny>,
    bytes: Py<PyBytes>,
}

impl Payload {
    fn is_valid(&self, py: Python<'_>, known: &Known) -> PyResult<bool> {
        Ok(registered(py)?.is(&self.registered)
            && known.extension_registry.bind(py).is_empty()
            && self.guards.hold(py)?)
    }
}

#[derive(Default)]
struct Entry {
    /// The object, or those in the tuple: another one may come to lie at the same address.
    of: Vec<Alive>,
    payload: Option<Arc<Payload>>,
    /// Whether two dumps gave this payload.
    confirmed: bool,
    /// So many dumps are to be let pass until the next attempt, and so many attempts failed.
    pause: u32,
    failures: u32,
    bytes: usize,
}

#[derive(Default)]
struct Cache {
    entries: HashMap<Root, Entry>,
    order: VecDeque<Root>,
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

/// What is known of an object's payload.
pub(crate) enum Kept<'py> {
    /// The payload.
    Bytes(Bound<'py, PyBytes>),
    /// Nothing yet: it is to be dumped, and the bytes are to be offered.
    Watched(Watch<'py>),
    /// Nothing, and nothing will be.
    Unknown,
}

/// A dump whose bytes may be kept.
pub(crate) struct Watch<'py> {
    root: Root,
    objects: Vec<Bound<'py, PyAny>>,
    /// What was so at the beginning.
    before: Arc<Payload>,
    /// Whether `before` has the bytes of another dump.
    again: bool,
}

/// What is kept of `obj`, as `dumps(obj)` writes it.
pub(crate) fn find<'py>(obj: &Bound<'py, PyAny>) -> PyResult<Kept<'py>> {
    let py = obj.py();
    let known = Known::get(py)?;
    let Some(root) = Root::of(obj, known) else {
        return Ok(Kept::Unknown);
    };
    let mut locked = cache(py);
    let entry = locked.entries.get_mut(&root);
    let Some(entry) = entry.filter(|entry| entry.payload.is_some() || entry.is_of_live(py)) else {
        // Most objects are dumped once.
        drop(locked);
        note(obj, root);
        return Ok(Kept::Unknown);
    };
    if entry.pause > 0 {
        entry.pause -= 1;
        return Ok(Kept::Unknown);
    }
    let (payload, confirmed) = (entry.payload.clone(), entry.confirmed);
    drop(locked);
    if let Some(payload) = payload {
        if payload.is_valid(py, known)? {
            if confirmed {
                return Ok(Kept::Bytes(payload.bytes.bind(py).clone()));
            }
            return Ok(Kept::Watched(Watch {
                objects: Vec::new(),
                root,
                before: payload,
                again: true,
            }));
        }
        let mut locked = cache(py);
        let entry = locked.entries.get_mut(&root);
        if !entry.is_some_and(|entry| entry.is_of_live(py)) {
            drop(locked);
            note(obj, root);
            return Ok(Kept::Unknown);
        }
        drop(locked);
        fail(py, &root);
    }
    let objects = objects_of(obj);
    let Some(guards) = Guards::of(py, &objects) else {
        fail(py, &root);
        return Ok(Kept::Unknown);
    };
    let before = Payload {
        guards,
        registered: registered(py)?.into_any().unbind(),
        bytes: PyBytes::new(py, b"").unbind(),
    };
    Ok(Kept::Watched(Watch {
        root,
        objects,
        before: Arc::new(before),
        again: false,
    }))
}

/// The object itself, or those in the tuple.
fn objects_of<'py>(obj: &Bound<'py, PyAny>) -> Vec<Bound<'py, PyAny>> {
    match obj.cast_exact::<PyTuple>() {
        Ok(tuple) => tuple.iter().collect(),
        Err(_) => vec![obj.clone()],
    }
}

impl Entry {
    fn is_of_live(&self, py: Python<'_>) -> bool {
        self.of.iter().all(|object| object.get(py).is_some())
    }
}

impl Watch<'_> {
    /// Takes note of what the dump gave.
    pub(crate) fn offer(self, bytes: &Bound<'_, PyBytes>) -> PyResult<()> {
        let py = bytes.py();
        let known = Known::get(py)?;
        if bytes.as_bytes().len() > LARGEST_PAYLOAD || !self.before.is_valid(py, known)? {
            fail(py, &self.root);
            return Ok(());
        }
        if self.again {
            let same = self.before.bytes.bind(py).as_bytes() == bytes.as_bytes();
            if !same {
                fail(py, &self.root);
            } else if let Some(entry) = cache(py).entries.get_mut(&self.root)
                && entry
                    .payload
                    .as_ref()
                    .is_some_and(|payload| Arc::ptr_eq(payload, &self.before))
            {
                entry.confirmed = true;
            }
            return Ok(());
        }
        drop(self.objects);
        let Ok(payload) = Arc::try_unwrap(self.before) else {
            return Ok(());
        };
        let payload = Arc::new(Payload {
            bytes: bytes.clone().unbind(),
            ..payload
        });
        let size = payload.guards.bytes() + bytes.as_bytes().len();
        let mut cache = cache(py);
        let dropped = cache.keep(&self.root, payload, size);
        unlocked(cache, dropped);
        Ok(())
    }
}

/// Takes note that an object is dumped for the first time.
fn note(obj: &Bound<'_, PyAny>, root: Root) {
    let of = objects_of(obj).iter().map_while(Alive::of).collect();
    let mut cache = cache(obj.py());
    let dropped = cache.add(root, of);
    unlocked(cache, dropped);
}

/// An attempt failed: the next one is further away.
fn fail(py: Python<'_>, root: &Root) {
    let mut cache = cache(py);
    let mut dropped = None;
    if let Some(entry) = cache.entries.get_mut(root) {
        dropped = entry.payload.take();
        entry.confirmed = false;
        entry.pause = 1 << entry.failures.min(MOST_DOUBLINGS);
        entry.failures = entry.failures.saturating_add(1);
    }
    unlocked(cache, dropped);
}

/// Drops what was taken out of the cache once the lock is free: the end of a code object calls Python code.
fn unlocked<T>(cache: MutexGuard<'_, Cache>, dropped: T) {
    drop(cache);
    drop(dropped);
}

impl Cache {
    fn add(&mut self, root: Root, of: Vec<Alive>) -> Vec<Entry> {
        let entry = Entry {
            of,
            bytes: ENTRY_BYTES,
            ..Entry::default()
        };
        self.bytes += ENTRY_BYTES;
        let replaced = self.entries.insert(root.clone(), entry);
        match &replaced {
            Some(replaced) => self.bytes -= replaced.bytes,
            None => self.order.push_back(root),
        }
        let mut dropped = self.trim();
        dropped.extend(replaced);
        dropped
    }

    fn keep(
        &mut self,
        root: &Root,
        payload: Arc<Payload>,
        size: usize,
    ) -> (Vec<Entry>, Option<Arc<Payload>>) {
        let Some(entry) = self.entries.get_mut(root) else {
            return (Vec::new(), Some(payload));
        };
        self.bytes = self.bytes - entry.bytes + ENTRY_BYTES + size;
        entry.bytes = ENTRY_BYTES + size;
        let replaced = entry.payload.replace(payload);
        entry.confirmed = false;
        (self.trim(), replaced)
    }

    fn trim(&mut self) -> Vec<Entry> {
        let mut dropped = Vec::new();
        while self.bytes > cache_bytes(MOST_BYTES)
            && let Some(oldest) = self.order.pop_front()
        {
            if let Some(entry) = self.entries.remove(&oldest) {
                self.bytes -= entry.bytes;
                dropped.push(entry);
            }
        }
        dropped
    }
}
