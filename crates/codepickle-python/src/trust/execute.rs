//! Does what a graph says, step by step: the same graph that was looked at, and no stream.
use std::collections::HashMap;

use codepickle_stream::{Added, Allowed, Rules, Step, Survey, Value, View, op, steps};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PyIterator, PyList, PyModule, PySet, PyTuple, PyType};

use crate::trust::values::atom;

pub(crate) struct Executor<'e, 'py> {
    pub(crate) py: Python<'py>,
    pub(crate) survey: &'e Survey<'e, 'e>,
    pub(crate) rules: &'e Rules,
    pub(crate) allowed: &'e Allowed,
    pub(crate) buffers: Option<Bound<'py, PyIterator>>,
    pub(crate) made: HashMap<Value, Bound<'py, PyAny>>,
}

type Made<'py> = PyResult<Bound<'py, PyAny>>;

impl<'py> Executor<'_, 'py> {
    /// Carries all steps out; the object of the pickle.
    pub(crate) fn run(mut self) -> Made<'py> {
        let graph = self.survey.graph();
        for step in steps(graph) {
            match step {
                Step::Make(value) => {
                    let made = self.make(value)?;
                    self.made.insert(value, made);
                }
                Step::Give {
                    to,
                    what,
                    values,
                    opcode,
                    ..
                } => self.give(to, what, values, opcode)?,
            }
        }
        self.get(graph.root())
    }

    /// The object of a value. Strings and the like are made when they are first asked for, and stay the same object.
    fn get(&mut self, value: Value) -> Made<'py> {
        if let Some(made) = self.made.get(&value) {
            return Ok(made.clone());
        }
        let made = atom(self.py, self.survey.graph(), value)?;
        self.made.insert(value, made.clone());
        Ok(made)
    }

    fn all(&mut self, values: impl Iterator<Item = Value>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        values.map(|value| self.get(value)).collect()
    }

    fn make(&mut self, value: Value) -> Made<'py> {
        let (py, graph) = (self.py, self.survey.graph());
        Ok(match graph.view(value) {
            View::Tuple => PyTuple::new(py, self.all(graph.items(value))?)?.into_any(),
            View::FrozenSet => PyFrozenSet::new(py, &self.all(graph.items(value))?)?.into_any(),
            View::List => PyList::empty(py).into_any(),
            View::Dict => PyDict::new(py).into_any(),
            View::Set => PySet::empty(py)?.into_any(),
            View::Global => self.global(value)?,
            View::Call {
                function,
                arguments,
            } => {
                if self.allowed.heads.contains(&value) {
                    return Ok(py.None().into_bound(py));
                }
                let made = self
                    .get(function)?
                    .call1(self.get(arguments)?.cast::<PyTuple>()?)?;
                if let Some((module, name)) = self.survey.referred(value) {
                    self.check_origin(
                        &module,
                        name.as_deref(),
                        &made,
                        self.survey_approves(value),
                    )?;
                }
                made
            }
            View::New {
                class,
                arguments,
                keywords,
            } => {
                let class = self.get(class)?;
                let class = class
                    .cast::<PyType>()
                    .map_err(|_| PyTypeError::new_err("NEWOBJ class argument must be a type"))?;
                let mut all = vec![class.as_any().clone()];
                all.extend(self.get(arguments)?.cast::<PyTuple>()?.iter());
                let keywords = keywords.map(|keywords| self.get(keywords)).transpose()?;
                let keywords = keywords.as_ref().map(|keywords| keywords.cast::<PyDict>());
                let new = class.getattr(intern!(py, "__new__"))?;
                new.call(PyTuple::new(py, all)?, keywords.transpose()?)?
            }
            View::Instance { class } => {
                let class = self.get(class)?;
                let arguments = self.all(graph.inputs(value).skip(1))?;
                let bare = arguments.is_empty()
                    && class.is_instance_of::<PyType>()
                    && !class.hasattr(intern!(py, "__getinitargs__"))?;
                if bare {
                    class.call_method1(intern!(py, "__new__"), (&class,))?
                } else {
                    class.call1(PyTuple::new(py, arguments)?)?
                }
            }
            View::Buffer => match self.buffers.as_mut().and_then(Iterator::next) {
                Some(buffer) => buffer?,
                None => return Err(super::load::error(py, "not enough out-of-band buffers")),
            },
            View::ReadOnly { of } => {
                let view = py.import(intern!(py, "builtins"))?;
                let view = view.call_method1(intern!(py, "memoryview"), (self.get(of)?,))?;
                view.call_method0(intern!(py, "toreadonly"))?
            }
            // Refused before: persistent objects, extensions.
            _ => return Err(super::load::error(py, "what was refused cannot be made")),
        })
    }

    fn survey_approves(&self, value: Value) -> bool {
        self.allowed.covered.contains(&value)
    }

    fn global(&self, value: Value) -> Made<'py> {
        let py = self.py;
        let Some((module, name)) = self.survey.global(value) else {
            return Err(super::load::error(py, "a name that is computed"));
        };
        let holder = py.import(module)?.into_any();
        let trace = self.survey.trace;
        let found = if trace.protocol_at(trace.graph.offset(value)) >= 4 {
            let mut found = holder;
            for part in name.split('.') {
                found = found.getattr(part)?;
            }
            found
        } else {
            holder.getattr(name)?
        };
        self.check_origin(module, Some(name), &found, self.survey_approves(value))?;
        Ok(found)
    }

    /// What a module that is allowed as a whole has from somewhere else is not allowed with it: the modules that it
    /// imports itself, for instance.
    fn check_origin(
        &self,
        module: &str,
        name: Option<&str>,
        found: &Bound<'py, PyAny>,
        approved: bool,
    ) -> PyResult<()> {
        let Some(name) = name else { return Ok(()) };
        let listed = (module.to_owned(), name.to_owned());
        let runtime = module == "codepickle._runtime";
        if approved
            || runtime
            || self.rules.names.contains(&listed)
            || matches!(name, "exec" | "setattr")
        {
            return Ok(());
        }
        let py = self.py;
        let origin = if found.is_instance_of::<PyModule>() {
            found.getattr(intern!(py, "__name__"))?
        } else {
            match found.getattr(intern!(py, "__module__")) {
                Ok(origin) => origin,
                Err(_) => return Ok(()),
            }
        };
        let origin: String = match origin.extract() {
            Ok(origin) => origin,
            Err(_) => return Ok(()),
        };
        if origin == module || self.rules.allow(&origin, None) {
            return Ok(());
        }
        Err(super::load::refused(
            py,
            &[codepickle_stream::Refusal {
                code: "reference",
                offset: 0,
                message: format!(
                    "{module}.{name} is of {origin}: it is allowed only where it is listed by its name"
                ),
            }],
        ))
    }

    fn give(&mut self, to: Value, what: Added, values: &[Value], opcode: u8) -> PyResult<()> {
        let (py, graph) = (self.py, self.survey.graph());
        let target = self.get(to)?;
        match what {
            Added::Items => match graph.view(to) {
                View::Tuple | View::FrozenSet => {}
                View::List => {
                    let list = target.cast::<PyList>()?;
                    for value in values {
                        list.append(self.get(*value)?)?;
                    }
                }
                View::Set => {
                    let set = target.cast::<PySet>()?;
                    for value in values {
                        set.add(self.get(*value)?)?;
                    }
                }
                _ => {
                    let items = self.all(values.iter().copied())?;
                    if opcode == op::APPENDS && target.hasattr(intern!(py, "extend"))? {
                        target.call_method1(intern!(py, "extend"), (items,))?;
                    } else {
                        let how = if opcode == op::ADDITEMS {
                            "add"
                        } else {
                            "append"
                        };
                        for item in items {
                            target.call_method1(how, (item,))?;
                        }
                    }
                }
            },
            Added::Pairs => {
                for pair in values.chunks_exact(2) {
                    if let [key, value] = pair {
                        target.set_item(self.get(*key)?, self.get(*value)?)?;
                    }
                }
            }
            Added::State => {
                for state in values {
                    let state = self.get(*state)?;
                    self.build(&target, state)?;
                }
            }
        }
        Ok(())
    }

    /// `BUILD`.
    fn build(&self, target: &Bound<'py, PyAny>, state: Bound<'py, PyAny>) -> PyResult<()> {
        let py = self.py;
        if let Ok(set) = target.getattr(intern!(py, "__setstate__")) {
            return set.call1((state,)).map(drop);
        }
        let (mut state, mut slots) = (state, None);
        if let Ok(pair) = state.clone().cast::<PyTuple>()
            && pair.len() == 2
        {
            state = pair.get_item(0)?;
            slots = Some(pair.get_item(1)?);
        }
        if !state.is_none() {
            let state = state
                .cast::<PyDict>()
                .map_err(|_| super::load::error(py, "state is not a dictionary"))?;
            let dict = target.getattr(intern!(py, "__dict__"))?;
            for (key, value) in state {
                dict.set_item(key, value)?;
            }
        }
        if let Some(slots) = slots.filter(|slots| !slots.is_none()) {
            let slots = slots
                .cast::<PyDict>()
                .map_err(|_| super::load::error(py, "slot state is not a dictionary"))?;
            for (key, value) in slots {
                let name: String = key.extract()?;
                if name.starts_with("__") && name.ends_with("__") {
                    return Err(super::load::error(
                        py,
                        "a state that sets special attributes",
                    ));
                }
                target.setattr(name.as_str(), value)?;
            }
        }
        Ok(())
    }
}
