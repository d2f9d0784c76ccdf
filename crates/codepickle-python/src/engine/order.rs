//! An order for the items of a set that does not depend on hashes, so that equal sets give equal pickles.
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyList, PyString};

/// Sorts a list of strings, of bytes, or of finite numbers. Anything else stays as it is: there is no order that all
/// objects have, and comparing may run code of the user.
pub(super) fn sort(items: &Bound<'_, PyList>) -> PyResult<()> {
    let Ok(first) = items.get_item(0) else {
        return Ok(());
    };
    let ty = first.get_type();
    let sortable = if first.is_exact_instance_of::<PyString>()
        || first.is_exact_instance_of::<PyBytes>()
        || first.is_exact_instance_of::<PyInt>()
    {
        items.iter().all(|item| item.get_type().is(&ty))
    } else {
        first.is_exact_instance_of::<PyFloat>()
            && items.iter().all(|item| {
                item.is_exact_instance_of::<PyFloat>()
                    && item.extract::<f64>().is_ok_and(|value| !value.is_nan())
            })
    };
    if sortable { items.sort() } else { Ok(()) }
}
