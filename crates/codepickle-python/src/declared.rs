//! How plain classes were declared the last time.
//!
//! A declaration is read by Python code (`codepickle._classes`), which knows every kind of class. Of a class without
//! metaclass, annotations and the like it is the attributes with a few names before them: as long as these are the same, it
//! is put together here. What is put together is compared with what was read before it is used for the first time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};
use pyo3::{PyTypeInfo, intern};

use crate::engine::Engine;
use crate::engine::known::Known;
use crate::engine::{is_constant, next_entry};
use crate::kept::{Alive, Inspector, is_plain_class, is_special, property_type};
use crate::plans::{self, Plan};
use crate::reference;

/// So many classes are remembered; each takes a kilobyte or two.
const MOST: usize = 4096;

/// What a declaration is read from besides the values of attributes: these themselves.
const READ: [&str; 4] = ["__module__", "__doc__", "__slots__", "__parameters__"];

struct Attribute {
    name: Py<PyString>,
    /// The address of its type, a builtin one.
    kind: usize,
    /// The value, if the declaration depends on it.
    value: Option<Py<PyAny>>,
    /// Whether it is to be empty.
    is_empty: bool,
    /// Whether it is the descriptor of one of the class's slots.
    is_slot: bool,
    travels: bool,
}

struct Base {
    alive: Alive,
    /// Its names, if it goes by reference: a part of the token.
    names: Option<(Py<PyAny>, Py<PyAny>)>,
}

struct Declaration {
    alive: Alive,
    name: Py<PyAny>,
    qualname: Py<PyAny>,
    /// None for `object` alone.
    bases: Option<Vec<Base>>,
    attributes: Vec<Attribute>,
    /// Whether the docstring that the text has is to be taken away.
    loses_doc: bool,
    token: Py<PyAny>,
    number: Py<PyAny>,
    unit: Option<Py<PyAny>>,
    methods: Vec<(Py<PyAny>, Arc<Plan>)>,
    /// The runtime's `t` and `s`.
    make: Py<PyAny>,
    fill: Py<PyAny>,
    /// The arguments of `t`; None is the place of the bases.
    arguments: Vec<Option<Py<PyAny>>>,
}

#[derive(Default)]
struct Cache {
    declarations: HashMap<usize, Arc<Declaration>>,
    order: VecDeque<usize>,
}

fn cache(py: Python<'_>) -> MutexGuard<'static, Cache> {
    static CACHE: PyOnceLock<Mutex<Cache>> = PyOnceLock::new();
    // No Python code runs while the lock is held, so a poisoned lock guards consistent data.
    CACHE
        .get_or_init(py, Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// The reduce value of a class whose declaration is as it was; `numbers` are those of the payload.
pub(crate) fn find<'py>(
    engine: &mut Engine<'py>,
    class: &Bound<'py, PyType>,
    numbers: &Bound<'py, PyDict>,
) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let mut tokens = Vec::new();
    let Some((declaration, dict)) = valid(class, &mut tokens)? else {
        return Ok(None);
    };
    let py = class.py();
    // Either all get the numbers that they have, or the numbers are given anew.
    let mut fresh = Vec::new();
    for (part, its_class) in &tokens {
        let (token, number) = (part.token.bind(py), part.number.bind(py));
        if let Some(used) = numbers.get_item(token)? {
            match used.cast::<PyDict>()?.get_item(number)? {
                Some(other) if other.is(its_class) => {}
                _ => return Ok(None),
            }
        } else {
            fresh.push((token.clone(), number.clone(), its_class.clone()));
        }
    }
    for (token, number, its_class) in fresh {
        let used = match numbers.get_item(&token)? {
            Some(used) => used.cast_into::<PyDict>()?,
            None => PyDict::new(py),
        };
        if !used.is_empty() {
            return Ok(None);
        }
        used.set_item(number, its_class)?;
        numbers.set_item(token, used)?;
    }
    if let Some(unit) = &declaration.unit {
        engine.ext.units.insert(unit.as_ptr() as usize);
    }
    for (code, plan) in &declaration.methods {
        plans::add_method(code.bind(py), plan);
    }
    declaration.put_together(class, &dict).map(Some)
}

type Parts<'py> = Vec<(Arc<Declaration>, Bound<'py, PyAny>)>;

