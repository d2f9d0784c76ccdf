//! The units of work.
use codepickle_stream::op;
use pyo3::prelude::*;

use super::containers::{DictTask, ListTask, TupleTask};
use super::iterators::ItemsTask;
use super::reduce::ReduceTask;
use super::sets::SetTask;
use super::{Engine, GlobalName};

/// One thing to do, or one thing under way.
#[allow(dead_code, reason = "some are for functions.rs alone")]
pub(crate) enum Task<'py> {
    /// Save an object.
    Save(Bound<'py, PyAny>),
    /// Save an object; the label is part of the path of an error that occurs in it.
    SaveLabelled(Label<'py>, Bound<'py, PyAny>),
    /// Save what `persistent_id` returned.
    SavePid(Bound<'py, PyAny>),
    /// Write an opcode.
    Op(Op),
    /// Memoise the top of the unpickler's stack as this object.
    Memoize(Bound<'py, PyAny>),
    /// Push a memoised value.
    Get(u32),
    /// Push the global `(module, name)`, which is taken to exist.
    SaveGlobal(&'static GlobalName),
    /// Push a string.
    SaveStr(&'static str),
    /// Push an integer.
    SaveInt(i64),
    /// Whatever is to be decided only when everything before it has been written.
    Call(Continuation<'py>),
    /// Names the step from the object below to what is being saved above, for the path of an error.
    Label(Label<'py>),
    /// Under way: containers, item iterators and reduce values.
    List(ListTask<'py>),
    Dict(DictTask<'py>),
    Tuple(TupleTask<'py>),
    Set(SetTask<'py>),
    Items(ItemsTask<'py>),
    Reduce(ReduceTask<'py>),
}

/// What a [`Task::Call`] does.
pub(crate) type Continuation<'py> = Box<dyn FnOnce(&mut Engine<'py>) -> PyResult<()> + 'py>;

/// How a path goes on: "closes over 'x'".
pub(crate) struct Label<'py> {
    pub(crate) kind: LabelKind,
    pub(crate) name: Bound<'py, PyAny>,
}

/// See [`Label`].
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "some are for functions.rs alone")]
pub(crate) enum LabelKind {
    /// ` closes over 'x'`
    ClosesOver,
    /// ` uses global 'x'`
    UsesGlobal,
    /// `.x`
    Attribute,
    /// `['x']` or `[0]`
    Item,
}

/// The opcodes that programs are made of.
#[derive(Clone, Copy)]
#[repr(u8)]
#[allow(dead_code, reason = "some are for functions.rs alone")]
pub(crate) enum Op {
    Mark = op::MARK,
    EmptyTuple = op::EMPTY_TUPLE,
    Tuple1 = op::TUPLE1,
    Tuple2 = op::TUPLE2,
    Tuple3 = op::TUPLE3,
    Tuple = op::TUPLE,
    EmptyList = op::EMPTY_LIST,
    EmptyDict = op::EMPTY_DICT,
    SetItem = op::SETITEM,
    SetItems = op::SETITEMS,
    Append = op::APPEND,
    Reduce = op::REDUCE,
    Build = op::BUILD,
    NewObj = op::NEWOBJ,
    StackGlobal = op::STACK_GLOBAL,
    BinPersId = op::BINPERSID,
    Pop = op::POP,
    None = op::NONE,
}

// A million nested objects are a million tasks and more.
const _: () = assert!(size_of::<Task<'static>>() <= 40);
