//! `bytearray` and `PickleBuffer`.
use crate::names::intern;
use codepickle_stream::op;
use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyTuple};

use super::{Engine, Payload};
use crate::errors;

impl<'py> Engine<'py> {
    /// Writes an exact `bytearray`.
    pub(super) fn save_bytearray(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = self.py;
        let array = obj.cast::<PyByteArray>()?;
        // A copy at once: code of the user that runs later may change or resize it.
        let bytes = PyBytes::new(py, &array.to_vec());
        if self.protocol < 5 {
            let class = obj.get_type();
            let value = if bytes.as_bytes().is_empty() {
                (class, PyTuple::empty(py)).into_pyobject(py)?
            } else {
                (class, (bytes,)).into_pyobject(py)?
            };
            return self.save_reduce(value, Some(obj));
        }
        self.write_bytearray(bytes.len()?, bytes.into_any())?;
        self.memoize(obj)
    }

    /// Writes a `PickleBuffer`: in-band, or a note that it travels out of band.
    pub(super) fn save_pickle_buffer(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = self.py;
        if self.protocol < 5 {
            return Err(errors::pickling_error(
                py,
                "PickleBuffer can only be pickled with protocol >= 5",
            ));
        }
        // raw() refuses what is not contiguous.
        let view = obj.call_method0(intern!(py, "raw")).map_err(|error| {
            if error.is_instance_of::<PyBufferError>(py) {
                let text =
                    "PickleBuffer can not be pickled when pointing to a non-contiguous buffer";
                let wrapped = errors::pickling_error(py, text);
                wrapped.set_cause(py, Some(error));
                wrapped
            } else {
                error
            }
        })?;
        let readonly = view.getattr(intern!(py, "readonly"))?.is_truthy()?;
        let in_band = match &self.hooks.buffer_callback {
            Some(callback) => callback.call1((obj,))?.is_truthy()?,
            None => true,
        };
        if !in_band {
            self.out.op(op::NEXT_BUFFER);
            if readonly {
                self.out.op(op::READONLY_BUFFER);
            }
            return Ok(());
        }
        let len: usize = view.getattr(intern!(py, "nbytes"))?.extract()?;
        if !readonly {
            self.write_bytearray(len, view)?;
        } else if self.out.is_large(len) {
            self.large_bytes(len, view)?;
        } else {
            let bytes = view.call_method0(intern!(py, "tobytes"))?;
            self.out
                .bytes_once(bytes.cast::<PyBytes>()?.as_bytes())
                .map_err(errors::stream)?;
        }
        self.memoize(obj)
    }

    /// Writes `len` bytes of `object`, `bytes` or a flat memoryview, as a bytearray.
    fn write_bytearray(&mut self, len: usize, object: Bound<'py, PyAny>) -> PyResult<()> {
        if self.out.is_large(len) {
            return match self.out.large_bytearray(len, Payload::new(object)) {
                Some(payload) => self.send_payload(&payload),
                None => Ok(()),
            };
        }
        let bytes = match object.cast_into::<PyBytes>() {
            Ok(bytes) => bytes,
            Err(view) => {
                let view = view.into_inner();
                view.call_method0(intern!(self.py, "tobytes"))?
                    .cast_into()?
            }
        };
        self.out.bytearray(bytes.as_bytes());
        Ok(())
    }
}