/// The declaration of a class if it still is that; `tokens` gets all that its token is made of, and it itself.
fn valid<'py>(
    class: &Bound<'py, PyType>,
    tokens: &mut Parts<'py>,
) -> PyResult<Option<(Arc<Declaration>, Bound<'py, PyDict>)>> {
    /// A tower of more bases than this is read each time.
    const DEEPEST: usize = 50;
    let py = class.py();
    let found = cache(py)
        .declarations
        .get(&(class.as_ptr() as usize))
        .cloned();
    let (Some(found), Some(inspector)) = (found, Inspector::get(py)) else {
        return Ok(None);
    };
    if tokens.len() > DEEPEST || !found.alive.get(py).is_some_and(|alive| alive.is(class)) {
        return Ok(None);
    }
    let Some(dict) = inspector.class_dict(class)? else {
        return Ok(None);
    };
    if !found.has_same_names(class)? || !found.has_same_attributes(class, &dict)? {
        return Ok(None);
    }
    let bases = class.getattr(intern!(py, "__bases__"))?;
    let bases = bases.cast::<PyTuple>()?;
    match &found.bases {
        None => {
            if bases.len() != 1 || !bases.get_item(0)?.is(py.get_type::<PyAny>()) {
                return Ok(None);
            }
        }
        Some(expected) => {
            if bases.len() != expected.len() {
                return Ok(None);
            }
            for (base, expected) in bases.iter().zip(expected) {
                if !expected.is(&base, tokens)? {
                    return Ok(None);
                }
            }
        }
    }
    tokens.push((found.clone(), class.clone().into_any()));
    Ok(Some((found, dict)))
}

impl Base {
    fn of(base: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let py = base.py();
        let Some(alive) = Alive::of(base) else {
            return Ok(None);
        };
        if base.is(py.get_type::<PyAny>()) || reference::by_default(base)? {
            let names = (
                base.getattr(intern!(py, "__module__"))?.unbind(),
                base.getattr(intern!(py, "__qualname__"))?.unbind(),
            );
            return Ok(Some(Self {
                alive,
                names: Some(names),
            }));
        }
        Ok(Some(Self { alive, names: None }))
    }

    fn is<'py>(&self, base: &Bound<'py, PyAny>, tokens: &mut Parts<'py>) -> PyResult<bool> {
        let py = base.py();
        if !self.alive.get(py).is_some_and(|alive| alive.is(base)) {
            return Ok(false);
        }
        let by_name = base.is(py.get_type::<PyAny>()) || reference::by_default(base)?;
        let Some((module, qualname)) = &self.names else {
            return Ok(!by_name && valid(base.cast()?, tokens)?.is_some());
        };
        Ok(by_name
            && base.getattr(intern!(py, "__module__"))?.eq(module)?
            && base.getattr(intern!(py, "__qualname__"))?.eq(qualname)?)
    }
}

impl Declaration {
    fn has_same_names(&self, class: &Bound<'_, PyType>) -> PyResult<bool> {
        let py = class.py();
        Ok(is_plain_class(class)
            && class.getattr(intern!(py, "__name__"))?.is(&self.name)
            && class
                .getattr(intern!(py, "__qualname__"))?
                .is(&self.qualname))
    }

    fn has_same_attributes(
        &self,
        class: &Bound<'_, PyType>,
        dict: &Bound<'_, PyDict>,
    ) -> PyResult<bool> {
        if dict.len() != self.attributes.len() {
            return Ok(false);
        }
        let mut position = 0;
        for expected in &self.attributes {
            let Some((name, value)) = next_entry(dict, &mut position) else {
                return Ok(false);
            };
            let is_same = name.is(&expected.name)
                && value.get_type_ptr() as usize == expected.kind
                && expected.value.as_ref().is_none_or(|held| value.is(held))
                && (!expected.is_empty || value.is_empty()?)
                && (!expected.is_slot || is_slot_of(class, &value)?);
            if !is_same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What `_classes.reduce_plain_class` returns.
    fn put_together<'py>(
        &self,
        class: &Bound<'py, PyType>,
        dict: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let py = class.py();
        let mut arguments = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            arguments.push(match argument {
                Some(argument) => argument.bind(py).clone(),
                None => class.getattr(intern!(py, "__bases__"))?,
            });
        }
        let state = PyDict::new(py);
        let doc = intern!(py, "__doc__");
        let own_doc = dict.get_item(doc)?.filter(|own| !own.is_none());
        if let Some(own) = &own_doc
            && !self.loses_doc
        {
            state.set_item(doc, own)?;
        }
        let mut position = 0;
        for attribute in &self.attributes {
            let Some((name, value)) = next_entry(dict, &mut position) else {
                break;
            };
            if attribute.travels {
                state.set_item(name, value)?;
            }
        }
        if own_doc.is_none() && self.loses_doc {
            state.set_item(doc, py.None())?;
        }
        let none = || py.None().into_bound(py);
        PyTuple::new(
            py,
            [
                self.make.bind(py).clone(),
                PyTuple::new(py, arguments)?.into_any(),
                state.into_any(),
                none(),
                none(),
                self.fill.bind(py).clone(),
            ],
        )
    }

