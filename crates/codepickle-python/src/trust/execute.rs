//! Does what a graph says, step by step: the same graph that was looked at, and no stream.
use std::collections::{HashMap, HashSet};

use crate::names::intern;
use codepickle_stream::{
    Added, Allowed, Group, Maker, Refusal, Rules, Step, Survey, Value, View, op, steps,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PyIterator, PyList, PyModule, PySet, PyTuple, PyType};

use crate::trust::load::Level;
use crate::trust::values::atom;

const RUNTIME: &str = "codepickle._runtime";
const PORTABLE: &str = "codepickle._portable";

pub(crate) struct Executor<'e, 'py> {
    pub(crate) py: Python<'py>,
    pub(crate) survey: &'e Survey<'e, 'e>,
    pub(crate) rules: &'e Rules,
    pub(crate) allowed: &'e Allowed,
    /// Where the pickle begins in the data that were given.
    pub(crate) start: usize,
    /// All pickles, from the one that is loaded to the payloads of portable functions inside.
    pub(crate) levels: &'e [&'e Level<'e>],
    /// The level of this one, and which of it.
    pub(crate) place: (usize, usize),
    pub(crate) buffers: Option<Bound<'py, PyIterator>>,
    pub(crate) made: HashMap<Value, Bound<'py, PyAny>>,
}

type Made<'py> = PyResult<Bound<'py, PyAny>>;

