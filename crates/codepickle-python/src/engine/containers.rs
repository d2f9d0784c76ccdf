//! Lists, tuples, dicts and sets of exactly these types.
use codepickle_stream::op;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use pyo3::{Borrowed, ffi};

use super::atoms::Quick;
use super::constants::Constants;
use super::work::Progress;
use super::{Engine, Op, Task};

/// As many items go into one `APPENDS`, `SETITEMS` or `ADDITEMS` as in CPython.
pub(super) const BATCH: u16 = 1000;

/// How items are added to their container.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// There is only one: no MARK.
    Single,
    /// A batch is to be begun.
    Between,
    /// In a batch that so many items are in.
    Batch(u16),
    /// Protocol 0: one by one. True if the opcode for the last one is still to be written.
    Text(bool),
}

impl How {
    fn new(protocol: u8, len: usize) -> Self {
        match (protocol, len) {
            (0, _) => Self::Text(false),
            (_, 1) => Self::Single,
            _ => Self::Between,
        }
    }
}

/// A list under way.
#[derive(Clone)]
pub(crate) struct ListTask<'py> {
    pub(super) list: Bound<'py, PyList>,
    pub(super) index: usize,
    how: How,
}

/// A tuple under way.
#[derive(Clone)]
pub(crate) struct TupleTask<'py> {
    pub(super) tuple: Bound<'py, PyTuple>,
    pub(super) index: usize,
    /// Its hash, if it is written once for all equal ones.
    constant: Option<isize>,
}

/// A dict under way. The entry after `position` is next; the value of the current one is a task of its own where its key
/// was no atom.
#[derive(Clone)]
pub(crate) struct DictTask<'py> {
    pub(super) dict: Bound<'py, PyDict>,
    pub(super) position: isize,
    len: usize,
    how: How,
}

impl DictTask<'_> {
    fn check_size(&self) -> PyResult<()> {
        if self.dict.len() == self.len {
            Ok(())
        } else {
            Err(changed("dictionary"))
        }
    }
}

impl<'py> Engine<'py> {
    pub(super) fn save_list(&mut self, list: &Bound<'py, PyList>) -> PyResult<()> {
        self.op(Op::EmptyList);
        self.memoize(list.as_any())?;
        let len = list.len();
        if len == 0 {
            return Ok(());
        }
        self.enter(list.as_any())?;
        let task = ListTask {
            list: list.clone(),
            index: 0,
            how: How::new(self.protocol, len),
        };
        self.begin(task, Task::List, Self::work_list)
    }

    pub(super) fn step_list(&mut self, top: usize) -> PyResult<()> {
        let Task::List(task) = &self.tasks[top] else {
            return Ok(());
        };
        let mut task = task.clone();
        self.work_list(&mut task, Some(top)).map(drop)
    }

    /// Goes on with a list. `place` is where its task is, if it has one.
    fn work_list(&mut self, task: &mut ListTask<'py>, place: Option<usize>) -> PyResult<Progress> {
        let base = self.base(place);
        let hooked = self.hooks.persistent_id.is_some();
        loop {
            if !hooked && let How::Batch(n) = task.how {
                let (batch, item) = self.quick_items(task, n)?;
                task.how = How::Batch(batch);
                if let Some(item) = item {
                    self.place_list(task, place);
                    self.save_object(&item)?;
                    if self.tasks.len() > base {
                        return Ok(Progress::Waiting);
                    }
                    continue;
                }
            }
            // The list may grow and shrink under our hands, as in CPython.
            let more = task.index < task.list.len();
            match task.how {
                How::Single if task.index > 0 => {
                    self.out.op(op::APPEND);
                    break;
                }
                // At the first item, too: it may have gone while it was looked at.
                How::Between | How::Text(false) | How::Single if !more => break,
                How::Between => {
                    self.out.op(op::MARK);
                    task.how = How::Batch(0);
                    continue;
                }
                How::Batch(n) if n == BATCH || !more => {
                    self.out.op(op::APPENDS);
                    task.how = How::Between;
                    continue;
                }
                How::Batch(n) => task.how = How::Batch(n + 1),
                How::Text(true) => {
                    self.out.op(op::APPEND);
                    task.how = How::Text(false);
                    continue;
                }
                How::Text(false) => task.how = How::Text(true),
                How::Single => {}
            }
            // Held before anything else can run: a write to the file, a garbage collection.
            let item = task.list.get_item(task.index)?;
            task.index += 1;
            if !hooked {
                self.boundary()?;
                if self.save_atom(&item)? {
                    continue;
                }
            }
            self.place_list(task, place);
            self.save(&item)?;
            if self.tasks.len() > base {
                return Ok(Progress::Waiting);
            }
        }
        self.leave(task.list.as_any());
        self.tasks.truncate(place.unwrap_or(base));
        Ok(Progress::Done)
    }

