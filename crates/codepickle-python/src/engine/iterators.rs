//! The list items and dict items of a reduce value.
use codepickle_stream::op;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyTuple};

use super::containers::BATCH;
use super::{Engine, Task};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// A batch is to be begun, if there is anything left.
    Between,
    /// The only item of its batch has been saved.
    Single,
    /// So many items are in the batch.
    Batch(u16),
    /// Protocol 0. True if the opcode for the last item is still to be written.
    Text(bool),
}

/// An iterator under way.
pub(crate) struct ItemsTask<'py> {
    iterator: Bound<'py, PyIterator>,
    /// Fetched to see whether the first item is the only one.
    ahead: Option<Bound<'py, PyAny>>,
    /// What is being saved, for the path of an error: the key of a dict item, or else the item.
    pub(super) current: Option<Bound<'py, PyAny>>,
    phase: Phase,
    pub(super) pairs: bool,
}

impl<'py> Engine<'py> {
    /// Appends or sets all that `iterator` yields on the top of the stack.
    pub(super) fn push_items(&mut self, iterator: Bound<'py, PyIterator>, pairs: bool) {
        let phase = if self.protocol == 0 {
            Phase::Text(false)
        } else {
            Phase::Between
        };
        self.tasks.push(Task::Items(ItemsTask {
            iterator,
            ahead: None,
            current: None,
            phase,
            pairs,
        }));
    }

    pub(super) fn step_items(&mut self, top: usize) -> PyResult<()> {
        let Task::Items(task) = &mut self.tasks[top] else {
            return Ok(());
        };
        let (mut iterator, pairs) = (task.iterator.clone(), task.pairs);
        let (mut ahead, mut phase) = (task.ahead.take(), task.phase);
        let (one, many) = if pairs {
            (op::SETITEM, op::SETITEMS)
        } else {
            (op::APPEND, op::APPENDS)
        };
        loop {
            let item = match phase {
                Phase::Single => {
                    self.out.op(one);
                    break;
                }
                Phase::Batch(BATCH) => {
                    self.out.op(many);
                    phase = Phase::Between;
                    continue;
                }
                Phase::Text(true) => {
                    self.out.op(one);
                    phase = Phase::Text(false);
                    continue;
                }
                Phase::Between => {
                    let Some(item) = next(&mut ahead, &mut iterator)? else {
                        break;
                    };
                    check_pair(&item, pairs)?;
                    ahead = next(&mut ahead, &mut iterator)?;
                    if ahead.is_some() {
                        self.out.op(op::MARK);
                        phase = Phase::Batch(1);
                    } else {
                        phase = Phase::Single;
                    }
                    item
                }
                Phase::Batch(n) => {
                    let Some(item) = next(&mut ahead, &mut iterator)? else {
                        self.out.op(many);
                        break;
                    };
                    phase = Phase::Batch(n + 1);
                    item
                }
                Phase::Text(false) => {
                    let Some(item) = next(&mut ahead, &mut iterator)? else {
                        break;
                    };
                    phase = Phase::Text(true);
                    item
                }
            };
            let (first, second) = if pairs {
                check_pair(&item, pairs)?;
                let pair = item.cast_into::<PyTuple>()?;
                (pair.get_item(0)?, Some(pair.get_item(1)?))
            } else {
                (item, None)
            };
            if let Task::Items(task) = &mut self.tasks[top] {
                (task.phase, task.ahead) = (phase, ahead.clone());
                task.current = Some(first.clone());
            }
            self.save(&first)?;
            if let Some(second) = second {
                if self.tasks.len() > top + 1 {
                    self.tasks.insert(top + 1, Task::Save(second));
                } else {
                    self.save(&second)?;
                }
            }
            if self.tasks.len() > top + 1 {
                return Ok(());
            }
        }
        self.tasks.truncate(top);
        Ok(())
    }
}

fn next<'py>(
    ahead: &mut Option<Bound<'py, PyAny>>,
    iterator: &mut Bound<'py, PyIterator>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    match ahead.take() {
        Some(item) => Ok(Some(item)),
        None => iterator.next().transpose(),
    }
}

fn check_pair(item: &Bound<'_, PyAny>, pairs: bool) -> PyResult<()> {
    if pairs && !item.cast::<PyTuple>().is_ok_and(|pair| pair.len() == 2) {
        return Err(PyTypeError::new_err(
            "dict items iterator must return 2-tuples",
        ));
    }
    Ok(())
}
