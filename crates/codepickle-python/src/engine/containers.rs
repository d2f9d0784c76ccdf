//! Lists, tuples, dicts and sets of exactly these types.
use codepickle_stream::op;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PyTuple};

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
pub(crate) struct ListTask<'py> {
    pub(super) list: Bound<'py, PyList>,
    pub(super) index: usize,
    how: How,
}

/// A tuple under way.
pub(crate) struct TupleTask<'py> {
    pub(super) tuple: Bound<'py, PyTuple>,
    pub(super) index: usize,
}

/// A dict under way. The entry after `position` is next; the value of the current one is a task of its own where its key
/// was no atom.
pub(crate) struct DictTask<'py> {
    pub(super) dict: Bound<'py, PyDict>,
    pub(super) position: isize,
    len: usize,
    how: How,
}

/// A set or frozenset under way.
pub(crate) struct SetTask<'py> {
    pub(super) set: Bound<'py, PyAny>,
    items: Bound<'py, PyList>,
    index: usize,
    batch: u16,
    frozen: bool,
}

impl<'py> Engine<'py> {
    pub(super) fn save_list(&mut self, list: &Bound<'py, PyList>) -> PyResult<()> {
        self.op(Op::EmptyList);
        self.memoize(list.as_any())?;
        let len = list.len();
        if len > 0 {
            self.enter(list.as_any())?;
            let how = How::new(self.protocol, len);
            self.tasks.push(Task::List(ListTask {
                list: list.clone(),
                index: 0,
                how,
            }));
        }
        Ok(())
    }

    pub(super) fn step_list(&mut self, top: usize) -> PyResult<()> {
        let Task::List(task) = &self.tasks[top] else {
            return Ok(());
        };
        let list = task.list.clone();
        let (mut index, mut how) = (task.index, task.how);
        loop {
            // The list may grow and shrink under our hands, as in CPython.
            let more = index < list.len();
            match how {
                How::Single if index > 0 => {
                    self.out.op(op::APPEND);
                    break;
                }
                How::Between if !more && index > 0 => break,
                How::Between => {
                    self.out.op(op::MARK);
                    how = How::Batch(0);
                    continue;
                }
                How::Batch(n) if n == BATCH || !more => {
                    self.out.op(op::APPENDS);
                    how = How::Between;
                    continue;
                }
                How::Batch(n) => how = How::Batch(n + 1),
                How::Text(true) => {
                    self.out.op(op::APPEND);
                    how = How::Text(false);
                    continue;
                }
                How::Text(false) if !more => break,
                How::Text(false) => how = How::Text(true),
                How::Single => {
                    if !more {
                        break;
                    }
                }
            }
            let item = list.get_item(index)?;
            index += 1;
            if self.hooks.persistent_id.is_none() {
                self.boundary()?;
                if self.save_atom(&item)? {
                    continue;
                }
            }
            if let Task::List(task) = &mut self.tasks[top] {
                (task.index, task.how) = (index, how);
            }
            self.save(&item)?;
            if self.tasks.len() > top + 1 {
                return Ok(());
            }
        }
        self.leave(list.as_any());
        self.tasks.truncate(top);
        Ok(())
    }

    pub(super) fn save_tuple(&mut self, tuple: &Bound<'py, PyTuple>) -> PyResult<()> {
        let len = tuple.len();
        if len == 0 {
            self.op(Op::EmptyTuple);
            return Ok(());
        }
        if len > 3 || self.protocol < 2 {
            self.out.op(op::MARK);
        }
        self.tasks.push(Task::Tuple(TupleTask {
            tuple: tuple.clone(),
            index: 0,
        }));
        Ok(())
    }