    /// The declaration of a class that was read just now; None for one of those that are to be read each time.
    fn of<'py>(
        class: &Bound<'py, PyType>,
        unit: Option<&Bound<'py, PyAny>>,
        reduced: &Bound<'py, PyTuple>,
    ) -> PyResult<Option<Self>> {
        let py = class.py();
        let (Some(inspector), Some(alive)) = (Inspector::get(py), Alive::of(class)) else {
            return Ok(None);
        };
        let runtime = py.import(intern!(py, "codepickle._runtime"))?;
        let info = runtime.call_method1(intern!(py, "class_info"), (class,))?;
        if !is_plain_class(class)
            || reduced.len() != 6
            || !reduced.get_item(0)?.is(&runtime.getattr(intern!(py, "t"))?)
            || info.is_none()
        {
            return Ok(None);
        }
        let (Some(dict), Ok(state)) = (
            inspector.class_dict(class)?,
            reduced.get_item(2)?.cast_into_exact::<PyDict>(),
        ) else {
            return Ok(None);
        };
        let Some(attributes) = attributes_of(class, &dict, &state)? else {
            return Ok(None);
        };
        let real = class.getattr(intern!(py, "__bases__"))?;
        let real = real.cast::<PyTuple>()?;
        let bases = if real.len() == 1 && real.get_item(0)?.is(py.get_type::<PyAny>()) {
            None
        } else {
            let mut bases = Vec::with_capacity(real.len());
            for base in real {
                match Base::of(&base)? {
                    Some(base) => bases.push(base),
                    None => return Ok(None),
                }
            }
            Some(bases)
        };
        let identity = info.get_item(0)?;
        let mut arguments = Vec::new();
        for argument in reduced.get_item(1)?.cast::<PyTuple>()? {
            arguments.push(if argument.is(real) {
                None
            } else {
                Some(argument.unbind())
            });
        }
        let mut methods = Vec::new();
        if unit.is_some() {
            for attribute in plans::snippets(py)?
                .call_method1(intern!(py, "class_unit"), (class,))?
                .getattr(intern!(py, "methods"))?
                .try_iter()?
            {
                let code = attribute?.get_item(0)?;
                let Some(plan) = plans::known_source(&code) else {
                    return Ok(None);
                };
                methods.push((code.unbind(), plan));
            }
        }
        let doc = intern!(py, "__doc__");
        let has_doc = dict.get_item(doc)?.is_some_and(|doc| !doc.is_none());
        let declaration = Self {
            alive,
            name: class.getattr(intern!(py, "__name__"))?.unbind(),
            qualname: class.getattr(intern!(py, "__qualname__"))?.unbind(),
            bases,
            attributes,
            loses_doc: state.contains(doc)? != has_doc,
            token: identity.get_item(0)?.unbind(),
            number: identity.get_item(1)?.unbind(),
            unit: unit.map(|unit| unit.clone().unbind()),
            methods,
            make: reduced.get_item(0)?.unbind(),
            fill: reduced.get_item(5)?.unbind(),
            arguments,
        };
        let made = declaration.put_together(class, &dict)?;
        Ok(is_same(&made, reduced)?.then_some(declaration))
    }
}

fn is_slot_of(class: &Bound<'_, PyType>, descriptor: &Bound<'_, PyAny>) -> PyResult<bool> {
    let of = descriptor.getattr(intern!(class.py(), "__objclass__"))?;
    Ok(of.is(class))
}