    /// One-shot mode: writes items of a list as long as they are atoms, without a reference to each. Returns how many are
    /// in the batch then, and the first one that is no atom, which is in there.
    fn quick_items(
        &mut self,
        task: &mut ListTask<'py>,
        mut batch: u16,
    ) -> PyResult<(u16, Option<Bound<'py, PyAny>>)> {
        if !self.one_shot() {
            return Ok((batch, None));
        }
        let py = self.py;
        let len = task.list.len();
        while batch < BATCH && task.index < len {
            self.out.boundary();
            #[expect(clippy::cast_possible_wrap, reason = "an index of a list")]
            let at = task.index as ffi::Py_ssize_t;
            // SAFETY: `at` is in the list, which cannot have changed since its length was asked for: in one-shot mode
            // `boundary` calls nobody, and the loop ends where any code may have run. So the list holds the item.
            let item =
                unsafe { Borrowed::from_ptr(py, ffi::PyList_GetItem(task.list.as_ptr(), at)) };
            let quick = self.quick_atom(item)?;
            if quick == Quick::Unknown {
                break;
            }
            task.index += 1;
            batch += 1;
            if quick == Quick::Other {
                return Ok((batch, Some(item.to_owned())));
            }
        }
        Ok((batch, None))
    }

    /// Takes note of how far a list has come in its task, if it has one.
    fn place_list(&mut self, task: &ListTask<'py>, place: Option<usize>) {
        if let Some(top) = place
            && let Task::List(placed) = &mut self.tasks[top]
        {
            (placed.index, placed.how) = (task.index, task.how);
        }
    }

    pub(super) fn save_tuple(&mut self, tuple: &Bound<'py, PyTuple>) -> PyResult<()> {
        let len = tuple.len();
        if len == 0 {
            self.op(Op::EmptyTuple);
            return Ok(());
        }
        let constant = if self.shares_constants() {
            Constants::hash(tuple.as_any())
        } else {
            None
        };
        if let Some(hash) = constant
            && let Some(index) = self.constants.get(tuple.as_any(), hash)
        {
            return self.get(index);
        }
        if len > 3 || self.protocol < 2 {
            self.out.op(op::MARK);
        }
        let task = TupleTask {
            tuple: tuple.clone(),
            index: 0,
            constant,
        };
        self.begin(task, Task::Tuple, Self::work_tuple)
    }

    pub(super) fn step_tuple(&mut self, top: usize) -> PyResult<()> {
        let Task::Tuple(task) = &self.tasks[top] else {
            return Ok(());
        };
        let mut task = task.clone();
        self.work_tuple(&mut task, Some(top)).map(drop)
    }

    fn work_tuple(
        &mut self,
        task: &mut TupleTask<'py>,
        place: Option<usize>,
    ) -> PyResult<Progress> {
        let base = self.base(place);
        let hooked = self.hooks.persistent_id.is_some();
        let len = task.tuple.len();
        while task.index < len {
            // The tuple holds it.
            let item = task.tuple.get_borrowed_item(task.index)?;
            task.index += 1;
            if !hooked {
                self.boundary()?;
                let quick = self.quick_atom(item)?;
                if quick == Quick::Written || quick == Quick::Unknown && self.save_atom(&item)? {
                    continue;
                }
            }
            if let Some(top) = place
                && let Task::Tuple(placed) = &mut self.tasks[top]
            {
                placed.index = task.index;
            }
            if hooked {
                self.save(&item)?;
            } else {
                self.save_object(&item)?;
            }
            if self.tasks.len() > base {
                return Ok(Progress::Waiting);
            }
        }
        self.tasks.truncate(place.unwrap_or(base));
        self.finish_tuple(&task.tuple, task.constant)?;
        Ok(Progress::Done)
    }

