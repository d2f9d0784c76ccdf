//! Objects that only their container knows.
//!
//! As long as no code but ours has run, a list, dict or tuple whose only reference is that of its container cannot be
//! met a second time, so it need not be looked up in the memo, nor entered. That holds for most of plain data. The
//! moment before any other code runs, which may fetch such an object out of its container and present it again, all of
//! them are entered after all.
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::Engine;
use crate::errors;

/// Objects that are not in the memo, with the indexes that they would have.
#[derive(Default)]
pub(super) struct Sole {
    /// Whether nothing but our own code has run since the dump began.
    undisturbed: bool,
    objects: Vec<(Py<PyAny>, u32)>,
}

impl<'py> Engine<'py> {
    /// At the start of a dump. With an own pickle, whose memo nobody else will see, and no hooks.
    pub(super) fn begin_undisturbed(&mut self) {
        self.sole.undisturbed = self.one_shot() && !self.fast && self.hooks.persistent_id.is_none();
    }

    /// To be called before any code runs that is not the engine's, a garbage collection included.
    #[inline]
    pub(crate) fn disturb(&mut self) {
        if self.sole.undisturbed {
            self.sole.undisturbed = false;
            for (object, index) in self.sole.objects.drain(..) {
                self.memo.insert(object, index);
            }
        }
    }

    /// Whether an item that is lent by a list, a dict or such a tuple is known to that alone. Lists and dicts are
    /// memoised before their items, so they are not worked on twice; a tuple is not, except if it is sole itself.
    #[inline]
    pub(super) fn is_sole(&self, item: &Bound<'py, PyAny>) -> bool {
        self.sole.undisturbed && item.get_refcnt() == 1
    }

    /// Saves an item of a container.
    pub(super) fn save_item(&mut self, item: &Bound<'py, PyAny>, sole: bool) -> PyResult<()> {
        if sole {
            if let Ok(list) = item.cast_exact::<PyList>() {
                return self.save_list(list, true);
            } else if let Ok(dict) = item.cast_exact::<PyDict>() {
                return self.save_dict(dict, true);
            } else if let Ok(tuple) = item.cast_exact::<PyTuple>() {
                return self.save_tuple(tuple, true);
            }
        }
        self.save(item)
    }

    /// Memoises an object, which the memo does not learn of if it is sole.
    #[inline]
    pub(super) fn memoize_sole(&mut self, obj: &Bound<'py, PyAny>, sole: bool) -> PyResult<()> {
        if sole && self.sole.undisturbed {
            let index = self.out.memoize().map_err(errors::stream)?;
            self.sole.objects.push((obj.clone().unbind(), index));
            Ok(())
        } else {
            self.memoize(obj)
        }
    }

    /// Whether a sole object may have been met again meanwhile.
    pub(super) fn was_disturbed(&self) -> bool {
        !self.sole.undisturbed
    }
}
