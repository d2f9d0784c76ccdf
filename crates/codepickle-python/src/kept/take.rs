//! From an object to the guards of its payload, or to nothing where it depends on more than guards compare.

use std::collections::HashSet;

use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyModule, PyString, PyTuple};

use super::guards::{
    Alive, ClassGuard, Entries, Expected, FunctionGuard, GlobalGuard, Guard, ModuleGuard, OwnDict,
    SubmoduleGuard, address_in, borrowed, is_plain_class, property_type,
};
use super::referents::Inspector;
use crate::engine::known::Known;
use crate::engine::{is_constant, next_entry};
use crate::plans::{self, Plan};
use crate::reference::{self, modules};
use crate::{annotations, functions};

/// A payload that rests on more than so many functions, classes and modules costs much to compare.
const MOST: usize = 500;

/// Attributes of classes that never travel and that nothing is read from.
const IGNORED: [&str; 4] = [
    "__weakref__",
    "__static_attributes__", // 3.13
    "__firstlineno__",       // 3.13
    "__classdictcell__",     // 3.12
];

/// Attributes by which a class is one of those whose declaration is read in another way, or that have another meaning
/// than their value.
const SPECIAL: [&str; 15] = [
    "__conditional_annotations__",
    "__abstractmethods__",
    "_abc_impl",
    "__attrs_attrs__",
    "__bases__",
    "__basicsize__",
    "__class__",
    "__classcell__",
    "__dataclass_fields__",
    "__final__",
    "__mro__",
    "__name__",
    "__text_signature__",
    "__type_params__",
    "_is_protocol",
];

/// Whether a class with this attribute is declared in another way, or reads it in another meaning than its value.
pub(crate) fn is_special(name: &str) -> bool {
    SPECIAL.contains(&name)
}

/// The guards of a payload, and the constants that they compare by address.
pub(super) struct Guards {
    guards: Vec<Guard>,
    _constants: Vec<Py<PyAny>>,
}

impl Guards {
    /// The guards of what `roots` are dumped as; `None` if that cannot be told by guards.
    pub(super) fn of(py: Python<'_>, roots: &[Bound<'_, PyAny>]) -> Option<Self> {
        let mut taker = Taker {
            py,
            known: Known::get(py).ok()?,
            inspector: Inspector::get(py)?,
            guards: Vec::new(),
            constants: Vec::new(),
            seen: HashSet::new(),
            pending: Vec::new(),
        };
        for root in roots {
            taker.value(root)?;
        }
        while let Some(next) = taker.pending.pop() {
            if taker.guards.len() > MOST {
                return None;
            }
            taker.take(&next)?;
        }
        // What stands first in the payload is compared first.
        Some(Self {
            guards: taker.guards,
            _constants: taker.constants,
        })
    }

    /// Whether everything is as it was.
    pub(super) fn hold(&self, py: Python<'_>) -> PyResult<bool> {
        let Some(inspector) = Inspector::get(py) else {
            return Ok(false);
        };
        for guard in &self.guards {
            if !guard.holds(py, inspector)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Roughly how much memory they take.
    pub(super) fn bytes(&self) -> usize {
        self.guards.len() * 512
    }
}

struct Taker<'py> {
    py: Python<'py>,
    known: &'static Known,
    inspector: &'static Inspector,
    guards: Vec<Guard>,
    constants: Vec<Py<PyAny>>,
    /// What has a guard, or will have one.
    seen: HashSet<usize>,
    pending: Vec<Bound<'py, PyAny>>,
}

/// How a function or class travels.
enum Way<'py> {
    ByValue,
    /// As a name in this module.
    ByName(Bound<'py, PyModule>),
}

impl<'py> Taker<'py> {
    /// Sees to it that `obj` is held or guarded; its address.
    fn value(&mut self, obj: &Bound<'py, PyAny>) -> Option<usize> {
        let address = obj.as_ptr() as usize;
        if self.seen.contains(&address) {
            return Some(address);
        }
        let kind = obj.get_type();
        if kind.is(&self.known.function)
            || kind.is(&self.known.module)
            || obj.is_exact_instance_of::<pyo3::types::PyType>()
        {
            self.pending.push(obj.clone());
        } else if is_constant(obj) {
            self.constants.push(obj.clone().unbind());
        } else {
            return None;
        }
        self.seen.insert(address);
        Some(address)
    }

    /// Holds a string; its address.
    fn string(&mut self, obj: &Bound<'py, PyAny>) -> Option<usize> {
        obj.cast_exact::<PyString>().ok()?;
        self.value(obj)
    }

