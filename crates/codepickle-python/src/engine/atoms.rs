//! Values that need no task: None, bool, int, float, str, bytes.
use codepickle_stream::op;
use pyo3::Borrowed;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString, PyTuple};
use pyo3::{PyTypeInfo, ffi, intern};

use super::{Engine, Payload, Recent};
use crate::errors;

/// How many strings are found by their address alone: the keys of a few kinds of records.
const RECENT: usize = 64;

/// What came of [`Engine::quick_atom`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quick {
    /// It is written, and no code of Python's has run.
    Written,
    /// It is no atom, and no code of Python's has run.
    Other,
    /// It may be an atom that takes more, and any code may have run.
    Unknown,
}

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

    /// One-shot mode: writes `obj` if that can be done without running any code of Python's: then whoever calls this need
    /// not hold `obj`. It may be gone after [`Quick::Unknown`].
    #[inline]
    pub(super) fn quick_atom(&mut self, obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Quick> {
        let py = self.py;
        let ty = obj.get_type_ptr();
        if ty == PyInt::type_object_raw(py) {
            let mut overflow = 0;
            // SAFETY: as in `save_int`.
            let value =
                unsafe { ffi::PyLong_AsLongLongAndOverflow(obj.as_ptr(), &raw mut overflow) };
            if overflow != 0 {
                return Ok(Quick::Unknown);
            }
            self.out.int(value);
        } else if ty == PyString::type_object_raw(py) {
            return self.quick_str(obj);
        } else if obj.is_none() {
            self.out.op(op::NONE);
        } else if ty == PyFloat::type_object_raw(py) {
            if self.protocol == 0 {
                return Ok(Quick::Unknown);
            }
            self.save_float(&obj)?;
        } else if ty == PyBool::type_object_raw(py) {
            self.out.bool(obj.as_ptr() == self.true_address);
        } else {
            return Ok(Quick::Other);
        }
        Ok(Quick::Written)
    }

    #[inline]
    fn quick_str(&mut self, obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Quick> {
        if !self.out.finds_equal() || self.fast {
            return Ok(Quick::Unknown);
        }
        let key = obj.as_ptr() as usize >> 4;
        if let Some(recent) = self.recent.get(key % RECENT)
            && recent.text.as_ptr() == obj.as_ptr()
        {
            self.get(recent.index)?;
            return Ok(Quick::Written);
        }
        // Where there is no UTF-8 the making of the error may collect garbage, whose finalizers may take the string away.
        let held = obj.to_owned();
        let out = &mut self.out;
        let found = borrow_utf8(&held, |utf8| {
            if out.is_large(utf8.len()) {
                return Ok(None);
            }
            out.str(utf8).map(Some).map_err(errors::stream)
        });
        match found {
            None | Some(Ok(None)) => Ok(Quick::Unknown),
            Some(Err(error)) => Err(error),
            Some(Ok(Some((index, again)))) => {
                // With one owner alone, beside us, it is met again with that one, if at all.
                if again && held.get_refcnt() > 2 {
                    self.note_recent(&held, index);
                }
                Ok(Quick::Written)
            }
        }
    }

    fn note_recent(&mut self, obj: &Bound<'py, PyAny>, index: u32) {
        let recent = Recent {
            text: obj.clone().unbind(),
            index,
        };
        if self.recent.is_empty() {
            let py = self.py;
            let free = || Recent {
                text: py.None(),
                index: 0,
            };
            self.recent.resize_with(RECENT, free);
        }
        let key = obj.as_ptr() as usize >> 4;
        self.recent[key % RECENT] = recent;
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
        if self.quick_str(obj.as_borrowed())? == Quick::Written {
            return Ok(true);
        }
        let out = &mut self.out;
        with_utf8(obj, |utf8| {
            if out.is_large(utf8.len()) {
                return Ok(false);
            }
            out.str(utf8).map(|_| true).map_err(errors::stream)
        })
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

/// Calls `f` with the UTF-8 of an exact str; `None` if it has none, or memory is short.
#[inline]
fn borrow_utf8<R>(obj: &Bound<'_, PyAny>, f: impl FnOnce(&[u8]) -> R) -> Option<R> {
    // PyUnicode_AsUTF8AndSize is in the limited API from 3.10 on.
    #[cfg(all(feature = "abi3-py310", not(feature = "abi3-py37")))]
    {
        let mut size = 0;
        // SAFETY: `obj` is an owned reference to an exact str, which holds it whatever the call runs.
        let data = unsafe { ffi::PyUnicode_AsUTF8AndSize(obj.as_ptr(), &raw mut size) };
        let size = usize::try_from(size).unwrap_or_default();
        if data.is_null() {
            drop(PyErr::take(obj.py()));
            return None;
        }
        // SAFETY: the UTF-8 is as long as the call says and belongs to the str, which `obj` holds.
        Some(f(unsafe {
            std::slice::from_raw_parts(data.cast::<u8>(), size)
        }))
    }
    #[cfg(not(all(feature = "abi3-py310", not(feature = "abi3-py37"))))]
    {
        let py = obj.py();
        // SAFETY: `obj` is a valid reference to an exact str; the result is a new reference to bytes, or NULL with an
        // exception set.
        let bytes =
            unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyUnicode_AsUTF8String(obj.as_ptr())) };
        let bytes = bytes.ok()?;
        Some(f(bytes.cast::<PyBytes>().ok()?.as_bytes()))
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
