//! What `__reduce_ex__` and reducers return.
use crate::names::intern;
use codepickle_stream::op;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyString, PyTuple, PyType};

use super::{Engine, Op, Task};
use crate::{errors, functions};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `func(*args)`
    Call,
    /// `cls.__new__(cls, *args)`
    NewObj,
    /// `cls.__new__(cls, *args, **kwargs)`
    NewObjEx,
}

/// Which part comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Func,
    Args,
    Kwargs,
    Call,
    ListItems,
    DictItems,
    State,
    Build,
}

/// A reduce value under way.
pub(crate) struct ReduceTask<'py> {
    value: Bound<'py, PyTuple>,
    /// What was reduced; None if the result is not to be memoised.
    pub(super) obj: Option<Bound<'py, PyAny>>,
    /// The next stage.
    pub(super) stage: Stage,
    kind: Kind,
    /// Whether it counts for `new_depth`.
    counted: bool,
}

impl<'py> ReduceTask<'py> {
    /// Whether the arguments are being saved, and are a copy without the class.
    pub(super) fn copies_arguments(&self) -> bool {
        self.kind == Kind::NewObj && self.stage == Stage::Call
    }

    /// The state, if there is one.
    pub(super) fn state(&self) -> Option<Bound<'py, PyAny>> {
        self.value.get_item(2).ok().filter(|state| !state.is_none())
    }
}

impl<'py> Engine<'py> {
    /// Saves `obj` as what a reducer returned for it: a string or a tuple.
    pub(crate) fn save_reduced(
        &mut self,
        value: Bound<'py, PyAny>,
        obj: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        if value.is_instance_of::<PyString>() {
            return self.save_global(obj, Some(value));
        }
        match value.cast_into::<PyTuple>() {
            Ok(value) => self.save_reduce(value, Some(obj)),
            Err(_) => Err(errors::pickling_error(
                self.py,
                "__reduce__ must return a string or tuple",
            )),
        }
    }

    /// Begins a reduce tuple.
    pub(crate) fn save_reduce(
        &mut self,
        value: Bound<'py, PyTuple>,
        obj: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let kind = self.check_reduce(&value, obj)?;
        if kind == Kind::NewObjEx && self.protocol < 4 {
            // No opcode: partial(cls.__new__, cls, *args, **kwargs)()
            let value = self.reduce_by_partial(&value)?;
            self.push_reduce(value, obj, Kind::Call);
        } else {
            self.push_reduce(value, obj, kind);
        }
        Ok(())
    }

    /// Begins the reduce tuple of a class: of up to six parts, on 3.7 too.
    pub(crate) fn save_declaration(&mut self, value: Bound<'py, PyTuple>, obj: &Bound<'py, PyAny>) {
        self.push_reduce(value, Some(obj), Kind::Call);
    }

    fn push_reduce(
        &mut self,
        value: Bound<'py, PyTuple>,
        obj: Option<&Bound<'py, PyAny>>,
        kind: Kind,
    ) {
        let obj = obj.cloned();
        self.tasks.push(Task::Reduce(ReduceTask {
            value,
            obj,
            stage: Stage::Func,
            kind,
            counted: std::mem::take(&mut self.counting),
        }));
    }

    /// Puts a task below those from `at` on: `value`, which makes `obj`, is done but for its state, which is on its way.
    pub(super) fn wait_for_state(
        &mut self,
        at: usize,
        value: Bound<'py, PyTuple>,
        obj: &Bound<'py, PyAny>,
    ) {
        let task = ReduceTask {
            value,
            obj: Some(obj.clone()),
            stage: Stage::Build,
            kind: Kind::NewObj,
            counted: false,
        };
        self.tasks.insert(at, Task::Reduce(task));
    }

