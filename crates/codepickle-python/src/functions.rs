//! Functions: a code object, which travels as a snippet, and live state, which travels as it is.
//!
//! The state follows after the function was memoised, so that every cycle through it closes.

use std::collections::{HashMap, HashSet};

use crate::names::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyModule, PyString, PyTuple, PyType};

use crate::engine::known::Known;
use crate::engine::{Engine, GlobalName, LabelKind, Op};
use crate::plans::{Plan, Use};
use crate::program::{Program, Runtime};
use crate::reference::by_reference;
use crate::{annotations, cells, classes, codes, modules, self_contained};

/// What one payload holds of functions so far; lives as long as the memo.
#[derive(Default)]
pub(crate) struct State {
    /// Live `__globals__` by address, and the namespace that stands for them in the payload.
    pub(crate) namespaces: HashMap<usize, Namespace>,
    /// Cells whose contents were written, or are being written.
    pub(crate) filled: HashSet<usize>,
    /// The arguments of snippets, the first of all that are equal.
    snippets: Option<Py<PyDict>>,
    /// The arguments of code objects that stand by themselves, by address, and these code objects.
    made: HashMap<usize, (Py<PyTuple>, Py<PyAny>)>,
    /// Annotations of functions.
    pub(crate) annotations: annotations::State,
    /// Class texts of this payload, by the address of their code object.
    pub(crate) units: HashSet<usize>,
    /// Distinct live classes with one token, numbered.
    pub(crate) numbers: Option<Py<PyDict>>,
    /// Modules by value, by the address of their `__dict__`.
    pub(crate) modules: HashMap<usize, Py<PyAny>>,
    /// Whether the runtime was put at the head.
    pub(crate) headed: bool,
    /// Whether what lowered text calls was put before it.
    pub(crate) lowered: bool,
}

impl State {
    /// The first arguments of a snippet in this payload that equal these: they are written once.
    ///
    /// Equal lambdas of one line are one code object up to 3.10; the receiver makes one of equal arguments anyway.
    pub(crate) fn first_equal<'py>(
        &mut self,
        arguments: Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let py = arguments.py();
        let snippets = self
            .snippets
            .get_or_insert_with(|| PyDict::new(py).unbind())
            .bind(py);
        if let Some(equal) = snippets.get_item(&arguments)? {
            return Ok(equal.cast_into()?);
        }
        snippets.set_item(&arguments, &arguments)?;
        Ok(arguments)
    }

    /// The code object by itself that was written with these arguments.
    pub(crate) fn made<'py>(&self, arguments: &Bound<'py, PyTuple>) -> Option<Bound<'py, PyAny>> {
        let (_, code) = self.made.get(&(arguments.as_ptr() as usize))?;
        Some(code.bind(arguments.py()).clone())
    }

    /// Notes that a code object by itself is written with these arguments.
    pub(crate) fn note_made(&mut self, arguments: &Bound<'_, PyTuple>, code: &Bound<'_, PyAny>) {
        self.made.insert(
            arguments.as_ptr() as usize,
            (arguments.clone().unbind(), code.clone().unbind()),
        );
    }
}

pub(crate) struct Namespace {
    /// Keeps the address of the live globals from being given to another dict.
    _live: Py<PyAny>,
    /// An empty dict whose address is the namespace's key in the memo: the live dict may travel too, as itself.
    pub(crate) proxy: Py<PyDict>,
    /// Names that were written, or are being written.
    pub(crate) written: HashSet<String>,
    /// Names that were written for the text of annotations, if the receiver has them.
    pub(crate) hinted: HashSet<String>,
}

/// What comes before the object itself.
pub(crate) fn begin<'py>(engine: &mut Engine<'py>, _obj: &Bound<'py, PyAny>) -> PyResult<()> {
    if engine.config.self_contained && !engine.ext.headed {
        engine.ext.headed = true;
        self_contained::head(engine)?;
    }
    Ok(())
}