    fn take(&mut self, obj: &Bound<'py, PyAny>) -> Option<()> {
        let guard = if obj.get_type().is(&self.known.module) {
            self.module(obj)?
        } else {
            let (py, class) = (self.py, obj.is_exact_instance_of::<pyo3::types::PyType>());
            let module = obj.getattr(intern!(py, "__module__")).ok()?;
            let qualname = obj.getattr(intern!(py, "__qualname__")).ok()?;
            let module = module.cast_exact::<PyString>().ok()?;
            let qualname = qualname.cast_exact::<PyString>().ok()?;
            match self.way(obj, module, qualname)? {
                Way::ByName(home) => Guard::Global(GlobalGuard {
                    alive: Alive::of(obj)?,
                    home: Alive::of(home.as_any())?,
                    module: module.clone().unbind(),
                    qualname: qualname.clone().unbind(),
                }),
                Way::ByValue if class => self.class(obj, module, qualname)?,
                Way::ByValue => self.function(obj)?,
            }
        };
        self.guards.push(guard);
        Some(())
    }

    /// `codepickle._reference.by_reference`, where the answer rests on what guards compare.
    fn way(
        &self,
        obj: &Bound<'py, PyAny>,
        module: &Bound<'py, PyString>,
        qualname: &Bound<'py, PyString>,
    ) -> Option<Way<'py>> {
        let py = self.py;
        if module.to_cow().ok()? == "__main__" {
            return Some(Way::ByValue);
        }
        // Under another name than it says, perhaps.
        if self.known.moved.bind(py).contains(module).ok()? {
            return None;
        }
        let registered = py
            .import(intern!(py, "codepickle._reference"))
            .and_then(|reference| reference.call_method1(intern!(py, "is_registered"), (module,)))
            .and_then(|registered| registered.is_truthy())
            .ok()?;
        let name = qualname.to_cow().ok()?;
        if registered || name.split('.').any(|part| part == "<locals>") {
            return Some(Way::ByValue);
        }
        if name.contains('.') || self.known.stand_ins.bind(py).contains(module).ok()? {
            return None;
        }
        let home = modules(py).ok()?.get_item(module).ok()??;
        let home = home.cast_into_exact::<PyModule>().ok()?;
        let found = home.dict().get_item(qualname).ok()??;
        found.is(obj).then_some(Way::ByName(home))
    }

    fn module(&mut self, module: &Bound<'py, PyAny>) -> Option<Guard> {
        let py = self.py;
        let own = module.cast_exact::<PyModule>().ok()?.dict();
        let name = own.get_item(intern!(py, "__name__")).ok()??;
        let name = name.cast_into_exact::<PyString>().ok()?;
        if !reference::by_default(module).ok()? {
            return None;
        }
        Some(Guard::Module(ModuleGuard {
            alive: Alive::of(module)?,
            name: name.unbind(),
            is_package: own.contains(intern!(py, "__path__")).ok()?,
        }))
    }

    fn function(&mut self, function: &Bound<'py, PyAny>) -> Option<Guard> {
        let py = self.py;
        let get = |name| function.getattr(name).ok();
        let code = get(intern!(py, "__code__"))?;
        if functions::special_reducer(&code).ok()?.is_some() {
            return None;
        }
        let plan = plans::known_source(&code)?;
        if plan.relative_import {
            return None;
        }
        let referents = self.inspector.function(function).ok()?;
        let held = referents.addresses()?.to_vec();
        // Slots that are all filled are told apart by their order.
        for name in [
            intern!(py, "__module__"),
            intern!(py, "__name__"),
            intern!(py, "__qualname__"),
        ] {
            let address = self.string(&get(name)?)?;
            held.contains(&address).then_some(())?;
        }
        let doc = get(intern!(py, "__doc__"))?;
        if !doc.is_none() {
            self.string(&doc)?;
        }
        held.contains(&(doc.as_ptr() as usize)).then_some(())?;
        let defaults = get(intern!(py, "__defaults__"))?;
        if !defaults.is_none() {
            is_constant(&defaults).then_some(())?;
            self.value(&defaults)?;
        }
        self.constants.push(code.clone().unbind());
        let parameters = function.getattr_opt(intern!(py, "__type_params__")).ok()?;
        if let Some(parameters) = parameters
            && parameters.is_truthy().ok()?
        {
            return None;
        }
        // From 3.14 on it makes the annotations, which are looked at once they are made; functions that share it share them.
        let annotate = function.getattr_opt(intern!(py, "__annotate__")).ok()?;
        if let Some(annotate) = annotate
            && !annotate.is_none()
        {
            held.contains(&(annotate.as_ptr() as usize)).then_some(())?;
        }
        let dicts = self.own_dicts(function, &held)?;
        let globals = get(intern!(py, "__globals__"))?
            .cast_into_exact::<PyDict>()
            .ok()?;
        let mut names = Vec::with_capacity(plan.globals.len() + 1);
        let space = intern!(py, "__name__");
        let value = globals.get_item(space).ok()?;
        let address = match value {
            Some(name) => self.string(&name)?,
            None => 0,
        };
        names.push((space.clone().unbind(), address));
        for used in &plan.globals {
            let name = used.name.bind(py);
            let address = match globals.get_item(name).ok()? {
                Some(value) => {
                    self.submodules(&value, &used.chains)?;
                    self.value(&value)?
                }
                None => 0,
            };
            names.push((name.clone().unbind(), address));
        }
        let cells = self.cells(function, &code, &plan)?;
        Some(Guard::Function(FunctionGuard {
            alive: Alive::of(function)?,
            held: held.into(),
            globals: globals.as_ptr() as usize,
            names: names.into(),
            cells,
            dicts,
        }))
    }

    /// The dicts of keyword defaults, annotations and attributes.
    fn own_dicts(
        &mut self,
        function: &Bound<'py, PyAny>,
        held: &[usize],
    ) -> Option<Box<[OwnDict]>> {
        let py = self.py;
        let mut dicts = Vec::new();
        for (name, is_plain) in [
            (intern!(py, "__kwdefaults__"), true),
            (intern!(py, "__annotations__"), false),
            (intern!(py, "__dict__"), true),
        ] {
            let value = function.getattr(name).ok()?;
            if value.is_none() {
                continue;
            }
            let address = value.as_ptr() as usize;
            let dict = value.cast_exact::<PyDict>().ok()?;
            // One that was made for us alone, because there is none.
            if !held.contains(&address) {
                dict.is_empty().then_some(())?;
                continue;
            }
            if !is_plain && !annotations::is_plain(&value) {
                return None;
            }
            if name.to_cow().ok()? == "__dict__" && !dict.is_empty() {
                return None;
            }
            let entries = self.entries(dict)?;
            dicts.push(OwnDict {
                address,
                role: (!entries.is_empty()).then(|| name.clone().unbind()),
                entries,
            });
        }
        // Lazily made, it would be another one the next time.
        let now = self.inspector.function(function).ok()?;
        (now.addresses()? == held).then(|| dicts.into())
    }

    fn entries(&mut self, dict: &Bound<'py, PyDict>) -> Option<Entries> {
        let mut entries = Vec::with_capacity(dict.len());
        let mut position = 0;
        while let Some((key, value)) = next_entry(dict, &mut position) {
            let key = self.string(&key)?;
            if annotations::is_common(&value) {
                self.constants.push(value.clone().unbind());
            } else {
                is_constant(&value).then_some(())?;
                self.value(&value)?;
            }
            entries.push((key, value.as_ptr() as usize));
        }
        Some(entries.into())
    }

    fn cells(
        &mut self,
        function: &Bound<'py, PyAny>,
        code: &Bound<'py, PyAny>,
        plan: &Plan,
    ) -> Option<Box<[(usize, usize)]>> {
        let py = self.py;
        let cells = function.getattr(intern!(py, "__closure__")).ok()?;
        if cells.is_none() {
            return Some(Box::new([]));
        }
        let cells = cells.cast_into_exact::<PyTuple>().ok()?;
        let names = code.getattr(intern!(py, "co_freevars")).ok()?;
        let names = names.cast_into_exact::<PyTuple>().ok()?;
        let mut found = Vec::with_capacity(cells.len());
        for (name, cell) in names.iter().zip(cells.iter()) {
            let name = name.cast_into_exact::<PyString>().ok()?;
            let text = name.to_cow().ok()?;
            if plan.unread.iter().any(|unread| *unread == text) {
                continue;
            }
            cell.get_type().is(&self.known.cell).then_some(())?;
            let contents = self.inspector.contents(&cell).ok()?;
            if contents != 0 {
                // SAFETY: the cell has just said that it holds the object.
                let contents = unsafe { borrowed(py, contents) };
                for free in &plan.free {
                    if free.name.bind(py).as_any().eq(&name).ok()? {
                        self.submodules(&contents, &free.chains)?;
                    }
                }
                self.value(&contents)?;
            }
            found.push((cell.as_ptr() as usize, contents));
        }
        Some(found.into())
    }

    /// What `modules::submodules` finds, and that it finds it.
    fn submodules(&mut self, value: &Bound<'py, PyAny>, chains: &[String]) -> Option<()> {
        let py = self.py;
        let Ok(module) = value.cast_exact::<PyModule>() else {
            return Some(());
        };
        // Whether it is a package is part of its own guard.
        if !module.dict().contains(intern!(py, "__path__")).ok()? {
            return Some(());
        }
        let root: String = module
            .getattr(intern!(py, "__name__"))
            .ok()?
            .extract()
            .ok()?;
        let modules = modules(py).ok()?;
        for chain in chains {
            let mut name = root.clone();
            for part in chain.split('.').skip(1) {
                name.push('.');
                name.push_str(part);
                let name = PyString::new(py, &name);
                let found = modules.get_item(&name).ok()?;
                let alive = match &found {
                    Some(found) => {
                        self.value(found)?;
                        Some(Alive::of(found)?)
                    }
                    None => None,
                };
                let missing = alive.is_none();
                self.guards.push(Guard::Submodule(SubmoduleGuard {
                    name: name.unbind(),
                    alive,
                }));
                if missing {
                    break;
                }
            }
        }
        Some(())
    }

    fn class(
        &mut self,
        class: &Bound<'py, PyAny>,
        module: &Bound<'py, PyString>,
        qualname: &Bound<'py, PyString>,
    ) -> Option<Guard> {
        let py = self.py;
        is_plain_class(class).then_some(())?;
        let dict = self.inspector.class_dict(class).ok()??;
        // What it says is in its own dict.
        let own = intern!(py, "__module__");
        (address_in(&dict, own).ok()? == module.as_ptr() as usize).then_some(())?;
        let bases = class.getattr(intern!(py, "__bases__")).ok()?;
        let bases = bases.cast_into_exact::<PyTuple>().ok()?;
        let object = py.get_type::<PyAny>();
        let mut base_addresses = Vec::with_capacity(bases.len());
        for base in &bases {
            if !base.is(&object) {
                self.value(&base)?;
            }
            base_addresses.push(base.as_ptr() as usize);
        }
        let mut attributes = Vec::with_capacity(dict.len());
        let mut position = 0;
        while let Some((key, value)) = next_entry(&dict, &mut position) {
            let name = key.cast_exact::<PyString>().ok()?;
            let expected = self.attribute(class, &name.to_cow().ok()?, &value)?;
            attributes.push((self.string(&key)?, expected));
        }
        Some(Guard::Class(ClassGuard {
            alive: Alive::of(class)?,
            name: class.getattr(intern!(py, "__name__")).ok()?.unbind(),
            qualname: qualname.clone().into_any().unbind(),
            bases: base_addresses.into(),
            attributes: attributes.into(),
        }))
    }

    /// The annotations of a class, as they are written: text, and classes that every receiver has.
    fn hints(&mut self, value: &Bound<'py, PyAny>) -> Option<Entries> {
        let dict = value.cast_exact::<PyDict>().ok()?;
        dict.iter()
            .all(|(_, hint)| {
                hint.is_none()
                    || hint.is_exact_instance_of::<PyString>()
                    || annotations::is_common(&hint)
            })
            .then(|| self.entries(dict))?
    }

    fn attribute(
        &mut self,
        class: &Bound<'py, PyAny>,
        name: &str,
        value: &Bound<'py, PyAny>,
    ) -> Option<Expected> {
        let py = self.py;
        let kind = value.get_type();
        let kind_address = kind.as_ptr() as usize;
        if is_special(name) {
            return None;
        }
        if IGNORED.contains(&name) {
            return Some(Expected::Anything);
        }
        if name == "__slotnames__" {
            let list = value.cast_exact::<PyList>().ok()?;
            return list.is_empty().then_some(Expected::EmptyList);
        }
        // From 3.14 on an empty dict and None stand there where there are no annotations.
        if name == "__annotations__" || (name == "__annotations_cache__" && value.len().ok()? == 0)
        {
            return self.hints(value).map(Expected::Dict);
        }
        if name == "__annotate__" || name == "__annotate_func__" {
            return value
                .is_none()
                .then(|| Expected::Object(value.as_ptr() as usize));
        }
        if name == "__dict__" {
            return kind
                .is(&self.known.getset)
                .then_some(Expected::Kind(kind_address));
        }
        if kind.is(&self.known.member) {
            let of = value.getattr(intern!(py, "__objclass__")).ok()?;
            return of.is(class).then_some(Expected::Slot(kind_address));
        }
        if kind.is(&self.known.static_method) || kind.is(&self.known.class_method) {
            let function = value.getattr(intern!(py, "__func__")).ok()?;
            return Some(Expected::Method(kind_address, self.value(&function)?));
        }
        if kind_address == property_type(py).ok()? {
            let mut parts = [0; 4];
            let names = [
                intern!(py, "fget"),
                intern!(py, "fset"),
                intern!(py, "fdel"),
                intern!(py, "__doc__"),
            ];
            for (part, name) in parts.iter_mut().zip(names) {
                *part = self.value(&value.getattr(name).ok()?)?;
            }
            return Some(Expected::Property(parts));
        }
        self.value(value).map(Expected::Object)
    }
}
