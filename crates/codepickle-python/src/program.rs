//! A list of tasks under construction: what a value of several parts is written as.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::engine::{Engine, GlobalName, Label, LabelKind, Op, Task};

/// The module that payloads refer to.
const RUNTIME: &str = "codepickle._runtime";

/// The functions of the runtime that the native module itself refers to (docs/wire-format.md), in the order of
/// `Runtime::global`.
#[derive(Clone, Copy)]
pub(crate) enum Runtime {
    /// `c`: a snippet.
    Snippet,
    /// `d`: a method's code in the code of its class.
    Dig,
    /// `b`: bytecode.
    Bytecode,
    /// `f`: a function.
    Function,
    /// `k`: an empty cell.
    Cell,
    /// `m`: an imported module.
    Import,
    /// `r`: the contents of a cell.
    Contents,
    /// `a`: attributes of a function or module.
    Attributes,
    /// `v`: a module made at run time.
    Module,
    /// `g1`: globals that only annotations name.
    Named,
}

impl Runtime {
    fn global(self) -> &'static GlobalName {
        static NAMES: [GlobalName; 10] = [
            GlobalName::new(RUNTIME, "c"),
            GlobalName::new(RUNTIME, "d"),
            GlobalName::new(RUNTIME, "b"),
            GlobalName::new(RUNTIME, "f"),
            GlobalName::new(RUNTIME, "k"),
            GlobalName::new(RUNTIME, "m"),
            GlobalName::new(RUNTIME, "r"),
            GlobalName::new(RUNTIME, "a"),
            GlobalName::new(RUNTIME, "v"),
            GlobalName::new(RUNTIME, "g1"),
        ];
        &NAMES[self as usize]
    }
}

/// Tasks in the order in which they are to be done.
pub(crate) struct Program<'py> {
    protocol: u8,
    tasks: Vec<Task<'py>>,
}

impl<'py> Program<'py> {
    /// An empty program for the engine's protocol.
    pub(crate) fn new(engine: &Engine<'py>) -> Self {
        Self {
            protocol: engine.protocol,
            tasks: Vec::with_capacity(16),
        }
    }

    /// Hands the program to the engine, to be done before all that was pushed earlier.
    pub(crate) fn run(self, engine: &mut Engine<'py>) {
        engine.push_program(self.tasks);
    }

    /// Pushes a function of the runtime.
    pub(crate) fn runtime(&mut self, name: Runtime) {
        self.tasks.push(Task::SaveGlobal(name.global()));
    }

    /// Pushes another global.
    pub(crate) fn global(&mut self, name: &'static GlobalName) {
        self.tasks.push(Task::SaveGlobal(name));
    }

    /// Pushes an object.
    pub(crate) fn save(&mut self, obj: Bound<'py, PyAny>) {
        self.tasks.push(Task::Save(obj));
    }

    /// Pushes an object that an error's path reaches by `kind` and `name`.
    pub(crate) fn save_as(
        &mut self,
        obj: Bound<'py, PyAny>,
        kind: LabelKind,
        name: Bound<'py, PyString>,
    ) {
        self.tasks.push(Task::SaveLabelled(
            Label {
                kind,
                name: name.into_any(),
            },
            obj,
        ));
    }

    /// Pushes a string.
    pub(crate) fn str(&mut self, text: &'static str) {
        self.tasks.push(Task::SaveStr(text));
    }

    /// Pushes an integer.
    pub(crate) fn int(&mut self, value: i64) {
        self.tasks.push(Task::SaveInt(value));
    }

    /// Writes an opcode.
    pub(crate) fn op(&mut self, op: Op) {
        self.tasks.push(Task::Op(op));
    }

    /// Pushes the tuple of the `count` values that `items` pushes.
    pub(crate) fn tuple(&mut self, count: usize, items: impl FnOnce(&mut Self)) {
        let end = match count {
            0 => Op::EmptyTuple,
            1 if self.protocol >= 2 => Op::Tuple1,
            2 if self.protocol >= 2 => Op::Tuple2,
            3 if self.protocol >= 2 => Op::Tuple3,
            _ => Op::Tuple,
        };
        if matches!(end, Op::Tuple) {
            self.op(Op::Mark);
        }
        items(self);
        self.op(end);
    }

    /// Calls a function of the runtime with the arguments, `count` values, that `items` pushes.
    pub(crate) fn call(&mut self, name: Runtime, count: usize, items: impl FnOnce(&mut Self)) {
        self.runtime(name);
        self.tuple(count, items);
        self.op(Op::Reduce);
    }

    /// Calls a function of the runtime with Python objects.
    pub(crate) fn call_with(&mut self, name: Runtime, arguments: &Bound<'py, PyTuple>) {
        self.call(name, arguments.len(), |program| {
            for argument in arguments.iter() {
                program.save(argument);
            }
        });
    }

    /// Calls a function of the runtime with a tuple that may be in the payload already.
    pub(crate) fn call_made(&mut self, name: Runtime, arguments: &Bound<'py, PyTuple>) {
        self.runtime(name);
        self.save(arguments.clone().into_any());
        self.op(Op::Reduce);
    }

    /// Adds the items of a dict on top of the stack: the key and value that `pair` pushes for each of `items`.
    pub(crate) fn set_items<T>(
        &mut self,
        items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        mut pair: impl FnMut(&mut Self, T),
    ) {
        let items = items.into_iter();
        // Protocol 0 has no SETITEMS.
        let at_once = items.len() > 1 && self.protocol > 0;
        if at_once {
            self.op(Op::Mark);
        }
        for item in items {
            pair(self, item);
            if !at_once {
                self.op(Op::SetItem);
            }
        }
        if at_once {
            self.op(Op::SetItems);
        }
    }

    /// Memoises what is on top of the stack as `obj`.
    pub(crate) fn memoize(&mut self, obj: &Bound<'py, PyAny>) {
        self.tasks.push(Task::Memoize(obj.clone()));
    }

    /// Pushes an object that is memoised, or will be when the program gets here.
    pub(crate) fn get(&mut self, obj: &Bound<'py, PyAny>) {
        let obj = obj.clone();
        self.then(move |engine| match engine.memoized(&obj) {
            Some(index) => engine.get(index),
            None => Err(no_memo()),
        });
    }

    /// Does what can be known only when everything before it has been written.
    pub(crate) fn then(
        &mut self,
        continuation: impl FnOnce(&mut Engine<'py>) -> PyResult<()> + 'py,
    ) {
        self.tasks.push(Task::Call(Box::new(continuation)));
    }
}

/// `Pickler.fast` switches the memo off, and a function's state refers to the function.
fn no_memo() -> PyErr {
    PyValueError::new_err(
        "functions, classes and modules by value need the memo: they cannot be pickled with Pickler.fast set",
    )
}
