//! Instances of ordinary classes, once the first one of its class has shown what `__reduce_ex__` makes of them.
//!
//! For an object whose class leaves pickling to `object`, `__reduce_ex__` returns `copyreg.__newobj__`, the class, and
//! `__dict__` or the slots. So from the second instance on these are read without the call and its three tuples. A class is
//! looked through when its plan is made, and the plan is good until code runs that may change the class: any code of
//! Python's that a dump calls. (What other threads and the garbage collector do meanwhile may come too late for this dump,
//! as it may for the call.)
use crate::names::intern;
use codepickle_stream::op;
#[cfg(all(feature = "abi3-py310", not(feature = "abi3-py37")))]
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping, PyString, PyTuple, PyType};

use super::Engine;
use super::containers::next_entry;
use super::work::MANY_TASKS;

/// So many classes have a plan at a time.
const MOST_PLANS: usize = 8;

/// A plan costs a few calls of `__reduce_ex__`: so many more than this one per four instances are not made.
const FREE_PLANS: u32 = 16;

/// From so many objects on a plan is made at the first instance of a class.
const MANY_OBJECTS: usize = 100;

/// What a class, or one of its bases, must not define: it would have a say in how instances are reduced, or in what
/// their attributes are.
const OWN_WAYS: [&str; 7] = [
    "__reduce_ex__",
    "__reduce__",
    "__getstate__",
    "__getnewargs_ex__",
    "__getnewargs__",
    "__getattribute__",
    "__getattr__",
];

/// What an instance's state is.
enum State {
    /// Its `__dict__`, which is not empty. The keys are those of the last instance: none begins with two underscores, where
    /// it might stand for a method.
    Dict(Vec<Py<PyAny>>),
    /// These slots.
    Slots(Vec<Py<PyString>>),
}

/// How instances of a class are written.
struct Plan {
    class: Py<PyType>,
    /// [`Plans::epoch`] when it was made.
    epoch: u32,
    state: State,
}

/// The plans of a dump.
#[derive(Default)]
pub(super) struct Plans {
    of_classes: Vec<Plan>,
    /// Counts the calls of unknown code.
    epoch: u32,
    made: u32,
    used: u32,
}

impl<'py> Engine<'py> {
    /// Says that any code may run now.
    #[inline]
    pub(super) fn distrust(&mut self) {
        self.plans.epoch = self.plans.epoch.wrapping_add(1);
    }

    /// Whether nobody but the class has a say.
    fn takes_plans(&self) -> bool {
        self.one_shot()
            && self.protocol >= 2
            && !self.fast
            && self.hooks.persistent_id.is_none()
            && self.hooks.reducer_override.is_none()
            && self.hooks.dispatch_table.is_none()
    }

    /// Makes a plan for the class of `obj` from what `__reduce_ex__` returned for it, if it did what `object` does; returns
    /// whether there is one.
    pub(super) fn plan(
        &mut self,
        obj: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
        again: bool,
    ) -> PyResult<bool> {
        if !(again || self.memo.len() >= MANY_OBJECTS)
            || self.plans.made > FREE_PLANS + self.plans.used / 4
            || !self.takes_plans()
        {
            return Ok(false);
        }
        let class = obj.get_type();
        let Ok(value) = value.cast_exact::<PyTuple>() else {
            return Ok(false);
        };
        let rest_is_none = (3..value.len()).all(|at| value.get_item(at).is_ok_and(|i| i.is_none()));
        if value.len() < 3 || !value.get_item(0)?.is(&self.known.newobj) || !rest_is_none {
            return Ok(false);
        }
        let (args, state) = (value.get_item(1)?, value.get_item(2)?);
        let Ok(args) = args.cast_into_exact::<PyTuple>() else {
            return Ok(false);
        };
        if args.len() != 1 || !args.get_item(0)?.is(&class) {
            return Ok(false);
        }
        let Some((slots, has_dict)) = self.look_through(&class)? else {
            return Ok(false);
        };
        let state = if has_dict && slots.is_empty() {
            if !state.is_exact_instance_of::<PyDict>() {
                return Ok(false);
            }
            State::Dict(Vec::new())
        } else if has_dict || slots.is_empty() {
            return Ok(false);
        } else {
            State::Slots(slots)
        };
        let plan = Plan {
            class: class.unbind(),
            epoch: self.plans.epoch,
            state,
        };
        self.plans.made += 1;
        let plans = &mut self.plans.of_classes;
        plans.retain(|old| !old.class.is(&plan.class));
        if plans.len() >= MOST_PLANS {
            plans.remove(0);
        }
        plans.push(plan);
        Ok(true)
    }

