//! What an object holds directly, as the garbage collector sees it: all slots of a function or class by one call.

use std::ffi::{c_int, c_void};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyType};
use pyo3::{PyTypeInfo, ffi, intern};

use crate::engine::known::Known;

/// A function has fourteen slots on 3.14.
const MOST: usize = 24;

/// The addresses of the objects that another one holds, in the order of its slots; empty slots are left out.
pub(super) struct Referents {
    places: [usize; MOST],
    count: usize,
}

impl Referents {
    const fn new() -> Self {
        Self {
            places: [0; MOST],
            count: 0,
        }
    }

    fn push(&mut self, address: usize) {
        if let Some(place) = self.places.get_mut(self.count) {
            *place = address;
        }
        // Too many are noticed by whoever asks for them.
        self.count = self.count.saturating_add(1);
    }

    /// The addresses; `None` if there were too many.
    pub(super) fn addresses(&self) -> Option<&[usize]> {
        self.places.get(..self.count)
    }
}

/// How to ask objects of the three types that matter.
pub(crate) struct Inspector {
    function: Option<ffi::traverseproc>,
    cell: Option<ffi::traverseproc>,
    class: Option<ffi::traverseproc>,
    get_referents: Py<PyAny>,
}

impl Inspector {
    /// The inspector; `None` where a function does not show all of its slots.
    pub(crate) fn get(py: Python<'_>) -> Option<&'static Self> {
        static INSPECTOR: PyOnceLock<Option<Inspector>> = PyOnceLock::new();
        INSPECTOR
            .get_or_init(py, || {
                let inspector = Self::new(py).ok()?;
                inspector.sees_all(py).unwrap_or(false).then_some(inspector)
            })
            .as_ref()
    }

    fn new(py: Python<'_>) -> PyResult<Self> {
        let known = Known::get(py)?;
        // PyType_GetSlot takes classes that are no heap types from 3.10 on.
        let direct = py.version_info() >= (3, 10);
        let traverse = |class: &Bound<'_, PyType>| {
            if !direct {
                return None;
            }
            // SAFETY: `class` is a class. The slot holds a traverseproc or NULL, which is `None`.
            unsafe {
                let slot = ffi::PyType_GetSlot(class.as_type_ptr(), ffi::Py_tp_traverse);
                std::mem::transmute::<*mut c_void, Option<ffi::traverseproc>>(slot)
            }
        };
        Ok(Self {
            function: traverse(known.function.bind(py)),
            cell: traverse(known.cell.bind(py)),
            class: traverse(&PyType::type_object(py)),
            get_referents: py.import("gc")?.getattr("get_referents")?.unbind(),
        })
    }

    /// Whether the slots of a function are all there: a version that leaves one out would let a change of it pass.
    fn sees_all(&self, py: Python<'_>) -> PyResult<bool> {
        let names = [
            "__code__",
            "__globals__",
            "__closure__",
            "__defaults__",
            "__kwdefaults__",
            "__module__",
            "__name__",
            "__qualname__",
            "__doc__",
            "__dict__",
            "__annotations__",
            "__type_params__",
        ];
        let space = PyDict::new(py);
        let sample = py.eval(c"(lambda x: lambda *, y: x)(0)", Some(&space), None)?;
        let attributes = PyDict::new(py);
        for name in ["__module__", "__name__", "__qualname__", "__doc__"] {
            sample.setattr(name, PyString::new(py, &format!("sample {name}")))?;
        }
        sample.setattr("__defaults__", (1000,))?;
        attributes.set_item("y", 1)?;
        sample.setattr("__kwdefaults__", attributes.copy()?)?;
        sample.setattr("__annotations__", attributes.copy()?)?;
        sample.setattr("sample", 1)?;
        let mut seen = self.of(&sample, self.function)?;
        if sample.hasattr(intern!(py, "__type_params__"))? {
            // An empty tuple need not be stored.
            sample.setattr("__type_params__", (1000,))?;
            seen = self.of(&sample, self.function)?;
        }
        let Some(addresses) = seen.addresses() else {
            return Ok(false);
        };
        for name in names {
            if let Some(value) = sample.getattr_opt(name)?
                && !addresses.contains(&(value.as_ptr() as usize))
            {
                return Ok(false);
            }
        }
        // From 3.14 on; it takes the place of the annotations.
        if sample.hasattr(intern!(py, "__annotate__"))? {
            let annotate = py.eval(c"lambda format: {}", Some(&space), None)?;
            sample.setattr("__annotate__", &annotate)?;
            let seen = self.of(&sample, self.function)?;
            let address = annotate.as_ptr() as usize;
            if !seen.addresses().is_some_and(|seen| seen.contains(&address)) {
                return Ok(false);
            }
        }
        let cell = sample.getattr("__closure__")?.get_item(0)?;
        Ok(self.of(&cell, self.cell)?.count == 1)
    }

    fn of(
        &self,
        obj: &Bound<'_, PyAny>,
        traverse: Option<ffi::traverseproc>,
    ) -> PyResult<Referents> {
        let mut found = Referents::new();
        if let Some(traverse) = traverse {
            // SAFETY: the traverseproc is that of the object's exact type. It only calls `visit`, with borrowed
            // references, and `visit` only notes their addresses in `found`.
            unsafe { traverse(obj.as_ptr(), visit, (&raw mut found).cast()) };
        } else {
            let list = self.get_referents.bind(obj.py()).call1((obj,))?;
            for referent in list.cast::<PyList>()? {
                found.push(referent.as_ptr() as usize);
            }
        }
        Ok(found)
    }

    /// What is in the slots of an exact function.
    pub(super) fn function(&self, function: &Bound<'_, PyAny>) -> PyResult<Referents> {
        self.of(function, self.function)
    }

    /// The address of what is in an exact cell, 0 if it is empty.
    pub(super) fn contents(&self, cell: &Bound<'_, PyAny>) -> PyResult<usize> {
        let found = self.of(cell, self.cell)?;
        Ok(if found.count == 1 { found.places[0] } else { 0 })
    }

    /// The dict of a class that a class statement made and whose metaclass is exactly `type`.
    pub(crate) fn class_dict<'py>(
        &self,
        class: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let py = class.py();
        let found = self.of(class, self.class)?;
        let Some(addresses) = found.addresses() else {
            return Ok(None);
        };
        let mut dict = None;
        for address in addresses {
            // SAFETY: the class holds the object, and nothing has run since it said so.
            let held = unsafe { Bound::from_borrowed_ptr(py, *address as *mut ffi::PyObject) };
            if let Ok(held) = held.cast_into_exact::<PyDict>()
                && dict.replace(held).is_some()
            {
                return Ok(None);
            }
        }
        Ok(dict)
    }
}

extern "C" fn visit(object: *mut ffi::PyObject, found: *mut c_void) -> c_int {
    // SAFETY: `of` passes a pointer to a `Referents` that nothing else uses meanwhile.
    let found = unsafe { &mut *found.cast::<Referents>() };
    found.push(object as usize);
    0
}
