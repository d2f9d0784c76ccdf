//! What a payload rests on, in a form that is compared in a fraction of the time that a dump takes.
//!
//! Functions, classes and modules are held weakly and told by their identity; plain constants are held. Whatever else a
//! payload depends on makes it one that is not kept: mutable objects are few among what functions refer to, and their
//! contents are too many to compare.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple, PyType, PyWeakrefMethods, PyWeakrefReference};
use pyo3::{ffi, intern};

use super::referents::Inspector;
use crate::engine::next_entry;
use crate::reference::modules;

/// An object that is told by its identity as long as it lives.
pub(crate) struct Alive {
    weak: Py<PyWeakrefReference>,
}

impl Alive {
    pub(crate) fn of(obj: &Bound<'_, PyAny>) -> Option<Self> {
        let weak = PyWeakrefReference::new(obj).ok()?.unbind();
        Some(Self { weak })
    }

    pub(crate) fn get<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.weak.bind(py).upgrade()
    }
}

/// The entries of a dict, by the addresses of keys and values, both held by somebody.
pub(super) type Entries = Box<[(usize, usize)]>;

/// A dict that belongs to a function.
pub(super) struct OwnDict {
    pub(super) address: usize,
    /// Which attribute it is, if it is not empty: an empty one is like none, wherever it is.
    pub(super) role: Option<Py<PyString>>,
    pub(super) entries: Entries,
}

/// A function that travels by value.
pub(super) struct FunctionGuard {
    pub(super) alive: Alive,
    /// The addresses of what is in its slots.
    pub(super) held: Box<[usize]>,
    pub(super) globals: usize,
    /// Names that the code uses, and what the namespace has under them; 0 for what is missing.
    pub(super) names: Box<[(Py<PyString>, usize)]>,
    pub(super) cells: Box<[(usize, usize)]>,
    pub(super) dicts: Box<[OwnDict]>,
}

/// What a class attribute must be.
pub(super) enum Expected {
    /// Whatever it is, it does not travel.
    Anything,
    /// The object at this address, which is held or guarded.
    Object(usize),
    /// Of this type: the descriptor that every class has.
    Kind(usize),
    /// The descriptor of a slot of this class.
    Slot(usize),
    /// A staticmethod or classmethod, by its type, around a guarded function.
    Method(usize, usize),
    /// A property of the type `property`: getter, setter, deleter and docstring.
    Property([usize; 4]),
    /// An empty list.
    EmptyList,
    /// A dict of these entries: annotations.
    Dict(Entries),
}

/// A class that travels by value.
pub(super) struct ClassGuard {
    pub(super) alive: Alive,
    pub(super) name: Py<PyAny>,
    pub(super) qualname: Py<PyAny>,
    pub(super) bases: Box<[usize]>,
    pub(super) attributes: Box<[(usize, Expected)]>,
}

/// A module that is imported.
pub(super) struct ModuleGuard {
    pub(super) alive: Alive,
    pub(super) name: Py<PyString>,
    pub(super) is_package: bool,
}

/// A function or class that is imported.
pub(super) struct GlobalGuard {
    pub(super) alive: Alive,
    pub(super) home: Alive,
    pub(super) module: Py<PyString>,
    pub(super) qualname: Py<PyString>,
}

/// A submodule, by its full name, that code reaches through attributes of a package.
pub(super) struct SubmoduleGuard {
    pub(super) name: Py<PyString>,
    /// `None` where there is no such module.
    pub(super) alive: Option<Alive>,
}

pub(super) enum Guard {
    Function(FunctionGuard),
    Class(ClassGuard),
    Module(ModuleGuard),
    Global(GlobalGuard),
    Submodule(SubmoduleGuard),
}

