//! Names of the standard library that exist in more versions than the one that an object says it has.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// Modules that hold the implementation, and the public modules that show the same objects. The private ones differ
/// between versions and are missing on PyPy; `posix` and `nt` exist on one platform each.
const PUBLIC: [(&str, &str); 34] = [
    ("_asyncio", "asyncio"),
    ("_bisect", "bisect"),
    ("_bz2", "bz2"),
    ("_collections", "collections"),
    ("_collections_abc", "collections.abc"),
    ("_contextvars", "contextvars"),
    ("_csv", "csv"),
    ("_ctypes", "ctypes"),
    ("_datetime", "datetime"),
    ("_decimal", "decimal"),
    ("_elementtree", "xml.etree.ElementTree"),
    ("_functools", "functools"),
    ("_heapq", "heapq"),
    ("_io", "io"),
    ("_json", "json"),
    ("_lzma", "lzma"),
    ("_operator", "operator"),
    ("_pydatetime", "datetime"), // 3.12
    ("_pydecimal", "decimal"),
    ("_pyio", "io"),
    ("_queue", "queue"),
    ("_random", "random"),
    ("_signal", "signal"),
    ("_socket", "socket"),
    ("_sre", "re"),
    ("_ssl", "ssl"),
    ("_struct", "struct"),
    ("_typing", "typing"),
    ("_weakref", "weakref"),
    ("_weakrefset", "weakref"),
    ("_zoneinfo", "zoneinfo"),
    ("nt", "os"),
    ("pathlib._local", "pathlib"), // 3.13
    ("posix", "os"),
];

/// The name of the public module that has `obj` under `name` too, where the object says that it is of another one.
pub(super) fn public_module<'py>(
    obj: &Bound<'py, PyAny>,
    module_name: &Bound<'py, PyAny>,
    name: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = obj.py();
    let (Ok(module_name), Ok(name)) = (module_name.cast::<PyString>(), name.cast::<PyString>())
    else {
        return Ok(None);
    };
    let module_name = module_name.to_cow()?;
    let Ok(at) = PUBLIC.binary_search_by(|entry| entry.0.cmp(&module_name)) else {
        return Ok(None);
    };
    let public = PyString::intern(py, PUBLIC[at].1);
    let modules = py
        .import(intern!(py, "sys"))?
        .getattr(intern!(py, "modules"))?;
    let Ok(modules) = modules.cast_exact::<PyDict>() else {
        return Ok(None);
    };
    let Some(module) = modules.get_item(&public)? else {
        return Ok(None);
    };
    let same = module.getattr_opt(name)?.is_some_and(|found| found.is(obj));
    Ok(same.then(|| public.into_any()))
}

#[cfg(test)]
mod tests {
    use super::PUBLIC;

    #[test]
    fn the_table_is_sorted_for_its_search() {
        assert!(PUBLIC.is_sorted_by_key(|entry| entry.0));
    }
}