/// Saves functions, code objects, cells, modules and by-value classes; false for what goes another way.
pub(crate) fn try_save<'py>(engine: &mut Engine<'py>, obj: &Bound<'py, PyAny>) -> PyResult<bool> {
    if obj.get_type().is(&engine.known.function) {
        if by_reference(engine, obj)? {
            return Ok(false);
        }
        save(engine, obj)?;
    } else if let Ok(class) = obj.cast::<PyType>() {
        if classes::is_nameless_builtin(engine, class) || by_reference(engine, obj)? {
            return Ok(false);
        }
        return classes::save(engine, class);
    } else if obj.is_instance_of::<PyModule>() {
        modules::save(engine, obj)?;
    } else {
        let kind = obj.get_type();
        if kind.is(&engine.known.code) {
            codes::save(engine, obj)?;
        } else if kind.is(&engine.known.cell) {
            cells::save(engine, obj);
        } else {
            return Ok(false);
        }
    }
    Ok(true)
}

fn save<'py>(engine: &mut Engine<'py>, function: &Bound<'py, PyAny>) -> PyResult<()> {
    let py = function.py();
    let code = function.getattr(intern!(py, "__code__"))?;
    if let Some(reducer) = special_reducer(&code)? {
        let reduced = reducer.call1((function,))?;
        if !reduced.is(py.NotImplemented()) {
            engine.save_declaration(reduced.cast_into::<PyTuple>()?, function);
            return Ok(());
        }
    }
    let plan = codes::plan_of(engine, &code, Some(function))?;
    let globals = function
        .getattr(intern!(py, "__globals__"))?
        .cast_into::<PyDict>()?;
    let closure = closure(&code, function, &plan.unread)?;

    let mut program = Program::new(engine);
    program.runtime(Runtime::Function);
    let defaults = Defaults::of(engine, function)?;
    let count = match (&defaults.named, &defaults.positional) {
        (Some(_), _) => 5,
        (None, Some(_)) => 4,
        (None, None) if closure.is_empty() => 2,
        (None, None) => 3,
    };
    let mut result = Ok(());
    program.tuple(count, |program| {
        result = codes::push(engine, program, &code, &plan, function)
            .and_then(|()| namespace(engine, program, &globals));
        if closure.is_empty() && count > 3 {
            program.op(Op::None);
        } else if plan.named_cells && !closure.is_empty() {
            program.op(Op::EmptyDict);
            program.set_items(&closure, |program, (name, cell)| {
                program.save(name.clone().into_any());
                cells::push(engine, program, cell);
            });
        } else if !closure.is_empty() {
            program.tuple(closure.len(), |program| {
                for (_, cell) in &closure {
                    cells::push(engine, program, cell);
                }
            });
        }
        match &defaults.positional {
            Some(values) => program.save(values.clone()),
            None if count > 4 => program.op(Op::None),
            None => {}
        }
        if let Some(values) = &defaults.named {
            program.save(values.clone());
        }
    });
    result?;
    program.op(Op::Reduce);
    program.memoize(function);
    let function = function.clone();
    let written = [defaults.positional.is_some(), defaults.named.is_some()];
    program.then(move |engine| {
        save_live_state(engine, &function, &code, &plan, &globals, &closure, written)
    });
    program.run(engine);
    Ok(())
}

/// The default values of a function that nothing leads back from: they go with the call that makes it.
struct Defaults<'py> {
    positional: Option<Bound<'py, PyAny>>,
    named: Option<Bound<'py, PyAny>>,
}

impl<'py> Defaults<'py> {
    fn of(engine: &Engine<'py>, function: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = function.py();
        let mut found = Self {
            positional: None,
            named: None,
        };
        let values = function.getattr(intern!(py, "__defaults__"))?;
        if values.is_truthy()? && engine.leads_nowhere(&values) {
            found.positional = Some(values);
        }
        let values = function.getattr(intern!(py, "__kwdefaults__"))?;
        if let Ok(dict) = values.cast_exact::<PyDict>()
            && !dict.is_empty()
            && dict
                .iter()
                .all(|(name, value)| engine.leads_nowhere(&name) && engine.leads_nowhere(&value))
        {
            found.named = Some(values);
        }
        Ok(found)
    }
}

