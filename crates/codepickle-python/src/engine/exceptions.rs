//! What hangs on an exception and is no part of its reduce value: its cause, its context.

use crate::names::intern;
use pyo3::exceptions::{PyBaseException, PyException};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use super::{Engine, GlobalName, LabelKind, Op};
use crate::program::Program;

/// `setattr`: every Python has it, PyPy too, where an exception's `__setstate__` sets no slots.
static SETATTR: GlobalName = GlobalName::new("builtins", "setattr");

impl<'py> Engine<'py> {
    /// Pushes what sets the cause and the context of `obj` once it is memoised, if it is an exception that has them. What a
    /// traceback would show travels: the cause, or else the context unless it is suppressed.
    ///
    /// `value` is its reduce value. What it makes must be an exception: a factory of the user's may give anything.
    pub(super) fn push_links(
        &mut self,
        obj: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        if self.fast || self.tried.is_none() || !obj.is_instance_of::<PyBaseException>() {
            return Ok(());
        }
        let py = self.py;
        let Ok(function) = value.get_item(0) else {
            return Ok(());
        };
        let is_class = function.cast::<PyType>().is_ok_and(|class| {
            class
                .is_subclass_of::<PyBaseException>()
                .unwrap_or_default()
        });
        if !is_class && !function.is(&self.known.newobj) {
            return Ok(());
        }
        let mut links: Vec<(&'static str, Bound<'py, PyAny>)> = Vec::new();
        let cause = obj.getattr(intern!(py, "__cause__"))?;
        let suppressed = obj
            .getattr(intern!(py, "__suppress_context__"))?
            .is_truthy()?;
        if !cause.is_none() && self.travels(&cause)? {
            links.push(("__cause__", cause.clone()));
        }
        if cause.is_none() && !suppressed {
            let context = obj.getattr(intern!(py, "__context__"))?;
            if !context.is_none() && self.travels(&context)? {
                links.push(("__context__", context));
            }
        }
        // To set a cause is to suppress the context.
        if suppressed == links.iter().all(|link| link.0 != "__cause__") {
            let flag = suppressed.into_pyobject(py)?.to_owned().into_any();
            links.push(("__suppress_context__", flag));
        }
        if links.is_empty() {
            return Ok(());
        }
        let mut program = Program::new(self);
        for (name, value) in links {
            program.global(&SETATTR);
            program.tuple(3, |program| {
                program.get(obj);
                program.str(name);
                program.save_as(value, LabelKind::Attribute, PyString::intern(py, name));
            });
            program.op(Op::Reduce);
            program.op(Op::Pop);
        }
        program.run(self);
        Ok(())
    }

    /// Whether an exception can be pickled, its own cause and context aside: an error must not be lost because of what it
    /// came from. Each is tried once.
    fn travels(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<bool> {
        let key = obj.as_ptr() as usize;
        let tried = self.tried.as_ref().and_then(|tried| tried.get(&key));
        if let Some((_, travels)) = tried {
            return Ok(*travels);
        }
        if self.memoized(obj).is_some() {
            return Ok(true);
        }
        let travels = match self.try_alone(obj) {
            Ok(()) => true,
            Err(error) if error.is_instance_of::<PyException>(self.py) => false,
            Err(error) => return Err(error),
        };
        if let Some(tried) = &mut self.tried {
            tried.insert(key, (obj.clone().unbind(), travels));
        }
        Ok(travels)
    }
}
