//! The pickling engine: an explicit work stack instead of recursion.
//!
//! Saving an object either writes it at once (atoms, memo hits, globals) or pushes a [`Task`] that knows how far it
//! has come. Each step of the [main loop](Engine::run) resumes the topmost task, so nesting depth is bounded by memory alone. What
//! `pickle.Pickler` does before and after a recursive call, a task does before and after what it pushed was popped again.
mod atoms;
mod buffers;
mod constants;
mod containers;
mod endless;
mod exceptions;
mod globals;
mod instances;
mod iterators;
pub(crate) mod known;
pub(crate) mod memo;
mod order;
mod output;
mod path;
mod portable;
mod reduce;
mod reducers;
mod save;
mod sets;
mod task;
mod work;

use codepickle_stream::{Mode, Writer, op};
use pyo3::exceptions::PyRecursionError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString, PyType};
use std::collections::{HashMap, HashSet};

use crate::{errors, functions};
use constants::Constants;
pub(crate) use constants::is_small_constant as is_constant;
pub(crate) use containers::next_entry;
pub(crate) use globals::GlobalName;
use known::Known;
use memo::Memo;
pub(crate) use output::Payload;
#[allow(unused_imports, reason = "part of the interface for functions.rs")]
pub(crate) use task::{Label, LabelKind, Op, Task};

/// Ends what `endless` does not recognise before memory ends: 40 bytes for each task, and more for what it works on.
const TASK_LIMIT: usize = 40_000_000;

/// Signals are looked at once in so many tasks.
const SIGNAL_INTERVAL: u32 = 8192;

/// What the caller asked for beyond plain pickling.
#[derive(Default)]
pub(crate) struct Config {
    /// `True`: source or an error; `False`: bytecode; `None`: source where there is any.
    pub(crate) by_source: Option<bool>,
    /// The user's predicate: which functions and classes go by reference.
    pub(crate) pickle_by_reference: Option<Py<PyAny>>,
    /// Put the runtime into the payload.
    pub(crate) self_contained: bool,
    /// The minor version whose grammar every snippet must have a form for.
    pub(crate) min_python: Option<u8>,
    /// Leave out where code stood: for fingerprints. What comes of it is not to be loaded.
    pub(crate) content_only: bool,
}

impl Config {
    /// Another owner of the same settings.
    pub(crate) fn clone_ref(&self, py: Python<'_>) -> Self {
        Self {
            by_source: self.by_source,
            pickle_by_reference: self.pickle_by_reference.as_ref().map(|p| p.clone_ref(py)),
            self_contained: self.self_contained,
            min_python: self.min_python,
            content_only: self.content_only,
        }
    }
}

/// The user's hooks, as found at the start of a dump.
#[derive(Default)]
pub(crate) struct Hooks<'py> {
    pub(crate) persistent_id: Option<Bound<'py, PyAny>>,
    pub(crate) reducer_override: Option<Bound<'py, PyAny>>,
    pub(crate) dispatch_table: Option<Bound<'py, PyAny>>,
    pub(crate) buffer_callback: Option<Bound<'py, PyAny>>,
}

/// How to pickle, as `Pickler.__init__` and `dumps` are told.
pub(crate) struct Options {
    pub(crate) protocol: u8,
    pub(crate) mode: Mode,
    pub(crate) fix_imports: bool,
    pub(crate) fast: bool,
}

/// One dump.
pub(crate) struct Engine<'py> {
    pub(crate) py: Python<'py>,
    /// Where opcodes go. Prefer the methods of `Engine`, which know about both modes.
    pub(crate) out: Writer<Payload>,
    pub(crate) memo: Memo,
    /// One-shot mode: constants by value.
    constants: Constants,
    pub(crate) config: Config,
    /// What functions.rs keeps for as long as the memo lives.
    pub(crate) ext: functions::State,
    pub(crate) known: &'static Known,
    pub(crate) protocol: u8,
    tasks: Vec<Task<'py>>,
    hooks: Hooks<'py>,
    /// Stream mode: `file.write`.
    write: Option<Bound<'py, PyAny>>,
    fix_imports: bool,
    fast: bool,
    /// Fast mode: the containers under way, to tell cycles.
    fast_open: HashSet<usize>,
    /// Causes and contexts of exceptions, by address: whether they can be pickled. None in such a trial, in which
    /// exceptions come without theirs.
    tried: Option<HashMap<usize, (Py<PyAny>, bool)>>,
    /// The class of the last instance whose module has no reducers of ours: the next one is often of the same.
    ordinary: Option<Bound<'py, PyType>>,
    plans: instances::Plans,
    /// Whose `__reduce_ex__` is running.
    culprit: Option<Bound<'py, PyAny>>,
    root: Option<Bound<'py, PyAny>>,
    /// How many objects under way were made by the `__reduce__` of the one around them.
    new_depth: u32,
    /// Whether the object being reduced is one of them, until there is a task that says so.
    counting: bool,
    /// How many containers are being worked on without tasks.
    level: u32,
    /// Strings that were met more than once, by address: most of them will be met again.
    recent: Vec<Recent>,
    /// Where `True` is.
    true_address: *mut ffi::PyObject,
    ticks: u32,
}

