//! Sets and frozensets of exactly these types.
use codepickle_stream::op;
use pyo3::prelude::*;
use pyo3::types::{PyList, PySet};

use super::constants::Constants;
use super::containers::{BATCH, changed};
use super::{Engine, Task, order};

/// A set or frozenset under way.
pub(crate) struct SetTask<'py> {
    pub(super) set: Bound<'py, PyAny>,
    items: Bound<'py, PyList>,
    index: usize,
    batch: u16,
    frozen: bool,
    /// Whether it is written once for all equal ones.
    constant: bool,
}

impl<'py> Engine<'py> {
    /// Writes an exact set or frozenset.
    pub(super) fn save_set(&mut self, set: &Bound<'py, PyAny>, frozen: bool) -> PyResult<()> {
        let py = self.py;
        let constant = if frozen && self.shares_constants() {
            Constants::hash(set)
        } else {
            None
        };
        if let Some(hash) = constant
            && let Some(index) = self.constants.get(set, hash)
        {
            return self.get(index);
        }
        let items = py
            .get_type::<PyList>()
            .call1((set,))?
            .cast_into::<PyList>()?;
        if self.one_shot() {
            order::sort(&items)?;
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
            constant: constant.is_some(),
        }));
        Ok(())
    }

    pub(super) fn step_set(&mut self, top: usize) -> PyResult<()> {
        let Task::Set(task) = &self.tasks[top] else {
            return Ok(());
        };
        let (set, items, frozen) = (task.set.clone(), task.items.clone(), task.frozen);
        let (mut index, mut batch, constant) = (task.index, task.batch, task.constant);
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
        let hash = if constant {
            Constants::hash(&set)
        } else {
            None
        };
        self.memoize_constant(&set, hash)
    }
}
