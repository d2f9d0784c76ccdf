//! Values that need no task: None, bool, int, float, str, bytes.
use codepickle_stream::op;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString, PyTuple};
use pyo3::{PyTypeInfo, ffi, intern};

use super::{Engine, Payload, Recent};
use crate::errors;

/// How many strings are found by their address alone: the keys of a few kinds of records.
const RECENT: usize = 256;

impl<'py> Engine<'py> {
    /// Writes `obj` if its exact type is one of the most frequent ones, None, bool, int, float and str, and it is no large
    /// str. Whoever calls this holds `obj`: a huge int or a lone surrogate makes objects, and that may collect garbage.
    #[inline]
    pub(super) fn save_atom(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<bool> {
        let py = self.py;
        let ty = obj.get_type_ptr();
        if ty == PyString::type_object_raw(py) {
            return self.save_str(obj);
        } else if ty == PyInt::type_object_raw(py) {
            self.save_int(obj)?;
        } else if obj.is_none() {
            self.out.op(op::NONE);
        } else if ty == PyFloat::type_object_raw(py) {
            self.save_float(obj)?;
        } else if ty == PyBool::type_object_raw(py) {
            self.out.bool(obj.is_truthy()?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn save_int(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        let mut overflow = 0;
        // SAFETY: `obj` is a valid reference to an exact int, for which the call cannot fail or run Python code;
        // `overflow` outlives it.
        let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(obj.as_ptr(), &raw mut overflow) };
        if overflow == 0 {
            self.out.int(value);
            return Ok(());
        }
        self.save_long(obj)
    }

    #[cold]
    fn save_long(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = self.py;
        if self.protocol < 2 {
            let mut text = obj.repr()?.to_cow()?.into_owned();
            text.push('L');
            self.out.line(op::LONG, text.as_bytes());
            return Ok(());
        }
        let bits: usize = obj.call_method0(intern!(py, "bit_length"))?.extract()?;
        let signed = pyo3::types::PyDict::new(py);
        signed.set_item(intern!(py, "signed"), true)?;
        let bytes = obj.call_method(
            intern!(py, "to_bytes"),
            ((bits >> 3) + 1, intern!(py, "little")),
            Some(&signed),
        )?;
        let bytes = bytes.cast::<PyBytes>()?.as_bytes();
        // A negative number whose top byte only repeats the sign: -2**63.
        let superfluous = matches!(bytes, [.., below, 0xff] if below & 0x80 != 0);
        self.out
            .long(&bytes[..bytes.len() - usize::from(superfluous)])
            .map_err(errors::stream)
    }

    fn save_float(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        if self.protocol == 0 {
            let text = obj.repr()?;
            self.out.line(op::FLOAT, text.to_cow()?.as_bytes());
        } else {
            // SAFETY: `obj` is a valid reference to an exact float, for which the call cannot fail or run Python code.
            let value = unsafe { ffi::PyFloat_AsDouble(obj.as_ptr()) };
            self.out.float(value);
        }
        Ok(())
    }

    fn save_str(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<bool> {
        if !self.out.finds_equal() || self.fast {
            return self.save_str_by_identity(obj);
        }
        // By content, which finds what the memo would find and more.
        let key = obj.as_ptr() as usize >> 4;
        if let Some(recent) = self.recent.get(key % RECENT)
            && recent.text.as_ref().is_some_and(|text| text.is(obj))
        {
            return self.get(recent.index).map(|()| true);
        }
        let out = &mut self.out;
        let found = with_utf8(obj, |utf8| {
            if out.is_large(utf8.len()) {
                return Ok(None);
            }
            out.str(utf8).map(Some).map_err(errors::stream)
        })?;
        if let Some((index, true)) = found {
            if self.recent.is_empty() {
                self.recent.resize_with(RECENT, Recent::default);
            }
            let text = Some(obj.clone().unbind());
            self.recent[key % RECENT] = Recent { text, index };
        }
        Ok(found.is_some())
    }

    fn save_str_by_identity(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<bool> {
        if self.get_if_memoized(obj)? {
            return Ok(true);
        }
        let out = &mut self.out;
        let done = with_utf8(obj, |utf8| {
            if out.protocol() > 0 && out.is_large(utf8.len()) {
                return Ok(false);
            }
            out.str_once(utf8).map(|_| true).map_err(errors::stream)
        })?;
        if done {
            self.memoize(obj)?;
        }
        Ok(done)
    }

    /// Writes a large str that the memo does not have.
    pub(super) fn save_large_str(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        let utf8 = encode(obj)?;
        let len = utf8.as_bytes().len();
        let rest = self
            .out
            .large_str(len, Payload::new(utf8.into_any()))
            .map_err(errors::stream)?;
        if let Some(payload) = rest {
            self.send_payload(&payload)?;
        }
        self.memoize(obj)
    }

    /// Writes an exact `bytes` object that the memo does not have.
    pub(super) fn save_bytes(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = self.py;
        let bytes = obj.cast::<PyBytes>()?;
        if self.protocol < 3 {
            // No opcode: as _pickle, so that Python 2 gets a str of the same bytes.
            let value = if bytes.as_bytes().is_empty() {
                (obj.get_type(), PyTuple::empty(py)).into_pyobject(py)?
            } else {
                let latin1 = self.known.latin1.bind(py);
                let text = bytes.call_method1(intern!(py, "decode"), (latin1,))?;
                (self.known.codecs_encode.bind(py), (text, latin1)).into_pyobject(py)?
            };
            return self.save_reduce(value, Some(obj));
        }
        let data = bytes.as_bytes();
        if self.out.is_large(data.len()) {
            self.large_bytes(data.len(), obj.clone())?;
        } else if self.out.finds_equal() && !self.fast {
            let (index, _) = self.out.bytes(data).map_err(errors::stream)?;
            self.memo.insert(obj.clone().unbind(), index);
            return Ok(());
        } else {
            self.out.bytes_once(data).map_err(errors::stream)?;
        }
        self.memoize(obj)
    }

    pub(super) fn large_bytes(&mut self, len: usize, object: Bound<'py, PyAny>) -> PyResult<()> {
        let rest = self
            .out
            .large_bytes(len, Payload::new(object))
            .map_err(errors::stream)?;
        match rest {
            Some(payload) => self.send_payload(&payload),
            None => Ok(()),
        }
    }
}

/// Calls `f` with the UTF-8 of an exact str, without a copy where the limited API has a way.
#[inline]
fn with_utf8<R>(obj: &Bound<'_, PyAny>, f: impl FnOnce(&[u8]) -> PyResult<R>) -> PyResult<R> {
    // PyUnicode_AsUTF8AndSize is in the limited API from 3.10 on.
    #[cfg(all(feature = "abi3-py310", not(feature = "abi3-py37")))]
    if let Ok(text) = obj.cast_exact::<PyString>()?.to_str() {
        return f(text.as_bytes());
    }
    f(encode(obj)?.as_bytes())
}

/// The UTF-8 of an exact str, lone surrogates included.
pub(super) fn encode<'py>(obj: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let text = obj.cast::<PyString>()?;
    text.encode_utf8().or_else(|_| {
        let py = obj.py();
        let args = (intern!(py, "utf-8"), intern!(py, "surrogatepass"));
        Ok(text
            .call_method1(intern!(py, "encode"), args)?
            .cast_into()?)
    })
}
