//! `Pickler.memo`: the memo as Python sees it.
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::pickler::Pickler;

/// The memo of a Pickler: it can be cleared, copied, and set on another Pickler.
#[pyclass(frozen, module = "codepickle._native")]
pub(crate) struct PicklerMemoProxy {
    pickler: Py<Pickler>,
}

impl PicklerMemoProxy {
    pub(crate) fn new(pickler: Py<Pickler>) -> Self {
        Self { pickler }
    }

    pub(crate) fn pickler(&self) -> &Py<Pickler> {
        &self.pickler
    }
}

#[pymethods]
impl PicklerMemoProxy {
    /// Forget all objects.
    fn clear(&self) -> PyResult<()> {
        self.pickler.get().forget()
    }

    /// The memo as a dict of `id(obj): (index, obj)`.
    fn copy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let table = self.pickler.get().memo_table(py)?;
        let dict = PyDict::new(py);
        for (object, index) in table.iter() {
            dict.set_item(object.as_ptr() as usize, (index, object))?;
        }
        Ok(dict)
    }

    fn __reduce__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        Ok((py.get_type::<PyDict>().into_any(), (self.copy(py)?,)))
    }

    #[allow(
        clippy::unnecessary_wraps,
        clippy::needless_pass_by_value,
        reason = "the signature is PyO3's"
    )]
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.pickler)
    }
}
