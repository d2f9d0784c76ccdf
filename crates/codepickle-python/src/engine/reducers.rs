//! The reducers that Codepickle brings along: `codepickle._reducers` and `codepickle._library`, imported when the first
//! object comes that may need one.
use crate::names::intern;
use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyComplex, PyDict, PyString, PyType};

use super::Engine;
use super::known::Known;

/// The tables.
struct Reducers {
    /// Type to reducer. A reducer may return `NotImplemented`.
    dispatch: Py<PyDict>,
    /// Module to what enters its types into `dispatch`.
    later: Py<PyDict>,
    /// Module to the reducer for instances of its classes.
    library: Py<PyDict>,
    /// The reducer for a subclass of some exceptions.
    error_reducer: Py<PyAny>,
}

static REDUCERS: PyOnceLock<Reducers> = PyOnceLock::new();

impl Reducers {
    fn get(py: Python<'_>) -> PyResult<&'static Self> {
        REDUCERS.get_or_try_init(py, || {
            let reducers = py.import("codepickle._reducers")?;
            let library = py.import("codepickle._library")?;
            let dict = |module: &Bound<'_, PyModule>, name: &str| -> PyResult<Py<PyDict>> {
                Ok(module.getattr(name)?.cast_into()?.unbind())
            };
            Ok(Self {
                dispatch: dict(&reducers, "dispatch")?,
                later: dict(&library, "LATER")?,
                library: dict(&library, "LIBRARY")?,
                error_reducer: library.getattr("error_reducer")?.unbind(),
            })
        })
    }

    /// The tables, if somebody imported them: what a declaration entered may be for a class of any module.
    fn imported(py: Python<'_>) -> PyResult<Option<&'static Self>> {
        if let Some(reducers) = REDUCERS.get(py) {
            return Ok(Some(reducers));
        }
        let sys = Known::get(py)?.sys.bind(py);
        if sys
            .getattr(intern!(py, "modules"))?
            .contains(intern!(py, "codepickle._reducers"))?
        {
            return Self::get(py).map(Some);
        }
        Ok(None)
    }

    /// The reducer for a class, which says that it is of `module`.
    fn find<'py>(
        &self,
        class: &Bound<'py, PyType>,
        module: Option<&Bound<'py, PyString>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = class.py();
        let dispatch = self.dispatch.bind(py);
        if let Some(reducer) = dispatch.get_item(class)? {
            return Ok(Some(reducer));
        }
        if let Some(module) = module
            && let Some(enter) = self.later.bind(py).get_item(module)?
        {
            enter.call0()?;
            self.later.bind(py).del_item(module)?;
            return dispatch.get_item(class);
        }
        Ok(None)
    }
}

impl<'py> Engine<'py> {
    /// Our own reducer for a class: for it alone, or for those of its module.
    pub(super) fn own_reducer(
        &mut self,
        class: &Bound<'py, PyType>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = self.py;
        if self.ordinary.as_ref().is_some_and(|last| last.is(class)) {
            // A class may be entered while its first instance is on its way.
            return match REDUCERS.get(py) {
                Some(reducers) => reducers.dispatch.bind(py).get_item(class),
                None => Ok(None),
            };
        }
        let module = class.getattr(intern!(py, "__module__")).ok();
        let module = module
            .as_ref()
            .and_then(|module| module.cast_exact::<PyString>().ok());
        let is_error = class.is_subclass_of::<PyBaseException>()?;
        let known = match module {
            Some(module) => self.known.reduced.bind(py).contains(module)?,
            None => false,
        };
        let reducers = if known || is_error {
            Some(Reducers::get(py)?)
        } else {
            Reducers::imported(py)?
        };
        let found = match reducers {
            None => None,
            Some(reducers) => {
                if let Some(reducer) = reducers.find(class, module)? {
                    return Ok(Some(reducer));
                }
                let found = match module {
                    Some(module) => reducers.library.bind(py).get_item(module)?,
                    None => None,
                };
                if found.is_none() && is_error {
                    let reducer = reducers.error_reducer.bind(py).call1((class,))?;
                    Some(reducer).filter(|reducer| !reducer.is_none())
                } else {
                    found
                }
            }
        };
        if found.is_none() {
            self.ordinary = Some(class.clone());
        }
        Ok(found)
    }

    /// Whether a reducer is copyreg's own for a type whose reduction does not load on every version:
    /// `types.UnionType` is of 3.10.
    pub(super) fn is_replaced(
        &self,
        class: &Bound<'py, PyType>,
        reducer: &Bound<'py, PyAny>,
    ) -> PyResult<bool> {
        let py = self.py;
        if class.is(py.get_type::<PyComplex>()) {
            return Ok(false);
        }
        let module = reducer.getattr_opt(intern!(py, "__module__"))?;
        if !module.is_some_and(|module| module.eq(intern!(py, "copyreg")).unwrap_or(false)) {
            return Ok(false);
        }
        let module = class.getattr(intern!(py, "__module__"))?;
        let module = module.cast_exact::<PyString>().ok();
        Ok(Reducers::get(py)?.find(class, module)?.is_some())
    }
}
