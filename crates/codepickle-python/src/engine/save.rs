//! What is to be done with an object: the checks of `_pickle.save`, in its order.
use codepickle_stream::op;
use pyo3::exceptions::{PyAttributeError, PyKeyError};
use pyo3::prelude::*;
use pyo3::types::{
    PyByteArray, PyBytes, PyComplex, PyDict, PyFrozenSet, PyList, PyModule, PySet, PyString,
    PyTuple, PyType,
};
use pyo3::{PyTypeInfo, ffi, intern};

use super::{Engine, Task};
use crate::{errors, functions};

impl<'py> Engine<'py> {
    /// Saves an object: writes it, or pushes the tasks that will.
    pub(crate) fn save(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        self.boundary()?;
        if self.hooks.persistent_id.is_some() && self.save_persistent(obj)? {
            return Ok(());
        }
        if self.save_atom(obj)? {
            return Ok(());
        }
        self.save_object(obj)
    }

    /// Saves an object without asking for its persistent id.
    pub(super) fn save_without_pid(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        self.boundary()?;
        if self.save_atom(obj)? {
            return Ok(());
        }
        self.save_object(obj)
    }

    fn save_persistent(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<bool> {
        let py = self.py;
        let Some(persistent_id) = &self.hooks.persistent_id else {
            return Ok(false);
        };
        let pid = persistent_id.call1((obj,))?;
        if pid.is_none() {
            return Ok(false);
        }
        if self.protocol > 0 {
            self.tasks.push(Task::SavePid(pid));
            return Ok(true);
        }
        let text = pid.str()?;
        let text = text.to_string_lossy();
        if !text.is_ascii() {
            return Err(errors::pickling_error(
                py,
                "persistent IDs in protocol 0 must be ASCII strings",
            ));
        }
        self.out.line(op::PERSID, text.as_bytes());
        Ok(true)
    }

    pub(super) fn save_object(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        if self.get_if_memoized(obj)? {
            return Ok(());
        }
        let py = self.py;
        let ty = obj.get_type_ptr();
        if ty == PyTuple::type_object_raw(py) {
            return self.save_tuple(obj.cast()?);
        } else if ty == PyDict::type_object_raw(py) {
            return self.save_dict(obj.cast()?);
        } else if ty == PyList::type_object_raw(py) {
            return self.save_list(obj.cast()?);
        } else if ty == PyString::type_object_raw(py) {
            // An atom if it were not large.
            return self.save_large_str(obj);
        } else if ty == PyBytes::type_object_raw(py) {
            return self.save_bytes(obj);
        } else if self.save_by_plan(obj)? {
            return Ok(());
        }
        self.distrust();
        if ty == PySet::type_object_raw(py) {
            return self.save_set(obj, false);
        } else if ty == PyFrozenSet::type_object_raw(py) {
            return self.save_set(obj, true);
        } else if ty == PyByteArray::type_object_raw(py) {
            return self.save_bytearray(obj);
        }
        let known = self.known;
        let is = |class: &Py<PyType>| ty.cast() == class.as_ptr();
        if known.pickle_buffer.as_ref().is_some_and(is) {
            return self.save_pickle_buffer(obj);
        }
        if let Some(reducer) = &self.hooks.reducer_override {
            let value = reducer.call1((obj,))?;
            if !value.is(py.NotImplemented()) {
                return self.save_reduced(value, obj);
            }
        }
        let is_type = ty == PyType::type_object_raw(py);
        if is_type || is(&known.function) || is(&known.module) || is(&known.cell) || is(&known.code)
        {
            if functions::try_save(self, obj)? {
                return Ok(());
            }
            if is_type {
                return self.save_type(obj);
            } else if is(&known.function) {
                return self.save_global(obj, None);
            }
        }
        self.save_by_reducer(obj)
    }

    fn save_by_reducer(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        self.count_new(obj)?;
        let result = self.reduce(obj);
        self.reduced();
        result
    }

    /// Dispatch tables, metaclasses and `__reduce_ex__`.
    fn reduce(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = self.py;
        let class = obj.get_type();
        if obj.is_exact_instance_of::<PyComplex>()
            && self.shares_constants()
            && self.hooks.dispatch_table.is_none()
        {
            let first = self.constants.first(obj);
            if self.get_if_memoized(&first)? {
                return Ok(());
            }
        }
        let reducer = self.find_reducer(&class)?;
        let mut is_ordinary = reducer.is_none();
        if let Some(reducer) = reducer
            && !self.is_replaced(&class, &reducer)?
        {
            self.culprit = Some(obj.clone());
            let value = reducer.call1((obj,))?;
            self.culprit = None;
            return self.save_reduced(value, obj);
        }
        if obj.is_instance_of::<PyType>() {
            if functions::try_save(self, obj)? {
                return Ok(());
            }
            return self.save_global(obj, None);
        }
        if obj.is_instance_of::<PyModule>()
            && class.as_ptr() != self.known.module.as_ptr()
            && functions::try_save(self, obj)?
        {
            return Ok(());
        }
        let again = self.ordinary.as_ref().is_some_and(|last| last.is(&class));
        if let Some(reducer) = self.own_reducer(&class)? {
            is_ordinary = false;
            self.culprit = Some(obj.clone());
            let value = reducer.call1((obj,))?;
            self.culprit = None;
            if !value.is(py.NotImplemented()) {
                self.push_links(obj, &value)?;
                return self.save_reduced(value, obj);
            }
        }
        self.culprit = Some(obj.clone());
        let value = if let Some(value) = self.reduce_ex(obj)? {
            value
        } else {
            let Some(reduce) = obj.getattr_opt(intern!(py, "__reduce__"))? else {
                let text = format!("can't pickle '{}' object", class.name()?);
                return Err(errors::pickling_error(py, &text));
            };
            reduce.call0()?
        };
        self.check_old_reduce(obj, &value)?;
        self.culprit = None;
        if is_ordinary && self.plan(obj, &value, again)? {
            return self.save_reduced(value, obj);
        }
        self.push_links(obj, &value)?;
        let result = self.save_reduced(value, obj);
        self.distrust();
        result
    }

    /// `obj.__reduce_ex__(protocol)`, without an object for the bound method; `None` if there is no such method.
    fn reduce_ex(&self, obj: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = self.py;
        let name = intern!(py, "__reduce_ex__");
        let protocol = self.protocol.into_pyobject(py)?;
        // SAFETY: the arguments are live objects, and NULL ends them. The result is a new reference, or NULL with an
        // exception set.
        let value = unsafe {
            let end: *mut ffi::PyObject = std::ptr::null_mut();
            Bound::from_owned_ptr_or_err(
                py,
                ffi::PyObject_CallMethodObjArgs(
                    obj.as_ptr(),
                    name.as_ptr(),
                    protocol.as_ptr(),
                    end,
                ),
            )
        };
        match value {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                if error.is_instance_of::<PyAttributeError>(py) && obj.getattr_opt(name)?.is_none()
                {
                    return Ok(None);
                }
                Err(error)
            }
        }
    }