/// An entry of a small cache in front of the table of equal strings.
pub(crate) struct Recent {
    /// Holds on to the string, so that its address is not used for another; `None` of Python's where there is none.
    text: Py<PyAny>,
    index: u32,
}

impl<'py> Engine<'py> {
    /// An engine with an empty memo.
    pub(crate) fn new(
        py: Python<'py>,
        options: &Options,
        config: Config,
        hooks: Hooks<'py>,
    ) -> PyResult<Self> {
        Ok(Self {
            py,
            out: output::writer(options.protocol, options.mode),
            memo: Memo::default(),
            constants: Constants::default(),
            config,
            ext: functions::State::default(),
            known: Known::get(py)?,
            protocol: options.protocol,
            tasks: Vec::new(),
            hooks,
            write: None,
            fix_imports: options.fix_imports && options.protocol < 3,
            fast: options.fast,
            fast_open: HashSet::new(),
            tried: Some(HashMap::new()),
            ordinary: None,
            plans: instances::Plans::default(),
            culprit: None,
            root: None,
            new_depth: 0,
            counting: false,
            level: 0,
            recent: Vec::new(),
            true_address: PyBool::new(py, true).as_ptr(),
            ticks: 0,
        })
    }

    /// Stream mode: where bytes go.
    pub(crate) fn set_write(&mut self, write: Bound<'py, PyAny>) {
        self.write = Some(write);
    }

    /// Whether the pickle is held back until its end: equal strings are then shared and the memo pruned.
    pub(crate) fn one_shot(&self) -> bool {
        self.out.mode() == Mode::OneShot
    }

    /// Whether saving `obj` writes nothing but itself: it is a constant, and the user has no say in it.
    pub(crate) fn leads_nowhere(&self, obj: &Bound<'py, PyAny>) -> bool {
        let hooks = &self.hooks;
        hooks.persistent_id.is_none()
            && hooks.reducer_override.is_none()
            && hooks.dispatch_table.is_none()
            && is_constant(obj)
    }

    /// Writes one pickle of `obj`. After an error nothing is left of it but what went into the file and the memo.
    pub(crate) fn dump(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        self.root = Some(obj.clone());
        self.out.start();
        let result = functions::begin(self, obj)
            .and_then(|()| self.run())
            .and_then(|()| self.save(obj))
            .and_then(|()| self.run())
            .and_then(|()| self.finish_stream());
        if let Err(error) = result {
            let error = errors::with_path(self, error);
            self.tasks.clear();
            self.fast_open.clear();
            self.out.reset();
            return Err(error);
        }
        Ok(())
    }

    /// Pickles an object by an engine of its own, for nothing but the error; no exception brings its cause along.
    fn try_alone(&self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        let options = Options {
            protocol: self.protocol,
            mode: Mode::OneShot,
            fix_imports: false,
            fast: false,
        };
        let config = Config {
            self_contained: false,
            ..self.config.clone_ref(self.py)
        };
        let hooks = Hooks {
            persistent_id: self.hooks.persistent_id.clone(),
            reducer_override: self.hooks.reducer_override.clone(),
            dispatch_table: self.hooks.dispatch_table.clone(),
            buffer_callback: None,
        };
        let mut engine = Self::new(self.py, &options, config, hooks)?;
        engine.tried = None;
        engine.dump(obj)
    }

    fn finish_stream(&mut self) -> PyResult<()> {
        self.out.end();
        if self.one_shot() {
            Ok(())
        } else {
            self.flush()
        }
    }

