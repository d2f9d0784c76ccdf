//! Functions of code that was compiled before: what a worker that loads the same again and again spends its time on.

use crate::names::intern;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

/// `codepickle._runtime.f`, for the arguments that nearly all payloads have; that function itself has the rest, and
/// says what is wrong with any of them.
#[pyclass(frozen, module = "codepickle._native")]
pub(crate) struct Functions {
    /// The function in Python.
    all: Py<PyAny>,
    /// Arguments of `c` -> code object.
    codes: Py<PyDict>,
    /// `id` of the code object of a class body -> a weak reference to it, {(name, line): code object}.
    methods: Py<PyDict>,
    /// Empty unless some code needs more than its globals.
    helped: Py<PyDict>,
    function: Py<PyAny>,
    builtins: Py<PyAny>,
}

#[pymethods]
impl Functions {
    #[new]
    fn new(
        py: Python<'_>,
        all: Py<PyAny>,
        codes: Py<PyDict>,
        methods: Py<PyDict>,
        helped: Py<PyDict>,
    ) -> PyResult<Self> {
        Ok(Self {
            all,
            codes,
            methods,
            helped,
            function: py.import("types")?.getattr("FunctionType")?.unbind(),
            builtins: py.import("builtins")?.into_any().unbind(),
        })
    }

    #[pyo3(signature = (*args, **options))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if options.is_none()
            && let Ok(Some(made)) = self.quickly(py, args)
        {
            return Ok(made);
        }
        // From the start: there it is said what is wrong.
        self.all.bind(py).call(args, options)
    }

    /// What the function in Python has of itself: its name, its docstring.
    fn __getattr__<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyString>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.all.bind(py).getattr(name)
    }

    #[expect(clippy::needless_pass_by_value, reason = "the signature is PyO3's")]
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.all)?;
        visit.call(&self.codes)?;
        visit.call(&self.methods)?;
        visit.call(&self.helped)
    }
}

impl Functions {
    /// The function, if its code is known and nothing is out of the ordinary.
    fn quickly<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if !(2..=5).contains(&args.len()) || !self.helped.bind(py).is_empty() {
            return Ok(None);
        }
        let (key, globals) = (args.get_item(0)?, args.get_item(1)?);
        let Ok(key) = key.cast_exact::<PyTuple>() else {
            return Ok(None);
        };
        let Ok(globals) = globals.cast_exact::<PyDict>() else {
            return Ok(None);
        };
        let Some(code) = self.code(py, key)? else {
            return Ok(None);
        };
        let optional = |index: usize| -> PyResult<Option<Bound<'py, PyAny>>> {
            if index >= args.len() {
                return Ok(None);
            }
            let value = args.get_item(index)?;
            Ok((!value.is_none()).then_some(value))
        };
        let closure = optional(2)?;
        if let Some(cells) = &closure {
            // More than one are in the order of their names; a dict has them by name.
            let Ok(cells) = cells.cast_exact::<PyTuple>() else {
                return Ok(None);
            };
            if cells.len() > 1 {
                return Ok(None);
            }
        }
        let name = intern!(py, "__builtins__");
        if !globals.contains(name)? {
            globals.set_item(name, &self.builtins)?;
        }
        let made = (code, globals, py.None(), optional(3)?, closure);
        let made = self.function.bind(py).call1(made)?;
        if let Some(defaults) = optional(4)? {
            made.setattr(intern!(py, "__kwdefaults__"), defaults)?;
        }
        Ok(Some(made))
    }

    /// The code object of the arguments of `c` or `d`, if it was made before.
    fn code<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyTuple>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if key.is_empty() {
            return Ok(None);
        }
        let first = key.get_item(0)?;
        if first.is_exact_instance_of::<PyString>() {
            return self.codes.bind(py).get_item(key);
        }
        let Some(known) = self.methods.bind(py).get_item(first.as_ptr() as usize)? else {
            return Ok(None);
        };
        let known = known.cast_into::<PyTuple>()?;
        // Not another object, that had the number before.
        if !known.get_item(0)?.call0()?.is(&first) {
            return Ok(None);
        }
        let methods = known.get_item(1)?.cast_into::<PyDict>()?;
        methods.get_item(key.get_slice(1, key.len()))
    }
}
