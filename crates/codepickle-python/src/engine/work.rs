//! Short cuts through the work stack.
//!
//! Most containers are small and flat. What is not nested too deeply is worked on at once, on the Rust stack, and gets a
//! task only when something in it has to wait.
use pyo3::prelude::*;

use super::{Engine, Task};

/// So many containers inside each other are worked on without tasks. A level takes about half a kilobyte of stack.
const LEVELS: u32 = 8;

/// Beyond so many tasks every container gets one: the detection of endless reduction reads them.
pub(super) const MANY_TASKS: usize = 200_000;

/// What came of working on a container.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// It is written.
    Done,
    /// There are tasks above it to be done first.
    Waiting,
}

impl<'py> Engine<'py> {
    /// Where the tasks of what is inside a container begin.
    pub(super) fn base(&self, place: Option<usize>) -> usize {
        place.map_or(self.tasks.len(), |top| top + 1)
    }

    /// Begins a container: works on it at once, or gives it a task.
    #[inline]
    pub(super) fn begin<T>(
        &mut self,
        mut task: T,
        wrap: impl FnOnce(T) -> Task<'py>,
        work: impl FnOnce(&mut Self, &mut T, Option<usize>) -> PyResult<Progress>,
    ) -> PyResult<()> {
        let base = self.tasks.len();
        if self.level >= LEVELS || base >= MANY_TASKS {
            self.tasks.push(wrap(task));
            return Ok(());
        }
        self.level += 1;
        let result = work(self, &mut task, None);
        self.level -= 1;
        if let Ok(Progress::Done) = result {
            return Ok(());
        }
        // Below what it waits for. After an error, too: the path is read off the tasks.
        self.tasks.insert(base.min(self.tasks.len()), wrap(task));
        result.map(drop)
    }
}