    /// The checks of `_pickle.save_reduce`, in its order and with its texts.
    fn check_reduce(
        &self,
        value: &Bound<'py, PyTuple>,
        obj: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Kind> {
        let py = self.py;
        let bad = |text: String| Err(errors::pickling_error(py, &text));
        let type_name = |obj: &Bound<'py, PyAny>| obj.get_type().name().map(|n| n.to_string());
        let len = value.len();
        let most = self.known.reduce_len;
        if !(2..=most).contains(&len) {
            return bad(format!(
                "tuple returned by __reduce__ must contain 2 through {most} elements"
            ));
        }
        let func = value.get_item(0)?;
        if !func.is_callable() {
            return bad("first item of the tuple returned by __reduce__ must be callable".into());
        }
        let Ok(args) = value.get_item(1)?.cast_into::<PyTuple>() else {
            return bad("second item of the tuple returned by __reduce__ must be a tuple".into());
        };
        for (index, which) in [(3, "fourth"), (4, "fifth")] {
            let item = part(value, index)?;
            if let Some(item) = item.filter(|item| !item.is_instance_of::<PyIterator>()) {
                return bad(format!(
                    "{which} element of the tuple returned by __reduce__ must be an iterator, not {}",
                    type_name(&item)?
                ));
            }
        }
        if let Some(setter) = part(value, 5)?.filter(|setter| !setter.is_callable()) {
            return bad(format!(
                "sixth element of the tuple returned by __reduce__ must be a function, not {}",
                type_name(&setter)?
            ));
        }
        let kind = self.reduce_kind(&func)?;
        match kind {
            Kind::Call => {}
            Kind::NewObj => {
                let Ok(class) = args.get_item(0) else {
                    return bad("__newobj__ arglist is empty".into());
                };
                if !class.is_instance_of::<PyType>() {
                    return bad("args[0] from __newobj__ args is not a type".into());
                }
                if let Some(obj) = obj
                    && !obj.get_type().is(&class)
                    && !obj.getattr(intern!(py, "__class__"))?.is(&class)
                {
                    return bad("args[0] from __newobj__ args has the wrong class".into());
                }
            }
            Kind::NewObjEx => {
                if args.len() != 3 {
                    return bad(format!(
                        "length of the NEWOBJ_EX argument tuple must be exactly 3, not {}",
                        args.len()
                    ));
                }
                let (class, args, kwargs) =
                    (args.get_item(0)?, args.get_item(1)?, args.get_item(2)?);
                let (which, what, item) = if !class.is_instance_of::<PyType>() {
                    ("first", "a class", class)
                } else if !args.is_instance_of::<PyTuple>() {
                    ("second", "a tuple", args)
                } else if !kwargs.is_instance_of::<PyDict>() {
                    ("third", "a dict", kwargs)
                } else {
                    return Ok(kind);
                };
                return bad(format!(
                    "{which} item from NEWOBJ_EX argument tuple must be {what}, not {}",
                    type_name(&item)?
                ));
            }
        }
        Ok(kind)
    }

    /// By protocol 2 and later, functions of two names mean opcodes.
    fn reduce_kind(&self, func: &Bound<'py, PyAny>) -> PyResult<Kind> {
        let py = self.py;
        if self.protocol < 2 || func.is_instance_of::<PyType>() {
            return Ok(Kind::Call);
        }
        if func.is(&self.known.newobj) {
            return Ok(Kind::NewObj);
        }
        if let Some(name) = func.getattr_opt(intern!(py, "__name__"))?
            && name.is_instance_of::<PyString>()
        {
            if name.eq(intern!(py, "__newobj_ex__"))? {
                return Ok(Kind::NewObjEx);
            }
            if name.eq(intern!(py, "__newobj__"))? {
                return Ok(Kind::NewObj);
            }
        }
        Ok(Kind::Call)
    }

    fn reduce_by_partial(&self, value: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyTuple>> {
        let py = self.py;
        let parts = value.get_item(1)?.cast_into::<PyTuple>()?;
        let class = parts.get_item(0)?;
        let mut args = vec![class.getattr(intern!(py, "__new__"))?, class];
        args.extend(parts.get_item(1)?.cast::<PyTuple>()?.iter());
        let kwargs = parts.get_item(2)?.cast_into::<PyDict>()?;
        let partial = self
            .known
            .partial
            .bind(py)
            .call(PyTuple::new(py, args)?, Some(&kwargs))?;
        let mut reduced = vec![partial, PyTuple::empty(py).into_any()];
        reduced.extend(value.iter().skip(2));
        PyTuple::new(py, reduced)
    }

    #[expect(
        clippy::similar_names,
        reason = "the field's terms: stage of the work, state of the object"
    )]
    pub(super) fn step_reduce(&mut self, top: usize) -> PyResult<()> {
        let Task::Reduce(task) = &self.tasks[top] else {
            return Ok(());
        };
        let (value, kind, mut stage) = (task.value.clone(), task.kind, task.stage);
        loop {
            let next = match stage {
                Stage::Func => Stage::Args,
                Stage::Args if kind == Kind::NewObjEx => Stage::Kwargs,
                Stage::Args | Stage::Kwargs => Stage::Call,
                Stage::Call => Stage::ListItems,
                Stage::ListItems => Stage::DictItems,
                Stage::DictItems => Stage::State,
                Stage::State | Stage::Build => Stage::Build,
            };
            if let Task::Reduce(task) = &mut self.tasks[top] {
                task.stage = next;
            }
            match stage {
                Stage::Func => {
                    let func = match kind {
                        Kind::Call => value.get_item(0)?,
                        Kind::NewObj | Kind::NewObjEx => item_of(&value, 0)?,
                    };
                    self.save(&func)?;
                }
                Stage::Args => {
                    let args = match kind {
                        Kind::Call => value.get_item(1)?,
                        Kind::NewObjEx => item_of(&value, 1)?,
                        Kind::NewObj => {
                            let args = value.get_item(1)?.cast_into::<PyTuple>()?;
                            args.get_slice(1, args.len()).into_any()
                        }
                    };
                    self.save(&args)?;
                }
                Stage::Kwargs => self.save(&item_of(&value, 2)?)?,
                Stage::Call => {
                    self.out.op(match kind {
                        Kind::Call => op::REDUCE,
                        Kind::NewObj => op::NEWOBJ,
                        Kind::NewObjEx => op::NEWOBJ_EX,
                    });
                    if self.finish_construction(top)? {
                        self.finish_reduce(top);
                        return Ok(());
                    }
                    if value.len() == 2 {
                        self.finish_reduce(top);
                        return Ok(());
                    }
                }
                Stage::ListItems | Stage::DictItems => {
                    let pairs = stage == Stage::DictItems;
                    if let Some(items) = part(&value, if pairs { 4 } else { 3 })? {
                        self.push_items(items.cast_into()?, pairs);
                    }
                }
                Stage::State => {
                    let Some(state) = part(&value, 2)? else {
                        self.finish_reduce(top);
                        return Ok(());
                    };
                    match part(&value, 5)? {
                        None => self.save(&functions::portable_state(state)?)?,
                        Some(setter) => {
                            self.set_state(top, setter, state);
                            return Ok(());
                        }
                    }
                }
                Stage::Build => {
                    self.out.op(op::BUILD);
                    self.finish_reduce(top);
                    return Ok(());
                }
            }
            if self.tasks.len() > top + 1 {
                return Ok(());
            }
            stage = next;
        }
    }