fn attributes_of(
    class: &Bound<'_, PyType>,
    dict: &Bound<'_, PyDict>,
    state: &Bound<'_, PyDict>,
) -> PyResult<Option<Vec<Attribute>>> {
    let py = class.py();
    let known = Known::get(py)?;
    let kinds = [
        known.function.as_ptr() as usize,
        known.static_method.as_ptr() as usize,
        known.class_method.as_ptr() as usize,
        known.getset.as_ptr() as usize,
        known.member.as_ptr() as usize,
        property_type(py)?,
        known.none_type.as_ptr() as usize,
        PyString::type_object_raw(py) as usize,
        PyInt::type_object_raw(py) as usize,
        PyFloat::type_object_raw(py) as usize,
        PyTuple::type_object_raw(py) as usize,
        PyList::type_object_raw(py) as usize,
        PyDict::type_object_raw(py) as usize,
        pyo3::types::PyBool::type_object_raw(py) as usize,
        PyType::type_object_raw(py) as usize,
    ];
    let mut attributes = Vec::with_capacity(dict.len());
    let mut position = 0;
    while let Some((name, value)) = next_entry(dict, &mut position) {
        let Ok(name) = name.cast_into_exact::<PyString>() else {
            return Ok(None);
        };
        let kind = value.get_type_ptr() as usize;
        let text = name.to_cow()?;
        // The annotations of 3.14 are None and an empty dict where there are none.
        let empty = match &*text {
            "__annotate_func__" => value.is_none(),
            "__annotations_cache__" => value.is_empty().unwrap_or(false),
            _ => false,
        };
        let special = (is_special(&text) || text.starts_with("__annot")) && !empty;
        let is_slot = kind == known.member.as_ptr() as usize;
        if special || !kinds.contains(&kind) || (is_slot && !is_slot_of(class, &value)?) {
            return Ok(None);
        }
        let read = READ.contains(&&*text);
        if read && !is_constant(&value) {
            return Ok(None);
        }
        let travels = text != "__doc__" && state.contains(&name)?;
        drop(text);
        attributes.push(Attribute {
            name: name.unbind(),
            kind,
            is_empty: empty && !value.is_none(),
            is_slot,
            value: read.then(|| value.unbind()),
            travels,
        });
    }
    Ok(Some(attributes))
}

/// Whether two reduce values are the same: by identity, but for what is made anew each time.
fn is_same(made: &Bound<'_, PyTuple>, read: &Bound<'_, PyTuple>) -> PyResult<bool> {
    let same = |one: &Bound<'_, PyTuple>, other: &Bound<'_, PyTuple>| {
        one.len() == other.len()
            && one
                .iter_borrowed()
                .zip(other.iter_borrowed())
                .enumerate()
                .all(|(place, (one, other))| {
                    one.is(&*other)
                        || (one.is_exact_instance_of::<PyDict>() && place == 2)
                        || one.is_exact_instance_of::<PyTuple>() && place == 1
                })
    };
    let (own, other) = (made.get_item(1)?, read.get_item(1)?);
    let (own_state, other_state) = (made.get_item(2)?, read.get_item(2)?);
    let (own_state, other_state) = (own_state.cast::<PyDict>()?, other_state.cast::<PyDict>()?);
    Ok(same(made, read)
        && own
            .cast::<PyTuple>()?
            .iter_borrowed()
            .zip(other.cast::<PyTuple>()?.iter_borrowed())
            .all(|(one, other)| one.is(&*other))
        && own.len()? == other.len()?
        && own_state.len() == other_state.len()
        && own_state
            .iter()
            .zip(other_state.iter())
            .all(|(one, other)| one.0.is(&other.0) && one.1.is(&other.1)))
}

/// Takes note of a declaration that was read.
pub(crate) fn note<'py>(
    class: &Bound<'py, PyType>,
    unit: Option<&Bound<'py, PyAny>>,
    reduced: &Bound<'py, PyTuple>,
) -> PyResult<()> {
    let py = class.py();
    let Some(declaration) = Declaration::of(class, unit, reduced)? else {
        return Ok(());
    };
    let key = class.as_ptr() as usize;
    let mut cache = cache(py);
    let replaced = cache.declarations.insert(key, Arc::new(declaration));
    if replaced.is_none() {
        cache.order.push_back(key);
    }
    let mut dropped = vec![replaced];
    if cache.order.len() > MOST
        && let Some(oldest) = cache.order.pop_front()
    {
        dropped.push(cache.declarations.remove(&oldest));
    }
    // The end of a code object calls Python code: not under the lock.
    drop(cache);
    drop(dropped);
    Ok(())
}
