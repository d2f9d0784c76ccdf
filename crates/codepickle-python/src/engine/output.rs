//! Bytes on their way out: frames to a file, or everything into one `bytes` object.
use codepickle_stream::{Pickle, Sink};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use super::Engine;
use super::atoms::encode;

/// A large payload as the object that holds it.
pub(crate) enum Payload {
    /// `bytes`, or a flat `memoryview` that keeps its owner from resizing it.
    Buffer(Py<PyAny>),
    /// A `str`.
    Text(Py<PyString>),
}

impl Payload {
    /// How many bytes it has, if they can be copied from here.
    fn own_len(&self, py: Python<'_>) -> PyResult<Option<usize>> {
        Ok(match self {
            // Without lone surrogates.
            Self::Text(text) => text.bind(py).to_cow().ok().map(|text| text.len()),
            Self::Buffer(object) => match object.bind(py).cast::<PyBytes>() {
                Ok(bytes) => Some(bytes.len()?),
                Err(_) => None,
            },
        })
    }

    /// Something that `file.write` and `bytes.join` take.
    fn to_buffer<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Self::Buffer(object) => Ok(object.bind(py).clone()),
            Self::Text(text) => Ok(encode(text.bind(py))?.into_any()),
        }
    }
}

impl<'py> Engine<'py> {
    /// Called before each value. In stream mode a full frame goes to the file.
    #[inline]
    pub(crate) fn boundary(&mut self) -> PyResult<()> {
        if self.out.is_full() && self.out.boundary() {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Stream mode: sends what is complete.
    pub(super) fn flush(&mut self) -> PyResult<()> {
        let bytes = self.out.take();
        self.send(PyBytes::new(self.py, &bytes).as_any())
    }

    /// Stream mode: sends what is complete, then a large payload as it is.
    pub(super) fn send_payload(&mut self, payload: &Payload) -> PyResult<()> {
        self.flush()?;
        self.send(&payload.to_buffer(self.py)?)
    }

    fn send(&self, bytes: &Bound<'py, PyAny>) -> PyResult<()> {
        match &self.write {
            Some(write) => write.call1((bytes,)).map(drop),
            None => Ok(()),
        }
    }

    /// One-shot mode: the pickle in one piece.
    pub(crate) fn to_bytes(&self) -> PyResult<Bound<'py, PyBytes>> {
        let pickle = self.out.finish();
        let mut len = pickle.own_len();
        for payload in pickle.payloads() {
            match payload.own_len(self.py)? {
                Some(more) => len += more,
                None => return self.join(&pickle),
            }
        }
        fill(self.py, &pickle, len)
    }

    /// Leaves the copying of payloads to `bytes.join`, which takes them from wherever they are.
    fn join(&self, pickle: &Pickle<'_, Payload>) -> PyResult<Bound<'py, PyBytes>> {
        let mut pieces = Pieces {
            py: self.py,
            own: Vec::new(),
            list: PyList::empty(self.py),
        };
        pickle.emit(&mut pieces)?;
        pieces.cut()?;
        let joined = PyBytes::new(self.py, b"").call_method1("join", (pieces.list,))?;
        Ok(joined.cast_into()?)
    }

    /// One-shot mode: the pickle frame by frame.
    pub(crate) fn to_file(&self, write: &Bound<'py, PyAny>) -> PyResult<()> {
        let mut file = File {
            py: self.py,
            own: Vec::new(),
            write,
        };
        self.out.finish().emit(&mut file)?;
        file.flush()
    }
}

/// Everything into one `bytes` object of `len` bytes.
fn fill<'py>(
    py: Python<'py>,
    pickle: &Pickle<'_, Payload>,
    len: usize,
) -> PyResult<Bound<'py, PyBytes>> {
    let size = isize::try_from(len)?;
    // SAFETY: with a null pointer PyBytes_FromStringAndSize makes an object with room for `size` bytes, or raises.
    let object = unsafe {
        let object = ffi::PyBytes_FromStringAndSize(std::ptr::null(), size);
        Bound::from_owned_ptr_or_err(py, object)?
    };
    let bytes = object.cast_into::<PyBytes>()?;
    // SAFETY: `bytes` is a bytes object. Nobody else has seen it, so its contents may still be written.
    let next = unsafe { ffi::PyBytes_AsString(bytes.as_ptr()) }.cast();
    let mut room = Room { py, next, left: len };
    pickle.emit(&mut room)?;
    // Bytes that were not written must not be seen.
    assert_eq!(room.left, 0, "a pickle has the length that it says");
    Ok(bytes)
}

/// The part of a `bytes` object that is not written yet.
struct Room<'py> {
    py: Python<'py>,
    next: *mut u8,
    left: usize,
}

impl Sink<Payload> for Room<'_> {
    type Error = PyErr;

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) -> PyResult<()> {
        let len = bytes.len();
        assert!(len <= self.left, "a pickle has the length that it says");
        // SAFETY: there is room for `left` bytes from `next` on, which is at least `len`, in an object that is new:
        // `bytes` is no part of it.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.next, len);
            self.next = self.next.add(len);
        }
        self.left -= len;
        Ok(())
    }

    fn payload(&mut self, payload: &Payload) -> PyResult<()> {
        match payload {
            Payload::Text(text) => self.bytes(text.bind(self.py).to_cow()?.as_bytes()),
            Payload::Buffer(bytes) => self.bytes(bytes.bind(self.py).cast::<PyBytes>()?.as_bytes()),
        }
    }
}

/// A list of `bytes` and payloads for `bytes.join`.
struct Pieces<'py> {
    py: Python<'py>,
    own: Vec<u8>,
    list: Bound<'py, PyList>,
}

impl Pieces<'_> {
    fn cut(&mut self) -> PyResult<()> {
        self.list.append(PyBytes::new(self.py, &self.own))?;
        self.own.clear();
        Ok(())
    }
}

impl Sink<Payload> for Pieces<'_> {
    type Error = PyErr;
    fn bytes(&mut self, bytes: &[u8]) -> PyResult<()> {
        self.own.extend_from_slice(bytes);
        Ok(())
    }
    fn payload(&mut self, payload: &Payload) -> PyResult<()> {
        self.cut()?;
        self.list.append(payload.to_buffer(self.py)?)
    }
}

/// Calls `file.write` once a frame and once a payload.
struct File<'a, 'py> {
    py: Python<'py>,
    own: Vec<u8>,
    write: &'a Bound<'py, PyAny>,
}

impl File<'_, '_> {
    fn flush(&mut self) -> PyResult<()> {
        if self.own.is_empty() {
            return Ok(());
        }
        self.write.call1((PyBytes::new(self.py, &self.own),))?;
        self.own.clear();
        Ok(())
    }
}

impl Sink<Payload> for File<'_, '_> {
    type Error = PyErr;
    fn bytes(&mut self, bytes: &[u8]) -> PyResult<()> {
        self.own.extend_from_slice(bytes);
        Ok(())
    }
    fn payload(&mut self, payload: &Payload) -> PyResult<()> {
        self.flush()?;
        self.write.call1((payload.to_buffer(self.py)?,)).map(drop)
    }
    fn frame_end(&mut self) -> PyResult<()> {
        if self.own.len() >= codepickle_stream::FRAME_TARGET {
            self.flush()
        } else {
            Ok(())
        }
    }
}
