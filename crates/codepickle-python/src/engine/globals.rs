//! Objects that are saved as the place where they can be found.
use crate::names::intern;
use pyo3::exceptions::{PyAttributeError, PyRuntimeError, PyUnicodeEncodeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyInt, PyList, PyString, PyTuple, PyType};

use super::{Engine, Op, Task};
use crate::errors;

/// Where a global was found.
pub(super) struct Found<'py> {
    pub(super) module_name: Bound<'py, PyAny>,
    pub(super) module: Bound<'py, PyAny>,
    /// What has it as an attribute: the module, or a class for a dotted name.
    pub(super) parent: Bound<'py, PyAny>,
    pub(super) last_name: Bound<'py, PyAny>,
    /// The whole name.
    pub(super) name: Bound<'py, PyAny>,
}

impl<'py> Engine<'py> {
    /// The class `type` itself and its direct instances.
    pub(super) fn save_type(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = self.py;
        let known = self.known;
        let singleton = if obj.is(&known.none_type) {
            py.None().into_bound(py)
        } else if obj.is(&known.ellipsis_type) {
            py.Ellipsis().into_bound(py)
        } else if obj.is(&known.not_implemented_type) {
            py.NotImplemented().into_bound(py)
        } else {
            return self.save_global(obj, None);
        };
        let value = (py.get_type::<PyType>(), (singleton,)).into_pyobject(py)?;
        self.save_reduce(value, Some(obj))
    }

    /// Saves `obj` as a global, under the name that its reducer gave or its own.
    pub(crate) fn save_global(
        &mut self,
        obj: &Bound<'py, PyAny>,
        name: Option<Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let py = self.py;
        let name = match name {
            Some(name) => name,
            None => match obj.getattr_opt(intern!(py, "__qualname__"))? {
                Some(name) => name,
                None => obj.getattr(intern!(py, "__name__"))?,
            },
        };
        let found = self.find_global(obj, &name)?;
        if self.protocol >= 2
            && let Some(code) = self.extension_code(obj, &found.module_name, &found.name)?
        {
            self.out.extension(code);
            return Ok(());
        }
        if let Some(arguments) = self.stand_in(&found)? {
            let value = (self.known.stand_in.bind(py), arguments);
            return self.save_reduce(value.into_pyobject(py)?, Some(obj));
        }
        let top_level = found.parent.is(&found.module);
        let name = if top_level {
            found.last_name.clone()
        } else {
            found.name
        };
        if self.protocol >= 4 {
            self.push_program([
                Task::Save(found.module_name),
                Task::Save(name),
                Task::Op(Op::StackGlobal),
                Task::Memoize(obj.clone()),
            ]);
            return Ok(());
        }
        if top_level {
            self.write_global(found.module_name, name)?;
            return self.memoize(obj);
        }
        self.push_attribute(obj, found.module_name, &name)
    }

    /// Older protocols have no opcode for attributes of attributes: getattr(getattr(first, second), third).
    fn push_attribute(
        &mut self,
        obj: &Bound<'py, PyAny>,
        module: Bound<'py, PyAny>,
        name: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let py = self.py;
        let name = name.str()?.to_string_lossy().into_owned();
        let mut parts = name
            .split('.')
            .map(|part| PyString::intern(py, part).into_any());
        let Some(first) = parts.next() else {
            return Ok(());
        };
        let mut attributes = Vec::new();
        for attribute in parts {
            attributes.extend([
                Task::Save(attribute),
                Task::Op(if self.protocol < 2 {
                    Op::Tuple
                } else {
                    Op::Tuple2
                }),
                Task::Op(Op::Reduce),
            ]);
        }
        let mut program = Vec::new();
        for _ in 0..attributes.len() / 3 {
            program.push(Task::Save(self.known.getattr.bind(py).clone()));
            if self.protocol < 2 {
                program.push(Task::Op(Op::Mark));
            }
        }
        program.push(Task::Call(Box::new(move |engine| {
            engine.write_global(module, first)
        })));
        program.extend(attributes);
        program.push(Task::Memoize(obj.clone()));
        self.push_program(program);
        Ok(())
    }

