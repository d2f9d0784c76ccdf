//! What a pickle would do, told to Python; and a loader that does only what rules allow.
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

mod execute;
mod inspect;
mod load;
mod values;

pub(crate) use inspect::inspect_payload;
pub(crate) use load::load_checked;

/// Memory for any pickle, and for each of its bytes, as for `codepickle_stream::read`, but less to begin with: these
/// come from strangers.
fn memory(data: &[u8]) -> usize {
    data.len().saturating_mul(64).saturating_add(1 << 24)
}

/// Python 3's names for those of Python 2.
fn renamed(py: Python<'_>, module: &str, name: &str) -> PyResult<(String, String)> {
    let table = py.import(intern!(py, "_compat_pickle"))?;
    let names = table.getattr(intern!(py, "NAME_MAPPING"))?;
    let found = names.call_method1(intern!(py, "get"), ((module, name),))?;
    if !found.is_none() {
        return found.extract();
    }
    let modules = table.getattr(intern!(py, "IMPORT_MAPPING"))?;
    let found = modules.call_method1(intern!(py, "get"), (module, module))?;
    Ok((found.extract()?, name.to_owned()))
}

/// SHA-256.
fn sha256(py: Python<'_>, data: &[u8]) -> PyResult<[u8; 32]> {
    // Not `hashlib`, which loads OpenSSL.
    let hash = py.import(intern!(py, "codepickle._runtime"))?;
    let hash = hash.call_method1(intern!(py, "sha256"), (PyBytes::new(py, data),))?;
    let digest = hash.call_method0(intern!(py, "digest"))?;
    let digest: Vec<u8> = digest.extract()?;
    Ok(digest.try_into().unwrap_or([0; 32]))
}