/// The reducer of a function that the standard library made (`functools.singledispatch`, `dataclasses`): it is rebuilt
/// from its declaration. Looked up by the code object, which all functions so made share, or by the name of no file.
pub(crate) fn special_reducer<'py>(
    code: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    static SPECIAL: PyOnceLock<Vec<(Py<PyAny>, Py<PyAny>)>> = PyOnceLock::new();
    /// What the names of the files contain that they are in: nothing is imported to compare other functions.
    const MODULES: [&str; 6] = [
        "functools",
        "contextlib",
        "reprlib",
        "dataclasses",
        "collections",
        "typing",
    ];
    let py = code.py();
    let file = code.getattr(intern!(py, "co_filename"))?;
    let file_name = file.cast::<PyString>()?.to_string_lossy();
    // A name that the libraries give to the text of the methods that they generate.
    if file_name == "<string>" {
        let module = py.import(intern!(py, "codepickle._generated"))?;
        return module.getattr(intern!(py, "reduce_generated")).map(Some);
    }
    if !MODULES.iter().any(|module| file_name.contains(module)) {
        return Ok(None);
    }
    // The table holds the code objects, so that their addresses stay theirs.
    let special = SPECIAL.get_or_try_init(py, || -> PyResult<_> {
        let table = py
            .import("codepickle._special")?
            .getattr("special_functions")?
            .cast_into::<PyDict>()?;
        Ok(table
            .iter()
            .map(|(code, reducer)| (code.unbind(), reducer.unbind()))
            .collect())
    })?;
    let entry = special.iter().find(|entry| code.is(&entry.0));
    Ok(entry.map(|entry| entry.1.bind(py).clone()))
}

type Closure<'py> = Vec<(Bound<'py, PyString>, Bound<'py, PyAny>)>;

/// The cells of a function with the names of the free variables, sorted by name: versions differ in their order.
fn closure<'py>(
    code: &Bound<'py, PyAny>,
    function: &Bound<'py, PyAny>,
    unread: &[String],
) -> PyResult<Closure<'py>> {
    let py = code.py();
    let cells = function.getattr(intern!(py, "__closure__"))?;
    if cells.is_none() {
        return Ok(Vec::new());
    }
    let names: Vec<Bound<'py, PyString>> = code.getattr(intern!(py, "co_freevars"))?.extract()?;
    let cells: Vec<Bound<'py, PyAny>> = cells.extract()?;
    let mut sorted = Vec::with_capacity(names.len());
    for (name, cell) in names.into_iter().zip(cells) {
        let text = name.to_cow()?.into_owned();
        if !unread.contains(&text) {
            sorted.push((text, name, cell));
        }
    }
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(sorted
        .into_iter()
        .map(|(_, name, cell)| (name, cell))
        .collect())
}

/// Pushes the namespace that stands for the live `globals`.
fn namespace<'py>(
    engine: &mut Engine<'py>,
    program: &mut Program<'py>,
    globals: &Bound<'py, PyDict>,
) -> PyResult<()> {
    /// The dict of a module made at run time: its functions live in it, on the receiver as here.
    static VARS: GlobalName = GlobalName::new("builtins", "vars");
    let py = globals.py();
    let key = globals.as_ptr() as usize;
    if let Some(namespace) = engine.ext.namespaces.get(&key) {
        program.get(namespace.proxy.bind(py));
        return Ok(());
    }
    let proxy = PyDict::new(py);
    let mut written = HashSet::new();
    if let Some(module) = engine.ext.modules.get(&key) {
        program.global(&VARS);
        program.tuple(1, |program| program.get(module.bind(py)));
        program.op(Op::Reduce);
        program.memoize(&proxy);
    } else {
        program.op(Op::EmptyDict);
        program.memoize(&proxy);
        if let Some(name) = globals.get_item(intern!(py, "__name__"))? {
            program.str("__name__");
            program.save(name);
            program.op(Op::SetItem);
            written.insert("__name__".to_owned());
        }
    }
    let live = globals.clone().into_any().unbind();
    engine.ext.namespaces.insert(
        key,
        Namespace {
            _live: live,
            proxy: proxy.unbind(),
            written,
            hinted: HashSet::new(),
        },
    );
    Ok(())
}