    fn finish_reduce(&mut self, top: usize) {
        if let Some(Task::Reduce(task)) = self.tasks.get(top)
            && task.counted
        {
            self.new_depth -= 1;
        }
        self.tasks.truncate(top);
    }

    /// The object has been made: memoise it. True if saving its arguments saved it already.
    fn finish_construction(&mut self, top: usize) -> PyResult<bool> {
        let Task::Reduce(task) = &self.tasks[top] else {
            return Ok(false);
        };
        let Some(obj) = task.obj.clone() else {
            return Ok(false);
        };
        if let Some(index) = self.memoized(&obj) {
            // Recursive: drop what was made now and take what is there.
            self.out.op(op::POP);
            self.get(index)?;
            return Ok(true);
        }
        self.memoize(&obj)?;
        Ok(false)
    }

    /// `state_setter(obj, state)` in the place of BUILD. Its result is of no interest.
    fn set_state(&mut self, top: usize, setter: Bound<'py, PyAny>, state: Bound<'py, PyAny>) {
        let Some(Task::Reduce(task)) = self.tasks.drain(top..).next() else {
            return;
        };
        self.new_depth -= u32::from(task.counted);
        let mut program = vec![Task::Save(setter)];
        if let Some(obj) = task.obj {
            // As in CPython TUPLE2 takes the object and the state, in protocols 0 and 1 too.
            program.push(Task::Save(obj));
        }
        program.extend([
            Task::Save(state),
            Task::Op(Op::Tuple2),
            Task::Op(Op::Reduce),
            Task::Op(Op::Pop),
        ]);
        self.push_program(program);
    }
}

/// An optional part of a reduce value: None where it is missing or None.
fn part<'py>(value: &Bound<'py, PyTuple>, index: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
    if index >= value.len() {
        return Ok(None);
    }
    Ok(Some(value.get_item(index)?).filter(|item| !item.is_none()))
}

/// An item of the arguments.
fn item_of<'py>(value: &Bound<'py, PyTuple>, index: usize) -> PyResult<Bound<'py, PyAny>> {
    value.get_item(1)?.cast::<PyTuple>()?.get_item(index)
}