impl<'py> Executor<'_, 'py> {
    /// What no approval covers and is looked up by name: the value, its module and its name.
    fn looked_up(&self) -> Vec<(Value, String, Option<String>)> {
        let survey = self.survey;
        let values = survey.graph().values();
        let values = values.filter(|value| !self.allowed.covered.contains(value));
        let named = values.filter_map(|value| {
            let (module, name) = match survey.global(value) {
                Some((module, name)) => (module.to_owned(), Some(name.to_owned())),
                None => survey.referred(value)?,
            };
            let own =
                module == RUNTIME || module == PORTABLE || self.is_own(&module, name.as_deref());
            (!own).then_some((value, module, name))
        });
        named.collect()
    }

    /// Whether only calls of the format use the name: the rules looked at these.
    fn is_own(&self, module: &str, name: Option<&str>) -> bool {
        let special = module == "builtins" && matches!(name, Some("exec" | "eval" | "setattr"));
        special && !self.rules.allow(module, name)
    }

    fn is_listed(&self, module: &str, name: &str) -> bool {
        let listed = (module.to_owned(), name.to_owned());
        self.rules.names.contains(&listed)
    }

    /// Refuses what is allowed with a module or a package and known to run code or the like: it is allowed only by its name.
    pub(crate) fn refuse_dangerous(&mut self) -> PyResult<()> {
        let py = self.py;
        let mut known = HashSet::new();
        for (value, module, name) in self.looked_up() {
            if name
                .as_ref()
                .is_some_and(|name| self.is_listed(&module, name))
                || !known.insert((module.clone(), name.clone()))
            {
                continue;
            }
            let why = py
                .import(intern!(py, "codepickle._dangerous"))?
                .call_method1(intern!(py, "why_dangerous"), (&module, &name))?;
            if let Some(why) = why.extract::<Option<String>>()? {
                let name = name.map_or(String::new(), |name| format!(".{name}"));
                let message = format!(
                    "{module}{name} {why}: it is allowed only where it is listed by its name"
                );
                return Err(self.refusal("reference", value, message));
            }
        }
        Ok(())
    }

    /// Imports what is allowed, and refuses what modules have from elsewhere, before anything is called.
    pub(crate) fn resolve(&mut self) -> PyResult<()> {
        for (value, module, name) in self.looked_up() {
            if self.survey.global(value).is_some() {
                self.global(value)?;
            } else if self.survey.maker(value) == Some(Maker::Name)
                && let Some(name) = name
            {
                let py = self.py;
                let runtime = py.import(intern!(py, "codepickle._runtime"))?;
                let found = runtime.call_method1(intern!(py, "g"), (&module, &name))?;
                self.check_origin(&module, Some(&name), &found, value)?;
            }
        }
        Ok(())
    }

    fn refusal(&self, code: &'static str, value: Value, message: String) -> PyErr {
        let offset = self.start + self.survey.graph().offset(value);
        let refusal = Refusal {
            code,
            offset,
            message,
        };
        super::load::refused(self.py, &[refusal])
    }

    /// The portable functions of a group: this installation's, with what their payload makes, which was checked as well.
    fn group(&mut self, group: &Group) -> Made<'py> {
        let py = self.py;
        let parts = self.get(group.parts)?;
        let policy = py.import(intern!(py, "codepickle._policy"))?;
        let begun = policy.call_method1(intern!(py, "_begin_group"), (parts,))?;
        let loaded = self.nested(group);
        let good = loaded.is_ok();
        let ended = policy.call_method1(intern!(py, "_end_group"), (&begun, good));
        loaded?;
        ended
    }

    /// Carries out the payload of a group.
    fn nested(&mut self, group: &Group) -> Made<'py> {
        let missing = || super::load::error(self.py, "a payload that was not checked");
        let (depth, index) = self.place;
        let level = self.levels.get(depth).ok_or_else(missing)?;
        let before = level.alloweds.iter().take(index);
        let mut nth: usize = before.map(|allowed| allowed.groups.len()).sum();
        let mut groups = self.allowed.groups.iter();
        nth += groups.position(|each| each.call == group.call).unwrap_or(0);
        let below = self.levels.get(depth + 1).ok_or_else(missing)?;
        let nested = Executor {
            py: self.py,
            survey: below.surveys.get(nth).ok_or_else(missing)?,
            rules: self.rules,
            allowed: below.alloweds.get(nth).ok_or_else(missing)?,
            start: below.starts.get(nth).copied().ok_or_else(missing)?,
            levels: self.levels,
            place: (depth + 1, nth),
            buffers: None,
            made: HashMap::new(),
        };
        nested.run()
    }

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
                let mut groups = self.allowed.groups.iter();
                if let Some(group) = groups.find(|group| group.call == value) {
                    return self.group(group);
                }
                if let Some(group) = self.allowed.members.get(&value) {
                    let space = self.survey.arguments(value, 2);
                    let space = space.get(1).copied().unwrap_or(value);
                    let index = self.get(space)?.get_item(intern!(py, "index"))?;
                    return self.get(*group)?.get_item(index);
                }
                let made = self
                    .get(function)?
                    .call1(self.get(arguments)?.cast::<PyTuple>()?)?;
                if let Some((module, name)) = self.survey.referred(value) {
                    self.check_origin(&module, name.as_deref(), &made, value)?;
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
        self.check_origin(module, Some(name), &found, value)?;
        Ok(found)
    }

    /// What a module that is allowed as a whole has from somewhere else is not allowed with it: the modules that it
    /// imports itself, for instance. Of what does not say where it is from, nothing that can be called is.
    fn check_origin(
        &self,
        module: &str,
        name: Option<&str>,
        found: &Bound<'py, PyAny>,
        value: Value,
    ) -> PyResult<()> {
        let Some(name) = name else { return Ok(()) };
        if self.allowed.covered.contains(&value)
            || module == RUNTIME
            || module == PORTABLE
            || self.is_own(module, Some(name))
            || self.is_listed(module, name)
        {
            return Ok(());
        }
        let py = self.py;
        let origin = if found.is_instance_of::<PyModule>() {
            found.getattr(intern!(py, "__name__"))
        } else {
            found.getattr(intern!(py, "__module__"))
        };
        let origin: Option<String> = origin.ok().and_then(|origin| origin.extract().ok());
        let good = match &origin {
            Some(origin) => origin == module || self.rules.allow(origin, None),
            None => !found.is_callable(),
        };
        if good {
            return Ok(());
        }
        let origin = origin.as_deref().unwrap_or("a place that it does not tell");
        let message = format!(
            "{module}.{name} is of {origin}: it is allowed only where it is listed by its name"
        );
        Err(self.refusal("reference", value, message))
    }

    /// Refuses to fill what a call returned but is not of this pickle: a class, a function, a module, a member of an enum.
    fn check_change(&self, to: Value, target: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = self.py;
        if self.allowed.covered.contains(&to) || self.survey.maker(to).is_some() {
            return Ok(());
        }
        let policy = py.import(intern!(py, "codepickle._policy"))?;
        let shared = policy.call_method1(intern!(py, "_is_shared"), (target,))?;
        if shared.is_truthy()? {
            let message = "a call returns what is not of this payload, and the payload changes it";
            return Err(self.refusal("change", to, message.to_owned()));
        }
        Ok(())
    }

    fn give(&mut self, to: Value, what: Added, values: &[Value], opcode: u8) -> PyResult<()> {
        let (py, graph) = (self.py, self.survey.graph());
        let target = self.get(to)?;
        let plain = matches!(
            graph.view(to),
            View::Tuple | View::FrozenSet | View::List | View::Set | View::Dict
        );
        if !plain {
            self.check_change(to, &target)?;
        }
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