    /// By protocols 0 and 1 `object.__reduce_ex__` takes instances of classes made in C for what they are not, and what
    /// it returns cannot be loaded. Protocol 2 refuses them.
    fn check_old_reduce(&self, obj: &Bound<'py, PyAny>, value: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = self.py;
        if self.protocol < 2
            && let Ok(value) = value.cast::<PyTuple>()
            && value.len() == 2
            && value.get_item(0)?.is(&self.known.reconstructor)
            && let Ok(args) = value.get_item(1)?.cast::<PyTuple>()
            && args.len() == 3
            && args.get_item(1)?.is(py.get_type::<PyAny>())
        {
            obj.call_method1(intern!(py, "__reduce_ex__"), (2,))?;
        }
        Ok(())
    }

    /// The reducer for a class from the user's dispatch table, or else from copyreg's.
    fn find_reducer(&self, class: &Bound<'py, PyType>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = self.py;
        let Some(table) = &self.hooks.dispatch_table else {
            return self.known.dispatch_table.bind(py).get_item(class);
        };
        if let Ok(table) = table.cast_exact::<PyDict>() {
            return table.get_item(class);
        }
        // A ChainMap of dicts, which is what pickler classes have, is looked through without its Python code.
        if table.get_type().is(&self.known.chain_map)
            && let Ok(maps) = table.getattr(intern!(py, "maps"))?.cast_exact::<PyList>()
            && maps.iter().all(|map| map.is_exact_instance_of::<PyDict>())
        {
            for map in maps {
                if let Some(reducer) = map.cast::<PyDict>()?.get_item(class)? {
                    return Ok(Some(reducer));
                }
            }
            return Ok(None);
        }
        match table.get_item(class) {
            Ok(reducer) => Ok(Some(reducer)),
            Err(error) if error.is_instance_of::<PyKeyError>(py) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whose `__reduce_ex__` raised, if that is what happened.
    pub(crate) fn culprit(&self) -> Option<&Bound<'py, PyAny>> {
        self.culprit.as_ref()
    }
}