impl Guard {
    /// Whether everything is as it was.
    pub(super) fn holds(&self, py: Python<'_>, inspector: &Inspector) -> PyResult<bool> {
        match self {
            Self::Function(guard) => guard.holds(py, inspector),
            Self::Class(guard) => guard.holds(py, inspector),
            Self::Module(guard) => guard.holds(py),
            Self::Global(guard) => guard.holds(py),
            Self::Submodule(guard) => guard.holds(py),
        }
    }
}

impl FunctionGuard {
    fn holds(&self, py: Python<'_>, inspector: &Inspector) -> PyResult<bool> {
        let Some(function) = self.alive.get(py) else {
            return Ok(false);
        };
        if inspector.function(&function)?.addresses() != Some(&*self.held) {
            return Ok(false);
        }
        for own in &self.dicts {
            // SAFETY: the function has just said that it holds the object.
            let dict = unsafe { borrowed(py, own.address) };
            if !has_entries(&dict, &own.entries) {
                return Ok(false);
            }
            if let Some(role) = &own.role
                && function.getattr(role.bind(py))?.as_ptr() as usize != own.address
            {
                return Ok(false);
            }
        }
        for (cell, contents) in &self.cells {
            // SAFETY: the cells of a function are the same as long as it lives.
            let cell = unsafe { borrowed(py, *cell) };
            if inspector.contents(&cell)? != *contents {
                return Ok(false);
            }
        }
        // SAFETY: the globals of a function are the same dict as long as it lives.
        let globals = unsafe { borrowed(py, self.globals) };
        let globals = globals.cast::<PyDict>()?;
        for (name, expected) in &self.names {
            if address_in(globals, name.bind(py))? != *expected {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl ClassGuard {
    fn holds(&self, py: Python<'_>, inspector: &Inspector) -> PyResult<bool> {
        let Some(class) = self.alive.get(py) else {
            return Ok(false);
        };
        if !is_plain_class(&class)
            || !class.getattr(intern!(py, "__name__"))?.is(&self.name)
            || !class
                .getattr(intern!(py, "__qualname__"))?
                .is(&self.qualname)
        {
            return Ok(false);
        }
        let bases = class.getattr(intern!(py, "__bases__"))?;
        let bases = bases.cast::<PyTuple>()?;
        if bases.len() != self.bases.len()
            || !bases
                .iter_borrowed()
                .zip(&self.bases)
                .all(|(base, expected)| base.as_ptr() as usize == *expected)
        {
            return Ok(false);
        }
        let Some(dict) = inspector.class_dict(&class)? else {
            return Ok(false);
        };
        let (mut position, mut count) = (0, 0);
        while let Some((key, value)) = next_entry(&dict, &mut position) {
            let Some((expected_key, expected)) = self.attributes.get(count) else {
                return Ok(false);
            };
            if key.as_ptr() as usize != *expected_key || !expected.is_met(&class, &value)? {
                return Ok(false);
            }
            count += 1;
        }
        Ok(count == self.attributes.len())
    }
}

impl Expected {
    fn is_met(&self, class: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = class.py();
        let kind = || value.get_type_ptr() as usize;
        Ok(match self {
            Self::Anything => true,
            Self::Object(address) => value.as_ptr() as usize == *address,
            Self::Kind(expected) => kind() == *expected,
            Self::Slot(expected) => {
                kind() == *expected && value.getattr(intern!(py, "__objclass__"))?.is(class)
            }
            Self::Method(expected, function) => {
                kind() == *expected
                    && value.getattr(intern!(py, "__func__"))?.as_ptr() as usize == *function
            }
            Self::Property(parts) => {
                let names = [
                    intern!(py, "fget"),
                    intern!(py, "fset"),
                    intern!(py, "fdel"),
                    intern!(py, "__doc__"),
                ];
                if kind() != property_type(py)? {
                    return Ok(false);
                }
                for (name, expected) in names.into_iter().zip(parts) {
                    if value.getattr(name)?.as_ptr() as usize != *expected {
                        return Ok(false);
                    }
                }
                true
            }
            Self::EmptyList => value
                .cast_exact::<pyo3::types::PyList>()
                .is_ok_and(pyo3::types::PyListMethods::is_empty),
            Self::Dict(entries) => has_entries(value, entries),
        })
    }
}

impl ModuleGuard {
    fn holds(&self, py: Python<'_>) -> PyResult<bool> {
        let Some(module) = self.alive.get(py) else {
            return Ok(false);
        };
        let Ok(module) = module.cast_exact::<PyModule>() else {
            return Ok(false);
        };
        let (own, name) = (module.dict(), self.name.bind(py));
        Ok(
            address_in(&own, intern!(py, "__name__"))? == name.as_ptr() as usize
                && (address_in(&own, intern!(py, "__path__"))? != 0) == self.is_package
                && address_in(&modules(py)?, name)? != 0,
        )
    }
}

impl GlobalGuard {
    fn holds(&self, py: Python<'_>) -> PyResult<bool> {
        let (Some(obj), Some(home)) = (self.alive.get(py), self.home.get(py)) else {
            return Ok(false);
        };
        let (module, qualname) = (self.module.bind(py), self.qualname.bind(py));
        Ok(obj.getattr(intern!(py, "__module__"))?.eq(module)?
            && obj.getattr(intern!(py, "__qualname__"))?.eq(qualname)?
            && address_in(&modules(py)?, module)? == home.as_ptr() as usize
            && address_in(&home.cast::<PyModule>()?.dict(), qualname)? == obj.as_ptr() as usize)
    }
}

impl SubmoduleGuard {
    fn holds(&self, py: Python<'_>) -> PyResult<bool> {
        let found = address_in(&modules(py)?, self.name.bind(py))?;
        Ok(match &self.alive {
            None => found == 0,
            Some(alive) => alive
                .get(py)
                .is_some_and(|module| module.as_ptr() as usize == found),
        })
    }
}

/// Whether a dict has exactly these entries, in this order.
fn has_entries(dict: &Bound<'_, PyAny>, entries: &[(usize, usize)]) -> bool {
    let Ok(dict) = dict.cast_exact::<PyDict>() else {
        return false;
    };
    if dict.len() != entries.len() {
        return false;
    }
    let mut position = 0;
    entries.iter().all(|entry| {
        next_entry(dict, &mut position)
            .is_some_and(|(key, value)| (key.as_ptr() as usize, value.as_ptr() as usize) == *entry)
    })
}

/// The address of what a dict has under `name`, 0 for nothing.
pub(super) fn address_in(dict: &Bound<'_, PyDict>, name: &Bound<'_, PyString>) -> PyResult<usize> {
    Ok(dict
        .get_item(name)?
        .map_or(0, |value| value.as_ptr() as usize))
}

/// A class whose metaclass is `type` and that a class statement made.
pub(crate) fn is_plain_class(class: &Bound<'_, PyAny>) -> bool {
    class.is_exact_instance_of::<PyType>() && {
        // SAFETY: it is a class.
        let flags = unsafe { ffi::PyType_GetFlags(class.as_ptr().cast()) };
        flags & ffi::Py_TPFLAGS_HEAPTYPE != 0
    }
}

/// The address of the class `property`.
pub(crate) fn property_type(py: Python<'_>) -> PyResult<usize> {
    static PROPERTY: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = PROPERTY.get_or_try_init(py, || -> PyResult<_> {
        let class = py.import("builtins")?.getattr("property")?;
        Ok(class.cast_into()?.unbind())
    })?;
    Ok(class.as_ptr() as usize)
}

/// # Safety
/// A live object must be at `address`.
pub(super) unsafe fn borrowed(py: Python<'_>, address: usize) -> Bound<'_, PyAny> {
    // SAFETY: as the caller promises.
    unsafe { Bound::from_borrowed_ptr(py, address as *mut ffi::PyObject) }
}