    pub(super) fn step_tuple(&mut self, top: usize) -> PyResult<()> {
        let Task::Tuple(task) = &self.tasks[top] else {
            return Ok(());
        };
        let tuple = task.tuple.clone();
        let mut index = task.index;
        let len = tuple.len();
        while index < len {
            let item = tuple.get_borrowed_item(index)?;
            index += 1;
            if self.hooks.persistent_id.is_none() {
                self.boundary()?;
                if self.save_atom(&item)? {
                    continue;
                }
            }
            if let Task::Tuple(task) = &mut self.tasks[top] {
                task.index = index;
            }
            self.save(&item)?;
            if self.tasks.len() > top + 1 {
                return Ok(());
            }
        }
        self.tasks.truncate(top);
        let short = len <= 3 && self.protocol >= 2;
        if let Some(index) = self.memoized(tuple.as_any()) {
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
        self.memoize(tuple.as_any())
    }

    pub(super) fn save_dict(&mut self, dict: &Bound<'py, PyDict>) -> PyResult<()> {
        self.op(Op::EmptyDict);
        self.memoize(dict.as_any())?;
        let len = dict.len();
        if len > 0 {
            self.enter(dict.as_any())?;
            let how = How::new(self.protocol, len);
            self.tasks.push(Task::Dict(DictTask {
                dict: dict.clone(),
                position: 0,
                len,
                how,
            }));
        }
        Ok(())
    }

    pub(super) fn step_dict(&mut self, top: usize) -> PyResult<()> {
        let Task::Dict(task) = &self.tasks[top] else {
            return Ok(());
        };
        let dict = task.dict.clone();
        let (mut position, mut how, len) = (task.position, task.how, task.len);
        loop {
            match how {
                How::Single if position > 0 => {
                    self.out.op(op::SETITEM);
                    break;
                }
                How::Between => {
                    self.out.op(op::MARK);
                    how = How::Batch(0);
                    continue;
                }
                How::Batch(BATCH) => {
                    self.out.op(op::SETITEMS);
                    if dict.len() != len {
                        return Err(changed("dictionary"));
                    }
                    how = How::Between;
                    continue;
                }
                How::Text(true) => {
                    self.out.op(op::SETITEM);
                    how = How::Text(false);
                    if dict.len() != len {
                        return Err(changed("dictionary"));
                    }
                    continue;
                }
                How::Batch(_) | How::Text(false) | How::Single => {}
            }
            let Some((key, value)) = next_entry(&dict, &mut position) else {
                if let How::Batch(_) = how {
                    self.out.op(op::SETITEMS);
                }
                if dict.len() != len {
                    return Err(changed("dictionary"));
                }
                break;
            };
            match how {
                How::Batch(n) => how = How::Batch(n + 1),
                How::Text(_) => how = How::Text(true),
                How::Single | How::Between => {}
            }
            if let Task::Dict(task) = &mut self.tasks[top] {
                (task.position, task.how) = (position, how);
            }
            self.save(&key)?;
            if self.tasks.len() > top + 1 {
                // The value comes after all that the key still has to do.
                self.tasks.insert(top + 1, Task::Save(value));
                return Ok(());
            }
            self.save(&value)?;
            if self.tasks.len() > top + 1 {
                return Ok(());
            }
        }
        self.leave(dict.as_any());
        self.tasks.truncate(top);
        Ok(())
    }

    /// Writes an exact set or frozenset.
    pub(super) fn save_set(&mut self, set: &Bound<'py, PyAny>, frozen: bool) -> PyResult<()> {
        let py = self.py;
        let items = py
            .get_type::<PyList>()
            .call1((set,))?
            .cast_into::<PyList>()?;
        if self.one_shot() {
            super::order::sort(&items)?;
        }
        if self.protocol < 4 {
            let value = (set.get_type(), (items,)).into_pyobject(py)?;
            return self.save_reduce(value, Some(set));
        }
        if frozen {
            self.enter(set)?;
            self.out.op(op::MARK);
        } else {
            self.out.op(op::EMPTY_SET);
            self.memoize(set)?;
            if items.is_empty() {
                return Ok(());
            }
        }
        self.tasks.push(Task::Set(SetTask {
            set: set.clone(),
            items,
            index: 0,
            batch: 0,
            frozen,
        }));
        Ok(())
    }

    pub(super) fn step_set(&mut self, top: usize) -> PyResult<()> {
        let Task::Set(task) = &self.tasks[top] else {
            return Ok(());
        };
        let (set, items, frozen) = (task.set.clone(), task.items.clone(), task.frozen);
        let (mut index, mut batch) = (task.index, task.batch);
        while index < items.len() {
            if !frozen {
                if batch == BATCH {
                    self.out.op(op::ADDITEMS);
                    batch = 0;
                }
                if batch == 0 {
                    self.out.op(op::MARK);
                }
                batch += 1;
            }
            let item = items.get_item(index)?;
            index += 1;
            if let Task::Set(task) = &mut self.tasks[top] {
                (task.index, task.batch) = (index, batch);
            }
            self.save(&item)?;
            if self.tasks.len() > top + 1 {
                return Ok(());
            }
        }
        self.tasks.truncate(top);
        if !frozen {
            self.out.op(op::ADDITEMS);
            if set.cast::<PySet>()?.len() != items.len() {
                return Err(changed("set"));
            }
            // CPython finds the end of a set only after a full batch, and writes an empty one.
            if batch == BATCH && !self.one_shot() {
                self.out.raw(&[op::MARK, op::ADDITEMS]);
            }
            return Ok(());
        }
        self.leave(&set);
        if let Some(index) = self.memoized(&set) {
            // Recursive, as a tuple can be.
            self.out.op(op::POP_MARK);
            return self.get(index);
        }
        self.out.op(op::FROZENSET);
        self.memoize(&set)
    }

    /// Fast mode has no memo to end a cycle, so a container must not be met inside itself.
    fn enter(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        if self.fast && !self.fast_open.insert(obj.as_ptr() as usize) {
            return Err(PyValueError::new_err(format!(
                "fast mode: can't pickle cyclic objects including object type {} at {:p}",
                obj.get_type().name()?,
                obj.as_ptr()
            )));
        }
        Ok(())
    }

    fn leave(&mut self, obj: &Bound<'py, PyAny>) {
        if self.fast {
            self.fast_open.remove(&(obj.as_ptr() as usize));
        }
    }
}

fn changed(what: &str) -> PyErr {
    PyRuntimeError::new_err(format!("{what} changed size during iteration"))
}

/// The entry of a dict at `position`, which is moved on. Unlike PyO3's iterator this may be interrupted, and is safe
/// (if arbitrary) when the dict changes meanwhile.
pub(super) fn next_entry<'py>(
    dict: &Bound<'py, PyDict>,
    position: &mut isize,
) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let py = dict.py();
    let mut key = std::ptr::null_mut();
    let mut value = std::ptr::null_mut();
    // SAFETY: `dict` is a dict and the interpreter is attached. PyDict_Next checks `position` against the dict's
    // current size. It lends two references to what the dict owns; they are made strong before anything else can run.
    unsafe {
        if pyo3::ffi::PyDict_Next(dict.as_ptr(), position, &raw mut key, &raw mut value) == 0 {
            return None;
        }
        Some((
            Bound::from_borrowed_ptr(py, key),
            Bound::from_borrowed_ptr(py, value),
        ))
    }
}