    /// The slots of a class that leaves pickling to `object`, and whether its instances have a `__dict__`.
    #[allow(clippy::type_complexity, reason = "used once")]
    fn look_through(
        &self,
        class: &Bound<'py, PyType>,
    ) -> PyResult<Option<(Vec<Py<PyString>>, bool)>> {
        let py = self.py;
        let (object, dict) = (py.get_type::<PyAny>(), intern!(py, "__dict__"));
        let mut namespaces = Vec::new();
        let mut has_dict = false;
        for base in class.mro() {
            if base.is(&object) {
                continue;
            }
            // Another metaclass may have a way of its own.
            if !base.is_exact_instance_of::<PyType>() {
                return Ok(None);
            }
            let namespace = base.getattr(dict)?.cast_into::<PyMapping>()?;
            for name in OWN_WAYS {
                if namespace.contains(PyString::intern(py, name))? {
                    return Ok(None);
                }
            }
            if namespace.contains(dict)? {
                if !namespace.get_item(dict)?.get_type().is(&self.known.getset) {
                    return Ok(None);
                }
                has_dict = true;
            }
            namespaces.push(namespace);
        }
        let Some(own) = namespaces.first() else {
            return Ok(None);
        };
        // copyreg has left it there when the first instance was reduced.
        let name = intern!(py, "__slotnames__");
        if !own.contains(name)? {
            return Ok(None);
        }
        let Ok(names) = own.get_item(name)?.cast_into_exact::<PyList>() else {
            return Ok(None);
        };
        let mut slots = Vec::new();
        for name in names {
            let Ok(name) = name.cast_into_exact::<PyString>() else {
                return Ok(None);
            };
            for namespace in &namespaces {
                if namespace.contains(&name)? {
                    if !namespace.get_item(&name)?.get_type().is(&self.known.member) {
                        return Ok(None);
                    }
                    slots.push(name.unbind());
                    break;
                }
            }
        }
        Ok(Some((slots, has_dict)))
    }

    /// Writes `obj` if there is a plan for its class that is still good and fits it.
    pub(super) fn save_by_plan(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<bool> {
        let class = obj.get_type_ptr().cast();
        let epoch = self.plans.epoch;
        let found = self.plans.of_classes.iter();
        let Some(at) = found
            .clone()
            .position(|plan| plan.class.as_ptr() == class && plan.epoch == epoch)
        else {
            return Ok(false);
        };
        if self.tasks.len() >= MANY_TASKS {
            return Ok(false);
        }
        let py = self.py;
        let plan = &mut self.plans.of_classes[at];
        let state = match &mut plan.state {
            State::Dict(keys) => {
                let Some(dict) = instance_dict(obj).filter(|dict| fits(dict, keys)) else {
                    return Ok(false);
                };
                dict.into_any()
            }
            State::Slots(names) => {
                let slots = PyDict::new(py);
                for name in names.iter() {
                    let Ok(value) = obj.getattr(name.bind(py)) else {
                        return Ok(false); // Not set.
                    };
                    slots.set_item(name, value)?;
                }
                (py.None(), slots).into_pyobject(py)?.into_any()
            }
        };
        let class = plan.class.bind(py).clone();
        // As a global or by value: written with the first instance, unless it has an extension code.
        let Some(index) = self.memoized(class.as_any()) else {
            return Ok(false);
        };
        self.plans.used = self.plans.used.saturating_add(1);
        self.boundary()?;
        self.get(index)?;
        self.boundary()?;
        self.out.raw(&[op::EMPTY_TUPLE, op::NEWOBJ]);
        self.memoize(obj)?;
        let base = self.tasks.len();
        let result = self.save(&state);
        if result.is_ok() && self.tasks.len() == base {
            self.out.op(op::BUILD);
            return Ok(true);
        }
        // Below what it waits for. After an error, too: the path is read off the tasks.
        let args = PyTuple::new(py, [class])?;
        let value = (self.known.newobj.bind(py), args, state).into_pyobject(py)?;
        self.wait_for_state(base.min(self.tasks.len()), value, obj);
        result.map(|()| true)
    }
}

/// The `__dict__` of an object whose class has the usual one.
fn instance_dict<'py>(obj: &Bound<'py, PyAny>) -> Option<Bound<'py, PyDict>> {
    let py = obj.py();
    #[cfg(all(feature = "abi3-py310", not(feature = "abi3-py37")))]
    // SAFETY: `obj` is a valid reference; the result is a new one, or NULL with an exception set.
    let dict = unsafe {
        let none = std::ptr::null_mut();
        Bound::from_owned_ptr_or_err(py, ffi::PyObject_GenericGetDict(obj.as_ptr(), none))
    };
    #[cfg(not(all(feature = "abi3-py310", not(feature = "abi3-py37"))))]
    let dict = obj.getattr(intern!(py, "__dict__"));
    dict.ok()?.cast_into_exact().ok()
}

/// Whether the `__dict__` of an instance is its state: it is not empty, and no key stands for a method that has a say.
fn fits(dict: &Bound<'_, PyDict>, keys: &mut Vec<Py<PyAny>>) -> bool {
    let (mut position, mut count) = (0, 0);
    while let Some((key, _)) = next_entry(dict, &mut position) {
        if keys.get(count).is_none_or(|known| !known.is(&key)) {
            let Ok(text) = key.cast_exact::<PyString>() else {
                return false;
            };
            if text.to_cow().is_ok_and(|text| text.starts_with("__")) {
                return false;
            }
            keys.truncate(count);
            keys.push(key.unbind());
        }
        count += 1;
    }
    count > 0
}
