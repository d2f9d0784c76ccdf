//! Ends a `__reduce__` without end.
//!
//! A `__reduce__` that refers to a new object of its own kind goes on forever. CPython ends it at its recursion limit;
//! here there is none, and memory would end first. What tells it from a deep structure: nobody but the reduce value
//! has a reference to the new object.
use pyo3::exceptions::PyRecursionError;
use pyo3::prelude::*;

use super::work::MANY_TASKS;
use super::{Engine, Task};

/// So many objects inside each other, each made by the `__reduce__` of the one around it, are no structure any more.
/// One level takes about a kilobyte.
const LIMIT: u32 = 100_000;

/// How many containers are looked through between an object and the reduce value that it is part of.
const CONTAINERS: usize = 4;

impl<'py> Engine<'py> {
    /// Counts the object that is about to be reduced, if it was made by the `__reduce__` at work.
    pub(super) fn count_new(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        self.counting = self.tasks.len() >= MANY_TASKS && self.is_new(obj);
        if self.counting {
            self.new_depth += 1;
        }
        if self.new_depth > LIMIT {
            return Err(PyRecursionError::new_err(
                "a __reduce__ without end, while pickling an object",
            ));
        }
        Ok(())
    }

    /// The object was reduced: the task that came of it, if any, counts now.
    pub(super) fn reduced(&mut self) {
        if std::mem::take(&mut self.counting) {
            self.new_depth -= 1;
        }
    }

    /// Whether all references to `obj` are accounted for by a reduce value and by the engine itself.
    fn is_new(&self, obj: &Bound<'py, PyAny>) -> bool {
        // Most objects have an owner elsewhere.
        if obj.get_refcnt() > 3 {
            return false;
        }
        let mut inner = obj;
        // How many references the engine has to `inner`, where that is a container.
        let mut own = None;
        for at in (0..self.tasks.len()).rev().take(CONTAINERS) {
            let (container, handed_out, memoized) = match &self.tasks[at] {
                Task::Tuple(task) => (task.tuple.as_any(), 0, 0),
                // Lists and dicts hand out a reference of their own, and are in the memo by now.
                Task::List(task) => (task.list.as_any(), 1, 1),
                Task::Dict(task) => (task.dict.as_any(), 1, 1),
                Task::Reduce(_) => return inner.get_refcnt() <= 1 + own.unwrap_or(1),
                _ => return false,
            };
            // The arguments without their class are a copy, whose items have two owners.
            let copied = match at.checked_sub(1).map(|below| &self.tasks[below]) {
                Some(Task::Reduce(task)) => isize::from(task.copies_arguments()),
                _ => 0,
            };
            if inner.get_refcnt() > 1 + own.unwrap_or(handed_out) + copied {
                return false;
            }
            // The task's; the memo's; and that of the step which is running, the topmost one.
            own = Some(1 + memoized + isize::from(own.is_none()));
            inner = container;
        }
        false
    }
}