/// What follows a function once it is memoised: contents of cells, globals, attributes.
fn save_live_state<'py>(
    engine: &mut Engine<'py>,
    function: &Bound<'py, PyAny>,
    code: &Bound<'py, PyAny>,
    plan: &Plan,
    globals: &Bound<'py, PyDict>,
    closure: &Closure<'py>,
    written: [bool; 2],
) -> PyResult<()> {
    let py = function.py();
    let mut program = Program::new(engine);
    let mut packages = Vec::new();
    for (name, cell) in closure {
        cells::push_contents(engine, &mut program, cell, Some(name))?;
        if let Some(contents) = cells::contents(cell)? {
            let mut chains: &[String] = &[];
            for free in &plan.free {
                if free.name.bind(py).as_any().eq(name)? {
                    chains = &free.chains;
                }
            }
            packages.push((contents, chains));
        }
    }
    let used = used_globals(plan, globals)?;
    let known = engine.known;
    if let Some(namespace) = engine.ext.namespaces.get_mut(&(globals.as_ptr() as usize)) {
        let fresh: Vec<_> = used
            .iter()
            .filter(|used| namespace.written.insert(used.text.clone()))
            .collect();
        if !fresh.is_empty() {
            program.get(namespace.proxy.bind(py));
            program.set_items(fresh, |program, used| {
                program.save(used.name.clone().into_any());
                save_global_value(known, program, used);
            });
            program.op(Op::Pop);
        }
    }
    packages.extend(used.iter().map(|used| (used.value.clone(), used.chains)));
    for module in modules::submodules(plan, code, &packages)? {
        program.save(module);
        program.op(Op::Pop);
    }
    let annotations = annotations::of_function(engine, function)?;
    annotations::named_globals(engine, &mut program, globals, &annotations)?;
    attributes(
        known,
        &mut program,
        function,
        code,
        plan,
        globals,
        later_slots(function, annotations, written)?,
    )?;
    program.run(engine);
    Ok(())
}

struct Used<'py, 'a> {
    name: Bound<'py, PyString>,
    text: String,
    value: Bound<'py, PyAny>,
    chains: &'a [String],
}

/// Pushes the value of a global; a lazy import (3.15) stays unresolved and is told by its name.
fn save_global_value<'py>(known: &Known, program: &mut Program<'py>, used: &Used<'py, '_>) {
    let (value, name) = (used.value.clone(), used.name.clone());
    if !known
        .lazy_import
        .as_ref()
        .is_some_and(|lazy| value.get_type().is(lazy))
    {
        return program.save_as(value, LabelKind::UsesGlobal, name);
    }
    program.then(move |engine| {
        if engine.get_if_memoized(&value)? {
            return Ok(());
        }
        let py = value.py();
        let reducers = py.import(intern!(py, "codepickle._reducers"))?;
        let reduced = reducers.call_method1(intern!(py, "lazy_reference"), (&value, &name))?;
        engine.save_declaration(reduced.cast_into()?, &value);
        Ok(())
    });
}

/// The globals that the code uses and that exist, with the attribute chains that start at them.
fn used_globals<'py, 'a>(
    plan: &'a Plan,
    globals: &Bound<'py, PyDict>,
) -> PyResult<Vec<Used<'py, 'a>>> {
    let py = globals.py();
    let mut used = Vec::new();
    for Use { name, chains } in &plan.globals {
        let name = name.bind(py);
        if let Some(value) = globals.get_item(name)? {
            let text = name.to_cow()?.into_owned();
            if text != "__builtins__" {
                used.push(Used {
                    name: name.clone(),
                    text,
                    value,
                    chains,
                });
            }
        }
    }
    if plan.relative_import {
        for text in ["__package__", "__path__"] {
            let name = PyString::intern(py, text);
            if let Some(value) = globals.get_item(&name)?
                && !value.is_none()
            {
                used.push(Used {
                    name,
                    text: text.to_owned(),
                    value,
                    chains: &[],
                });
            }
        }
    }
    Ok(used)
}

/// A name as it is written, and as Python's string.
type Name<'py> = (&'static str, &'py Bound<'py, PyString>);

macro_rules! name {
    ($py:expr, $name:literal) => {
        ($name, intern!($py, $name))
    };
}

/// A special attribute and its value.
type Slot<'py> = (Name<'py>, Bound<'py, PyAny>);

/// The default values that did not go with the call that makes the function, and the annotations.
fn later_slots<'py>(
    function: &Bound<'py, PyAny>,
    annotations: annotations::Annotations<'py>,
    written: [bool; 2],
) -> PyResult<Vec<Slot<'py>>> {
    let py = function.py();
    let mut slots = Vec::new();
    let names = [name!(py, "__defaults__"), name!(py, "__kwdefaults__")];
    for (name, written) in names.into_iter().zip(written) {
        if written {
            continue;
        }
        let value = function.getattr(name.1)?;
        if value.is_truthy()? {
            slots.push((name, value));
        }
    }
    if annotations.values.len()? > 0 {
        slots.push((name!(py, "__annotations__"), annotations.values));
    }
    if let Some(lazy) = annotations.lazy {
        slots.push((name!(py, "__annotate__"), lazy));
    }
    Ok(slots)
}

