//! `inspect_payload`: what a pickle would do, as plain data for `codepickle._inspect`.
use std::collections::HashSet;

use codepickle_stream::{
    Added, Maker, Payload, Referred, Step, Survey, Unit, Value, View, groups, heads, op, steps,
    trace, twins,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use crate::trust::load::inside;
use crate::trust::values::{atom, shown};
use crate::trust::{memory, renamed, sha256};

/// More than anybody reads; how many there are is told.
const MOST: usize = 10_000;

/// How much all texts and approvals of a report may take, for each byte of the pickle.
const PER_BYTE: usize = 64;
const BASE: usize = 1 << 24;

/// How many values the arguments of a call may have, tuples in tuples counted.
const MOST_ARGUMENTS: usize = 20_000;

/// What a pickle would do if it were loaded. Nothing is imported, compiled or called.
///
/// # Errors
/// Of Python's memory alone.
#[pyfunction]
pub(crate) fn inspect_payload<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let read = py.detach(|| trace(data, memory(data)));
    let names = |module: &str, name: &str| {
        renamed(py, module, name).unwrap_or_else(|_| (module.to_owned(), name.to_owned()))
    };
    let survey = Survey::of(&read, &names);
    let mut budget = data.len().saturating_mul(PER_BYTE).saturating_add(BASE);
    let mut told = Told {
        py,
        survey: &survey,
        budget: &mut budget,
        calls: Vec::new(),
        codes: PyList::empty(py),
        units: PyList::empty(py),
        globals: Vec::new(),
        tuples: HashSet::new(),
        members: Vec::new(),
        omitted: 0,
    };
    told.all()?;
    let (calls, codes, units) = (told.calls, told.codes, told.units);
    let (globals, omitted) = (told.globals, told.omitted);
    let members = told.members;

    let report = PyDict::new(py);
    report.set_item("protocol", read.graph.protocol())?;
    report.set_item("end", read.graph.end())?;
    report.set_item("root", read.graph.offset(read.graph.root()))?;
    let mut programs = Vec::new();
    for (value, whole) in heads(&survey) {
        let digest = sha256(py, &whole)?;
        programs.push((read.graph.offset(value), PyBytes::new(py, &digest)));
    }
    report.set_item("programs", programs)?;
    report.set_item("groups", portable(py, &survey)?)?;
    report.set_item("twins", {
        let twins = twins(&survey).into_iter();
        twins
            .map(|(_, twin)| read.graph.offset(twin))
            .collect::<Vec<_>>()
    })?;
    report.set_item("opcodes", read.opcodes)?;
    report.set_item("memo", read.memo)?;
    report.set_item("objects", read.graph.values().count())?;
    let error = read.error.as_ref();
    let error = error.map(|error| (error.to_string(), error.offset(), error.is_limit()));
    report.set_item("error", error)?;
    let oddities: Vec<_> = read
        .oddities
        .iter()
        .map(|(oddity, offset)| (oddity.code(), *offset))
        .collect();
    report.set_item("oddities", oddities)?;
    report.set_item("calls", calls)?;
    report.set_item("codes", codes)?;
    report.set_item("units", units)?;
    report.set_item("globals", globals)?;
    report.set_item("members", members)?;
    report.set_item("omitted", omitted + read.omitted)?;
    let payload = Payload::of(&read.graph);
    report.set_item("excessive", payload.excessive)?;
    let references: Vec<_> = payload
        .references
        .iter()
        .map(|reference| {
            let name = match &reference.what {
                Referred::Module => None,
                Referred::Name(name) | Referred::Attribute(name) => Some(name.as_str()),
            };
            (
                reference.module.as_str(),
                name,
                reference.needed,
                reference.offset,
            )
        })
        .collect();
    report.set_item("references", references)?;
    Ok(report)
}

/// Where a group of portable functions is made, where its functions are taken out of it, the digest of its programs, its payload and
/// where that begins.
type Portable<'py> = (
    usize,
    Vec<usize>,
    Bound<'py, PyBytes>,
    Bound<'py, PyBytes>,
    usize,
);

fn portable<'py>(py: Python<'py>, survey: &Survey<'_, '_>) -> PyResult<Vec<Portable<'py>>> {
    let graph = survey.graph();
    let (found, members) = groups(survey);
    let mut told = Vec::new();
    let mut left = inside(graph.end());
    for group in found {
        let View::Bytes(payload) = graph.view(group.payload) else {
            continue;
        };
        let end = graph.maker(group.payload).map_or(0, |at| at.end);
        // What is left out is `eval` without an excuse.
        let Some(rest) = left.checked_sub(payload.len()) else {
            continue;
        };
        left = rest;
        let taken = members.iter().filter(|(_, of)| **of == group.call);
        let mut taken: Vec<usize> = taken.map(|(call, _)| graph.offset(*call)).collect();
        taken.sort_unstable();
        told.push((
            graph.offset(group.call),
            taken,
            PyBytes::new(py, &sha256(py, &group.programs)?),
            PyBytes::new(py, payload),
            end.saturating_sub(payload.len()),
        ));
    }
    Ok(told)
}