    /// Works until no task is left.
    fn run(&mut self) -> PyResult<()> {
        while let Some(top) = self.tasks.len().checked_sub(1) {
            self.ticks = self.ticks.wrapping_add(1);
            if self.ticks.is_multiple_of(SIGNAL_INTERVAL) {
                self.py.check_signals()?;
                if top > TASK_LIMIT {
                    return Err(PyRecursionError::new_err(
                        "objects nested too deeply, or a __reduce__ without end, while pickling an object",
                    ));
                }
            }
            match self.tasks[top] {
                Task::List(_) => self.step_list(top)?,
                Task::Dict(_) => self.step_dict(top)?,
                Task::Tuple(_) => self.step_tuple(top)?,
                Task::Reduce(_) => self.step_reduce(top)?,
                Task::Set(_) => {
                    self.distrust();
                    self.step_set(top)?;
                }
                Task::Items(_) => {
                    self.distrust();
                    self.step_items(top)?;
                }
                _ => {
                    self.distrust();
                    if let Some(task) = self.tasks.pop() {
                        self.execute(task)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn execute(&mut self, task: Task<'py>) -> PyResult<()> {
        match task {
            Task::Save(obj) => self.save(&obj),
            Task::SaveLabelled(label, obj) => {
                self.tasks.push(Task::Label(label));
                self.save(&obj)
            }
            Task::SavePid(pid) => {
                self.tasks.push(Task::Op(Op::BinPersId));
                self.save_without_pid(&pid)
            }
            Task::Op(op) => {
                self.op(op);
                Ok(())
            }
            Task::Memoize(obj) => self.memoize(&obj),
            Task::Get(index) => self.get(index),
            Task::SaveGlobal(name) => self.save_global_name(name),
            Task::SaveStr(text) => self.save_text(text),
            Task::SaveInt(value) => {
                self.boundary()?;
                self.out.int(value);
                Ok(())
            }
            Task::Call(continuation) => continuation(self),
            // A label is there for the path of an error alone.
            Task::Label(_) => Ok(()),
            Task::List(_)
            | Task::Dict(_)
            | Task::Tuple(_)
            | Task::Set(_)
            | Task::Items(_)
            | Task::Reduce(_) => {
                self.tasks.push(task);
                Ok(())
            }
        }
    }

    /// Pushes a program: the tasks are done in the order given, before all that were pushed earlier.
    pub(crate) fn push_program<I>(&mut self, program: I)
    where
        I: IntoIterator<Item = Task<'py>>,
        I::IntoIter: DoubleEndedIterator,
    {
        self.tasks.extend(program.into_iter().rev());
    }

    /// Writes an opcode in the protocol's way.
    pub(crate) fn op(&mut self, op: Op) {
        match (op, self.protocol) {
            (Op::EmptyTuple, 0) => self.out.raw(&[op::MARK, op::TUPLE]),
            (Op::EmptyDict, 0) => self.out.raw(&[op::MARK, op::DICT]),
            (Op::EmptyList, 0) => self.out.raw(&[op::MARK, op::LIST]),
            _ => self.out.op(op as u8),
        }
    }

    /// Memoises what is on top of the unpickler's stack as `obj`.
    pub(crate) fn memoize(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        if self.fast {
            return Ok(());
        }
        let index = self.next_index()?;
        self.memo.insert(obj.clone().unbind(), index);
        Ok(())
    }

    /// Memoises what is on top of the unpickler's stack, for whoever keeps the index.
    pub(crate) fn next_index(&mut self) -> PyResult<u32> {
        if self.one_shot() {
            return self.out.memoize().map_err(errors::stream);
        }
        let index = u32::try_from(self.memo.len()).map_err(|_| errors::memo_full())?;
        self.out.put(index).map_err(errors::stream)?;
        Ok(index)
    }

    /// The memo index of an object.
    pub(crate) fn memoized(&self, obj: &Bound<'py, PyAny>) -> Option<u32> {
        self.memo.get(obj.as_ptr() as usize)
    }

    /// Pushes a memoised value.
    pub(crate) fn get(&mut self, index: u32) -> PyResult<()> {
        self.out.get(index).map_err(errors::stream)
    }

    /// Writes a reference to `obj` if it is memoised.
    pub(crate) fn get_if_memoized(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<bool> {
        match self.memoized(obj) {
            Some(index) => self.get(index).map(|()| true),
            None => Ok(false),
        }
    }

    /// Writes a string that is no Python object yet.
    pub(crate) fn save_text(&mut self, text: &str) -> PyResult<()> {
        if self.out.finds_equal() && !self.fast && !self.out.is_large(text.len()) {
            self.boundary()?;
            return self
                .out
                .str(text.as_bytes())
                .map(drop)
                .map_err(errors::stream);
        }
        // Interned, so that the memo finds it again by identity.
        let text = PyString::intern(self.py, text);
        self.save_without_pid(text.as_any())
    }

    /// Writes the global `module.name`, which is taken to exist, or a reference to it.
    pub(crate) fn save_global_name(&mut self, global: &'static GlobalName) -> PyResult<()> {
        self.boundary()?;
        let key = global.key(self.py);
        if self.get_if_memoized(&key)? {
            return Ok(());
        }
        let (module, name) = (global.module, global.name);
        if self.protocol >= 4 {
            self.save_text(module)?;
            self.save_text(name)?;
            self.out.op(op::STACK_GLOBAL);
        } else {
            self.out.global(module.as_bytes(), name.as_bytes());
        }
        self.memoize(&key)
    }
}