/// The attributes that do not follow from the code, by one call of the runtime.
fn attributes<'py>(
    known: &Known,
    program: &mut Program<'py>,
    function: &Bound<'py, PyAny>,
    code: &Bound<'py, PyAny>,
    plan: &Plan,
    globals: &Bound<'py, PyDict>,
    mut slots: Vec<Slot<'py>>,
) -> PyResult<()> {
    let py = function.py();
    // Only from 3.12 on: an attribute that is missing costs more than the others together.
    if known.version >= (3, 12) {
        let parameters = function.getattr(intern!(py, "__type_params__"))?;
        if parameters.is_truthy()? {
            slots.push((name!(py, "__type_params__"), parameters));
        }
    }
    let follows = globals
        .get_item(intern!(py, "__name__"))?
        .unwrap_or_else(|| py.None().into_bound(py));
    let derived = [
        (name!(py, "__module__"), follows),
        (name!(py, "__name__"), code.getattr(intern!(py, "co_name"))?),
        (
            name!(py, "__qualname__"),
            plan.qualname.bind(py).clone().into_any(),
        ),
        (name!(py, "__doc__"), docstring(known, code)?),
    ];
    for (name, follows) in derived {
        let value = function.getattr(name.1)?;
        if !value.is(&follows) && !value.eq(follows)? {
            slots.push((name, value));
        }
    }
    let dict = portable_state(function.getattr(intern!(py, "__dict__"))?)?;
    let dict = dict.cast_into::<PyDict>()?;
    if slots.is_empty() && dict.is_empty() {
        return Ok(());
    }
    let count = if slots.is_empty() { 2 } else { 3 };
    program.call(Runtime::Attributes, count, |program| {
        program.get(function);
        if dict.is_empty() {
            program.op(Op::None);
        } else {
            push_dict(program, &dict);
        }
        if !slots.is_empty() {
            program.op(Op::EmptyDict);
            program.set_items(slots, |program, (name, value)| {
                program.str(name.0);
                program.save_as(value, LabelKind::Attribute, name.1.clone());
            });
        }
    });
    program.op(Op::Pop);
    Ok(())
}

/// The state of a function without what `functools.update_wrapper` and `typing.final` put there on some versions alone.
pub(crate) fn portable_state(state: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = state.py();
    match state.cast_exact::<PyDict>() {
        Ok(dict)
            if dict.contains(intern!(py, "__wrapped__"))?
                || dict.contains(intern!(py, "__final__"))? =>
        {
            py.import(intern!(py, "codepickle._wrappers"))?
                .call_method1(intern!(py, "portable_attributes"), (state,))
        }
        _ => Ok(state),
    }
}

/// Pushes a function's `__dict__` as it is now: user code that runs meanwhile may add attributes.
fn push_dict<'py>(program: &mut Program<'py>, dict: &Bound<'py, PyDict>) {
    let items: Vec<_> = dict.iter().collect();
    program.op(Op::EmptyDict);
    program.set_items(items, |program, (name, value)| {
        program.save(name.clone());
        match name.cast_into::<PyString>() {
            Ok(name) => program.save_as(value, LabelKind::Attribute, name),
            Err(_) => program.save(value),
        }
    });
}

/// The docstring that `types.FunctionType` takes from a code object.
fn docstring<'py>(known: &Known, code: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    /// From 3.14 a code object says whether its first constant is a docstring.
    const CO_HAS_DOCSTRING: u32 = 0x0400_0000;
    let py = code.py();
    let consts = code
        .getattr(intern!(py, "co_consts"))?
        .cast_into::<PyTuple>()?;
    let flagged = known.version < (3, 14) || {
        let flags: u32 = code.getattr(intern!(py, "co_flags"))?.extract()?;
        flags & CO_HAS_DOCSTRING != 0
    };
    match consts.get_item(0) {
        Ok(first) if flagged && first.is_instance_of::<PyString>() => Ok(first),
        _ => Ok(py.None().into_bound(py)),
    }
}