/// Where, the opcode, what is called, in words, of the wire format or not.
type Call = (usize, &'static str, String, String, bool);

struct Told<'t, 'py> {
    py: Python<'py>,
    survey: &'t Survey<'t, 't>,
    budget: &'t mut usize,
    calls: Vec<Call>,
    /// (number, where, kind, arguments)
    codes: Bound<'py, PyList>,
    /// (number, where, kind, arguments, digest or None)
    units: Bound<'py, PyList>,
    /// (where, module, name), each place of a global.
    globals: Vec<(usize, Option<(String, String)>)>,
    /// Tuples that code is made of.
    tuples: HashSet<Value>,
    /// The functions of a group, in its payload.
    members: Vec<usize>,
    omitted: usize,
}

impl<'py> Told<'_, 'py> {
    fn all(&mut self) -> PyResult<()> {
        let graph = self.survey.graph();
        for step in steps(graph) {
            match step {
                Step::Make(value) => self.made(value)?,
                Step::Give {
                    to, what, offset, ..
                } => self.given(to, what, offset),
            }
        }
        Ok(())
    }

    fn call(
        &mut self,
        offset: usize,
        opcode: &'static str,
        callee: Value,
        whole: String,
        own: bool,
    ) {
        if self.calls.len() < MOST {
            let callee = shown(self.survey, callee);
            self.calls.push((offset, opcode, callee, whole, own));
        } else {
            self.omitted += 1;
        }
    }

    fn made(&mut self, value: Value) -> PyResult<()> {
        let (survey, graph) = (self.survey, self.survey.graph());
        let offset = graph.offset(value);
        match graph.view(value) {
            View::Global => {
                if self.globals.len() < MOST {
                    let name = survey.global(value);
                    let name = name.map(|(module, name)| (module.to_owned(), name.to_owned()));
                    self.globals.push((offset, name));
                } else {
                    self.omitted += 1;
                }
            }
            View::Call { function, .. } => {
                let maker = survey.maker(value);
                let own = maker.is_some() && self.is_sound(value);
                self.call(offset, "REDUCE", function, shown(survey, value), own);
                match maker {
                    Some(Maker::Source | Maker::Method | Maker::Bytecode) => self.code(value)?,
                    Some(Maker::Function | Maker::Class | Maker::Wrapper) => self.unit(value)?,
                    _ => {}
                }
            }
            View::New {
                class, keywords, ..
            } => {
                let opcode = if keywords.is_some() {
                    "NEWOBJ_EX"
                } else {
                    "NEWOBJ"
                };
                self.call(offset, opcode, class, shown(survey, value), false);
            }
            View::Instance { class } => {
                let obj = graph.maker(value).is_some_and(|at| at.opcode == op::OBJ);
                let opcode = if obj { "OBJ" } else { "INST" };
                self.call(offset, opcode, class, shown(survey, value), false);
            }
            View::Persistent { .. } => {
                self.call(offset, "PERSID", value, shown(survey, value), false);
            }
            View::Extension(_) => self.call(offset, "EXT", value, shown(survey, value), false),
            _ => {}
        }
        Ok(())
    }

    /// Whether a call of the wire format has arguments that Codepickle writes: what is changed is of the payload, the fields
    /// of a dataclass have names, and a hint is one of `typing`.
    fn is_sound(&self, call: Value) -> bool {
        let (survey, graph) = (self.survey, self.survey.graph());
        let arguments = survey.arguments(call, 4);
        let Some(first) = arguments.first().copied() else {
            return true;
        };
        if survey.maker(call) == Some(Maker::Change) {
            let of_others = matches!(
                survey.maker(first),
                Some(Maker::Module | Maker::Name | Maker::Lazy)
            );
            if of_others || graph.view(first) == View::Global {
                return false;
            }
        }
        let Some(second) = arguments.get(1).copied() else {
            return true;
        };
        match self.kind(call).as_str() {
            "d1" => graph.items(second).all(|field| {
                let field = match graph.view(field) {
                    View::Tuple => graph.items(field).next().unwrap_or(field),
                    _ => field,
                };
                graph.text(field).is_some_and(|name| {
                    name.chars()
                        .all(|character| character.is_alphanumeric() || character == '_')
                })
            }),
            "h" if graph.text(first).as_deref() == Some("n") => {
                graph.text(second).is_some_and(|name| !name.contains('.'))
            }
            _ => true,
        }
    }

    /// What is given to other than lists, dicts and sets is given by calls of methods.
    fn given(&mut self, to: Value, what: Added, offset: usize) {
        let survey = self.survey;
        let view = survey.graph().view(to);
        let opcode = match (what, view) {
            (Added::State, _) => "BUILD",
            (Added::Items, View::List | View::Set | View::Tuple | View::FrozenSet)
            | (Added::Pairs, View::Dict) => return,
            (Added::Items, _) => "APPENDS",
            (Added::Pairs, _) => "SETITEMS",
        };
        // The namespaces of modules that travel, and portable functions.
        let member = survey.maker(to) == Some(Maker::Member);
        if member && what == Added::State {
            let graph = survey.graph();
            let functions = graph.states(to).map(|state| graph.offset(state));
            self.members.extend(functions);
        }
        let own = member || (survey.maker(to).is_some() && what != Added::State);
        self.call(offset, opcode, to, shown(survey, to), own);
    }

    fn number(&self, value: Value) -> usize {
        self.survey.graph().offset(value)
    }

    /// Arguments as Python objects: tuples, strings, numbers; other objects as the number of what they are made by.
    fn literal(
        &mut self,
        value: Value,
        depth: usize,
        count: &mut usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, graph) = (self.py, self.survey.graph());
        *count += 1;
        if *count > MOST_ARGUMENTS || *self.budget == 0 {
            return Ok(py.None().into_bound(py));
        }
        if graph.view(value) == View::Tuple && depth > 0 {
            let items: Vec<Value> = graph.items(value).take(MOST_ARGUMENTS).collect();
            let items: PyResult<Vec<_>> = items
                .into_iter()
                .map(|item| self.literal(item, depth - 1, count))
                .collect();
            return Ok(PyTuple::new(py, items?)?.into_any());
        }
        if let View::Call { .. } | View::Global = graph.view(value) {
            let reference = ("#", self.number(value), shown(self.survey, value));
            return Ok(reference.into_pyobject(py)?.into_any());
        }
        if matches!(
            graph.view(value),
            View::Dict | View::List | View::New { .. } | View::Tuple
        ) {
            return Ok(shown(self.survey, value).into_pyobject(py)?.into_any());
        }
        if let View::Str(text) = graph.view(value) {
            *self.budget = self.budget.saturating_sub(text.len());
        }
        // What is no text is shown as nothing: the report says that the code is unreadable.
        Ok(atom(py, graph, value).unwrap_or_else(|_| py.None().into_bound(py)))
    }

    fn arguments(&mut self, value: Value) -> PyResult<Bound<'py, PyTuple>> {
        let mut count = 0;
        let arguments = self.survey.arguments(value, 16);
        let arguments: PyResult<Vec<_>> = arguments
            .into_iter()
            .map(|argument| self.literal(argument, 4, &mut count))
            .collect();
        PyTuple::new(self.py, arguments?)
    }

    fn kind(&self, value: Value) -> String {
        match self.survey.graph().view(value) {
            _ if self.survey.maker(value) == Some(Maker::Source) => "c".to_owned(),
            _ if self.survey.maker(value) == Some(Maker::Method) => "d".to_owned(),
            View::Call { function, .. } => {
                let name = self.survey.global(function);
                name.map(|(_, name)| name.to_owned()).unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    fn code(&mut self, value: Value) -> PyResult<()> {
        if self.codes.len() >= MOST {
            self.omitted += 1;
            return Ok(());
        }
        let arguments = self.arguments(value)?;
        let entry = (self.number(value), self.kind(value), arguments);
        self.codes.append(entry)
    }

    /// The code that a function has as a tuple: told of as if it were a call of its own, whose number this is.
    fn code_of(
        &mut self,
        code: Value,
        maker: Maker,
        arguments: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let number = self.number(code);
        let kind = if maker == Maker::Source { "c" } else { "d" };
        if self.tuples.insert(code) {
            if self.codes.len() < MOST {
                self.codes.append((number, kind, arguments.get_item(0)?))?;
            } else {
                self.omitted += 1;
            }
        }
        Ok(("#", number, kind).into_pyobject(self.py)?.into_any())
    }

    fn unit(&mut self, value: Value) -> PyResult<()> {
        if self.units.len() >= MOST {
            self.omitted += 1;
            return Ok(());
        }
        let unit = Unit::of(self.survey, value, self.budget);
        let digest = unit.map(|unit| sha256(self.py, &unit.bytes)).transpose()?;
        let mut arguments = self.arguments(value)?;
        if let Some((code, maker)) = self.survey.code_of(value) {
            let reference = self.code_of(code, maker, &arguments)?;
            let others = arguments.iter().skip(1);
            arguments = PyTuple::new(
                self.py,
                std::iter::once(reference).chain(others).collect::<Vec<_>>(),
            )?;
        }
        let entry = (
            self.number(value),
            self.kind(value),
            arguments,
            digest.map(|digest| PyBytes::new(self.py, &digest)),
            self.bound(value),
        );
        self.units.append(entry)
    }

    /// The names in the namespace of a function, and in its closure if that is a dict.
    fn bound(&self, value: Value) -> Vec<(String, String)> {
        let (survey, graph) = (self.survey, self.survey.graph());
        if survey.maker(value) != Some(Maker::Function) {
            return Vec::new();
        }
        let arguments = survey.arguments(value, 3);
        let Some(namespace) = arguments.get(1) else {
            return Vec::new();
        };
        let names = graph
            .pairs(*namespace)
            .take(1000)
            .filter_map(|(key, value)| Some((graph.text(key)?.into_owned(), shown(survey, value))));
        names.collect()
    }
}