    /// Finds `obj` under `name` in the module that it says it belongs to, as an unpickler will; or under the name that
    /// exists in more versions than that one.
    fn find_global(
        &self,
        obj: &Bound<'py, PyAny>,
        name: &Bound<'py, PyAny>,
    ) -> PyResult<Found<'py>> {
        let py = self.py;
        let module_name = match obj.getattr_opt(intern!(py, "__module__"))? {
            Some(module) if !module.is_none() => module,
            _ => {
                let nowhere = intern!(py, "");
                if let Some(found) = self.find_moved(obj, nowhere.as_any(), name)? {
                    return Ok(found);
                }
                py.import("pickle")?
                    .call_method1("whichmodule", (obj, name))?
            }
        };
        if let Some(found) = self.find_moved(obj, &module_name, name)? {
            return Ok(found);
        }
        let fail = |why: String, cause: Option<PyErr>| {
            let error =
                errors::pickling_error(py, &format!("Can't pickle {}: {why}", short_repr(obj)));
            error.set_cause(py, cause);
            error
        };
        let name_text = name.str()?.to_string_lossy().into_owned();
        let module_text = || module_name.str().map(|m| m.to_string_lossy().into_owned());
        let module = match self.import(&module_name) {
            Ok(module) => module,
            Err(error) if error.is_instance_of::<pyo3::exceptions::PyException>(py) => {
                let why = format!("import of module {} failed", short_repr(&module_name));
                return Err(fail(why, Some(error)));
            }
            Err(error) => return Err(error),
        };
        if name_text.split('.').any(|part| part == "<locals>") {
            let why = format!("it is a local object, {name_text} of {}", module_text()?);
            return Err(fail(why, None));
        }
        let Some((parent, value, last_name)) = walk(&module, name)? else {
            let why = format!("attribute lookup {name_text} on {} failed", module_text()?);
            return Err(fail(why, None));
        };
        if !value.is(obj) {
            let why = format!("it's not the same object as {}.{name_text}", module_text()?);
            return Err(fail(why, None));
        }
        Ok(Found {
            module_name,
            module,
            parent,
            last_name,
            name: name.clone(),
        })
    }

    /// The module of this name; only one that is not there yet costs an import.
    pub(super) fn import(&self, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        let modules = self.known.sys.bind(py).getattr(intern!(py, "modules"))?;
        if let Ok(modules) = modules.cast_exact::<PyDict>()
            && let Some(module) = modules.get_item(name)?
            && !module.is_none()
        {
            return Ok(module);
        }
        let level = PyDict::new(py);
        level.set_item(intern!(py, "level"), 0)?;
        self.known.import.bind(py).call((name,), Some(&level))?;
        modules.get_item(name)
    }

    fn extension_code(
        &self,
        obj: &Bound<'py, PyAny>,
        module: &Bound<'py, PyAny>,
        name: &Bound<'py, PyAny>,
    ) -> PyResult<Option<u32>> {
        let py = self.py;
        let registry = self.known.extension_registry.bind(py);
        if registry.is_empty() {
            return Ok(None);
        }
        let Some(code) = registry.get_item((module, name))? else {
            return Ok(None);
        };
        if !code.is_instance_of::<PyInt>() {
            return Err(pyo3::exceptions::PyTypeError::new_err(format!(
                "Can't pickle {}: extension code {} isn't an integer",
                short_repr(obj),
                short_repr(&code)
            )));
        }
        let value: i64 = code.extract()?;
        match u32::try_from(value) {
            Ok(code @ 1..=0x7fff_ffff) => Ok(Some(code)),
            _ => Err(PyRuntimeError::new_err(format!(
                "Can't pickle {}: extension code {value} is out of range",
                short_repr(obj)
            ))),
        }
    }

    /// GLOBAL, under Python 2's names where these are asked for.
    fn write_global(
        &mut self,
        mut module: Bound<'py, PyAny>,
        mut name: Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let py = self.py;
        if self.fix_imports {
            let key = (&module, &name).into_pyobject(py)?;
            if let Some(old) = self.known.name_mapping.bind(py).get_item(key)? {
                let old = old.cast_into::<PyTuple>()?;
                (module, name) = (old.get_item(0)?, old.get_item(1)?);
            } else if let Some(old) = self.known.import_mapping.bind(py).get_item(&module)? {
                module = old;
            }
        }
        let encode = |part: &Bound<'py, PyAny>, what: &str| {
            let text = part.cast::<PyString>()?;
            let encoding = if self.protocol == 3 { "utf-8" } else { "ascii" };
            let encoded = text
                .call_method1(intern!(py, "encode"), (encoding,))
                .map_err(|error| {
                    if !error.is_instance_of::<PyUnicodeEncodeError>(py) {
                        return error;
                    }
                    let wrapped = errors::pickling_error(
                        py,
                        &format!(
                            "can't pickle {what} identifier {} using pickle protocol {}",
                            short_repr(part),
                            self.protocol
                        ),
                    );
                    wrapped.set_cause(py, Some(error));
                    wrapped
                })?;
            encoded.extract::<Vec<u8>>()
        };
        let module = encode(&module, "module")?;
        let name = encode(&name, "global")?;
        self.out.global(&module, &name);
        Ok(())
    }
}

/// A global that is written by its name and taken to exist.
pub(crate) struct GlobalName {
    pub(super) module: &'static str,
    pub(super) name: &'static str,
    /// What it is memoised as.
    key: PyOnceLock<Py<PyAny>>,
}

impl GlobalName {
    pub(crate) const fn new(module: &'static str, name: &'static str) -> Self {
        Self {
            module,
            name,
            key: PyOnceLock::new(),
        }
    }

    /// An object whose address is that of nothing else.
    pub(super) fn key<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.key
            .get_or_init(py, || PyList::empty(py).into_any().unbind())
            .bind(py)
            .clone()
    }
}

/// Follows a dotted name from a module: what has the last part as an attribute, the object, and the last part. None where
/// there is no such attribute.
#[allow(clippy::type_complexity, reason = "three objects have no better name")]
pub(super) fn walk<'py>(
    module: &Bound<'py, PyAny>,
    name: &Bound<'py, PyAny>,
) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
    let py = module.py();
    let text = name.str()?.to_string_lossy().into_owned();
    let (mut parent, mut value) = (module.clone(), module.clone());
    let mut last_name = name.clone();
    let dotted = text.contains('.');
    for part in text.split('.') {
        if dotted {
            last_name = PyString::intern(py, part).into_any();
        }
        let Ok(attribute) = last_name.cast::<PyString>() else {
            return Ok(None);
        };
        let next = match value.getattr(attribute) {
            Ok(next) => next,
            Err(error) if error.is_instance_of::<PyAttributeError>(py) => return Ok(None),
            Err(error) => return Err(error),
        };
        parent = std::mem::replace(&mut value, next);
    }
    Ok(Some((parent, value, last_name)))
}

/// A repr that is neither endless nor an error.
pub(super) fn short_repr(obj: &Bound<'_, PyAny>) -> String {
    const LONGEST: usize = 200;
    let Ok(repr) = obj.repr() else {
        return format!("<{} object>", obj.get_type());
    };
    let mut text = repr.to_string_lossy().into_owned();
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}