    fn finish_tuple(
        &mut self,
        tuple: &Bound<'py, PyTuple>,
        constant: Option<isize>,
    ) -> PyResult<()> {
        let len = tuple.len();
        let short = len <= 3 && self.protocol >= 2;
        if constant.is_none()
            && let Some(index) = self.memoized(tuple.as_any())
        {
            // Saving the items saved the tuple itself: it is recursive. Drop the items and take what is there.
            if short {
                for _ in 0..len {
                    self.out.op(op::POP);
                }
            } else if self.protocol > 0 {
                self.out.op(op::POP_MARK);
            } else {
                for _ in 0..=len {
                    self.out.op(op::POP);
                }
            }
            return self.get(index);
        }
        self.out.op(match len {
            1 if short => op::TUPLE1,
            2 if short => op::TUPLE2,
            3 if short => op::TUPLE3,
            _ => op::TUPLE,
        });
        self.memoize_constant(tuple.as_any(), constant)
    }

    /// Whether equal constants are written once.
    pub(super) fn shares_constants(&self) -> bool {
        self.out.finds_equal() && !self.fast && self.hooks.persistent_id.is_none()
    }

    /// Memoises what is on top of the unpickler's stack: for all that equal it, given its hash.
    pub(super) fn memoize_constant(
        &mut self,
        obj: &Bound<'py, PyAny>,
        hash: Option<isize>,
    ) -> PyResult<()> {
        let Some(hash) = hash else {
            return self.memoize(obj);
        };
        let index = self.next_index()?;
        self.constants.insert(obj, hash, index);
        Ok(())
    }

    pub(super) fn save_dict(&mut self, dict: &Bound<'py, PyDict>) -> PyResult<()> {
        self.op(Op::EmptyDict);
        self.memoize(dict.as_any())?;
        let len = dict.len();
        if len == 0 {
            return Ok(());
        }
        self.enter(dict.as_any())?;
        let task = DictTask {
            dict: dict.clone(),
            position: 0,
            len,
            how: How::new(self.protocol, len),
        };
        self.begin(task, Task::Dict, Self::work_dict)
    }

    pub(super) fn step_dict(&mut self, top: usize) -> PyResult<()> {
        let Task::Dict(task) = &self.tasks[top] else {
            return Ok(());
        };
        let mut task = task.clone();
        self.work_dict(&mut task, Some(top)).map(drop)
    }

    fn work_dict(&mut self, task: &mut DictTask<'py>, place: Option<usize>) -> PyResult<Progress> {
        let base = self.base(place);
        let hooked = self.hooks.persistent_id.is_some();
        loop {
            if !hooked && let How::Batch(n) = task.how {
                let (batch, value) = self.quick_entries(task, n)?;
                task.how = How::Batch(batch);
                if let Some(value) = value {
                    self.place_dict(task, place);
                    self.save(&value)?;
                    if self.tasks.len() > base {
                        return Ok(Progress::Waiting);
                    }
                    continue;
                }
            }
            match task.how {
                How::Single if task.position > 0 => {
                    self.out.op(op::SETITEM);
                    break;
                }
                How::Between => {
                    self.out.op(op::MARK);
                    task.how = How::Batch(0);
                    continue;
                }
                How::Batch(BATCH) => {
                    self.out.op(op::SETITEMS);
                    task.check_size()?;
                    task.how = How::Between;
                    continue;
                }
                How::Text(true) => {
                    self.out.op(op::SETITEM);
                    task.check_size()?;
                    task.how = How::Text(false);
                    continue;
                }
                How::Batch(_) | How::Text(false) | How::Single => {}
            }
            let Some((key, value)) = next_entry(&task.dict, &mut task.position) else {
                if let How::Batch(_) = task.how {
                    self.out.op(op::SETITEMS);
                }
                task.check_size()?;
                break;
            };
            match task.how {
                How::Batch(n) => task.how = How::Batch(n + 1),
                How::Text(_) => task.how = How::Text(true),
                How::Single | How::Between => {}
            }
            let mut key_done = false;
            if !hooked {
                self.boundary()?;
                key_done = self.save_atom(&key)?;
                if key_done {
                    self.boundary()?;
                    if self.save_atom(&value)? {
                        continue;
                    }
                }
            }
            self.place_dict(task, place);
            if !key_done {
                self.save(&key)?;
                key_done = self.tasks.len() == base;
            }
            if key_done {
                self.save(&value)?;
            } else {
                // The value comes after all that the key still has to do.
                self.tasks.insert(base, Task::Save(value));
            }
            if self.tasks.len() > base {
                return Ok(Progress::Waiting);
            }
        }
        self.leave(task.dict.as_any());
        self.tasks.truncate(place.unwrap_or(base));
        Ok(Progress::Done)
    }

