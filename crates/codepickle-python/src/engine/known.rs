//! What the engine needs from the running interpreter, looked up once.
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCFunction, PyDict, PyFrozenSet, PyString, PyType};

/// Types, tables and callables of the running interpreter.
pub(crate) struct Known {
    pub(crate) function: Py<PyType>,
    pub(crate) module: Py<PyType>,
    pub(crate) cell: Py<PyType>,
    pub(crate) code: Py<PyType>,
    /// The types of the descriptors that class bodies hold, and that classes get by themselves.
    pub(crate) static_method: Py<PyType>,
    pub(crate) class_method: Py<PyType>,
    pub(crate) getset: Py<PyType>,
    pub(crate) member: Py<PyType>,
    /// The module `sys`.
    pub(crate) sys: Py<PyAny>,
    /// 3.15+
    pub(crate) lazy_import: Option<Py<PyType>>,
    /// 3.8+
    pub(crate) pickle_buffer: Option<Py<PyType>>,
    pub(crate) chain_map: Py<PyType>,
    pub(crate) not_implemented_type: Py<PyAny>,
    pub(crate) ellipsis_type: Py<PyAny>,
    pub(crate) none_type: Py<PyAny>,
    /// `copyreg.dispatch_table`, as `_pickle` takes it when it is imported.
    pub(crate) dispatch_table: Py<PyDict>,
    pub(crate) extension_registry: Py<PyDict>,
    pub(crate) newobj: Py<PyAny>,
    pub(crate) reconstructor: Py<PyAny>,
    pub(crate) codecs_encode: Py<PyAny>,
    pub(crate) getattr: Py<PyAny>,
    pub(crate) partial: Py<PyAny>,
    pub(crate) import: Py<PyAny>,
    pub(crate) name_mapping: Py<PyDict>,
    pub(crate) import_mapping: Py<PyDict>,
    /// `codepickle._names`: what an object says of itself, and the name to write.
    pub(crate) moved: Py<PyDict>,
    /// `codepickle._names`: what older Pythons have a substitute for.
    pub(crate) stand_ins: Py<PyDict>,
    /// `codepickle._names`: the modules for whose classes there are reducers of ours.
    pub(crate) reduced: Py<PyFrozenSet>,
    /// `codepickle._runtime.g`, which finds the substitute.
    pub(crate) stand_in: Py<PyAny>,
    pub(crate) latin1: Py<PyString>,
    pub(crate) highest_protocol: u8,
    /// The flag of code whose annotations are text.
    pub(crate) annotations_flag: u32,
    /// Flags of code that the text alone does not explain, or that change the grammar.
    pub(crate) unusual_flags: u32,
    /// The version of the interpreter: PyO3 reads it out of a text each time.
    pub(crate) version: (u8, u8),
    /// 5 on 3.7, 6 from 3.8 on.
    pub(crate) reduce_len: usize,
}

/// What `types.coroutine` does to a generator's code.
const ITERABLE_COROUTINE: u32 = 0x100;

static KNOWN: PyOnceLock<Known> = PyOnceLock::new();

impl Known {
    /// The table, filled at the first call.
    pub(crate) fn get(py: Python<'_>) -> PyResult<&'static Self> {
        // PyOnceLock::get_or_try_init borrows for the lifetime of the static.
        KNOWN.get_or_try_init(py, || Self::new(py))
    }

    fn new(py: Python<'_>) -> PyResult<Self> {
        let types = py.import("types")?;
        let copyreg = py.import("copyreg")?;
        let builtins = py.import("builtins")?;
        let pickle = py.import("_pickle")?;
        let compat = py.import("_compat_pickle")?;
        let names = py.import("codepickle._names")?;
        let future = py.import("__future__")?;
        let flag = |feature: &str| -> PyResult<u32> {
            future.getattr(feature)?.getattr("compiler_flag")?.extract()
        };
        let ty =
            |name: &str| -> PyResult<Py<PyType>> { Ok(types.getattr(name)?.cast_into()?.unbind()) };
        // types.CellType is 3.8+.
        let cell = py.eval(c"type((lambda x: lambda: x)(0).__closure__[0])", None, None)?;
        let any = |module: &Bound<'_, PyModule>, name: &str| -> PyResult<Py<PyAny>> {
            Ok(module.getattr(name)?.unbind())
        };
        let dict = |module: &Bound<'_, PyModule>, name: &str| -> PyResult<Py<PyDict>> {
            Ok(module.getattr(name)?.cast_into()?.unbind())
        };
        Ok(Self {
            function: ty("FunctionType")?,
            module: ty("ModuleType")?,
            cell: cell.cast_into()?.unbind(),
            code: ty("CodeType")?,
            static_method: builtins.getattr("staticmethod")?.cast_into()?.unbind(),
            class_method: builtins.getattr("classmethod")?.cast_into()?.unbind(),
            getset: ty("GetSetDescriptorType")?,
            member: ty("MemberDescriptorType")?,
            sys: py.import("sys")?.into_any().unbind(),
            lazy_import: match types.getattr_opt("LazyImportType")? {
                Some(class) => Some(class.cast_into()?.unbind()),
                None => None,
            },
            pickle_buffer: match pickle.getattr_opt("PickleBuffer")? {
                Some(class) => Some(class.cast_into()?.unbind()),
                None => None,
            },
            chain_map: py
                .import("collections")?
                .getattr("ChainMap")?
                .cast_into()?
                .unbind(),
            not_implemented_type: py.NotImplemented().bind(py).get_type().into_any().unbind(),
            ellipsis_type: py.Ellipsis().bind(py).get_type().into_any().unbind(),
            none_type: py.None().bind(py).get_type().into_any().unbind(),
            dispatch_table: dict(&copyreg, "dispatch_table")?,
            extension_registry: dict(&copyreg, "_extension_registry")?,
            newobj: any(&copyreg, "__newobj__")?,
            reconstructor: any(&copyreg, "_reconstructor")?,
            codecs_encode: any(&py.import("codecs")?, "encode")?,
            getattr: any(&builtins, "getattr")?,
            partial: any(&py.import("functools")?, "partial")?,
            import: any(&builtins, "__import__")?,
            name_mapping: dict(&compat, "REVERSE_NAME_MAPPING")?,
            import_mapping: dict(&compat, "REVERSE_IMPORT_MAPPING")?,
            moved: dict(&names, "TABLE")?,
            stand_ins: dict(&names, "STAND_INS")?,
            reduced: names.getattr("REDUCED")?.cast_into()?.unbind(),
            stand_in: any(&py.import("codepickle._runtime")?, "g")?,
            latin1: PyString::intern(py, "latin1").unbind(),
            annotations_flag: flag("annotations")?,
            unusual_flags: flag("barry_as_FLUFL")? | ITERABLE_COROUTINE,
            highest_protocol: if py.version_info() >= (3, 8) { 5 } else { 4 },
            version: (py.version_info().major, py.version_info().minor),
            reduce_len: if py.version_info() >= (3, 8) { 6 } else { 5 },
        })
    }
}

/// Whether `method`, looked up on `owner`, is the native one: a built-in method bound to `owner` itself.
pub(crate) fn is_native_method(
    method: &Bound<'_, PyAny>,
    owner: &Bound<'_, PyAny>,
) -> PyResult<bool> {
    Ok(method.is_exact_instance_of::<PyCFunction>()
        && method.getattr(intern!(method.py(), "__self__"))?.is(owner))
}