    /// One-shot mode: writes entries of a dict as long as keys and values are atoms, without a reference to each. Returns
    /// how many are in the batch then, and the value of the last one if it is no atom.
    fn quick_entries(
        &mut self,
        task: &mut DictTask<'py>,
        mut batch: u16,
    ) -> PyResult<(u16, Option<Bound<'py, PyAny>>)> {
        if !self.one_shot() {
            return Ok((batch, None));
        }
        let py = self.py;
        while batch < BATCH {
            let before = task.position;
            let (mut key, mut value) = (std::ptr::null_mut(), std::ptr::null_mut());
            let dict = task.dict.as_ptr();
            // SAFETY: as in `next_entry`. The references are the dict's as long as no code of Python's runs.
            let (key, value) = unsafe {
                if ffi::PyDict_Next(dict, &raw mut task.position, &raw mut key, &raw mut value) == 0
                {
                    break;
                }
                (Borrowed::from_ptr(py, key), Borrowed::from_ptr(py, value))
            };
            self.out.boundary();
            if self.quick_atom(key)? != Quick::Written {
                task.position = before;
                break;
            }
            batch += 1;
            self.out.boundary();
            match self.quick_atom(value)? {
                Quick::Written => {}
                Quick::Other => {
                    return Ok((batch, Some(value.to_owned())));
                }
                Quick::Unknown => {
                    task.position = before;
                    let entry = next_entry(&task.dict, &mut task.position);
                    let (_, value) = entry.ok_or_else(|| changed("dictionary"))?;
                    return Ok((batch, Some(value)));
                }
            }
        }
        Ok((batch, None))
    }

    /// Takes note of how far a dict has come in its task, if it has one.
    fn place_dict(&mut self, task: &DictTask<'py>, place: Option<usize>) {
        if let Some(top) = place
            && let Task::Dict(placed) = &mut self.tasks[top]
        {
            (placed.position, placed.how) = (task.position, task.how);
        }
    }

    /// Fast mode has no memo to end a cycle, so a container must not be met inside itself.
    pub(super) fn enter(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        if self.fast && !self.fast_open.insert(obj.as_ptr() as usize) {
            return Err(PyValueError::new_err(format!(
                "fast mode: can't pickle cyclic objects including object type {} at {:p}",
                obj.get_type().name()?,
                obj.as_ptr()
            )));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self, obj: &Bound<'py, PyAny>) {
        if self.fast {
            self.fast_open.remove(&(obj.as_ptr() as usize));
        }
    }
}

pub(super) fn changed(what: &str) -> PyErr {
    PyRuntimeError::new_err(format!("{what} changed size during iteration"))
}

/// The entry of a dict at `position`, which is moved on. Unlike PyO3's iterator this may be interrupted, and is safe
/// (if arbitrary) when the dict changes meanwhile.
pub(crate) fn next_entry<'py>(
    dict: &Bound<'py, PyDict>,
    position: &mut isize,
) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let py = dict.py();
    let mut key = std::ptr::null_mut();
    let mut value = std::ptr::null_mut();
    // SAFETY: `dict` is a dict and the interpreter is attached. PyDict_Next checks `position` against the dict's
    // current size. It lends two references to what the dict owns; they are made strong before anything else can run.
    unsafe {
        if ffi::PyDict_Next(dict.as_ptr(), position, &raw mut key, &raw mut value) == 0 {
            return None;
        }
        Some((
            Bound::from_borrowed_ptr(py, key),
            Bound::from_borrowed_ptr(py, value),
        ))
    }
}
