//! Bytes on their way out: frames to a file, or everything into one `bytes` object.
use std::cell::Cell;

use codepickle_stream::{Buffers, Mode, Pickle, Sink, Writer};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::Engine;

/// A large payload as the object that holds it: `bytes`, or a flat `memoryview` that keeps its owner from resizing it.
pub(crate) struct Payload {
    pub(crate) object: Py<PyAny>,
}

impl Payload {
    pub(crate) fn new(object: Bound<'_, PyAny>) -> Self {
        Self {
            object: object.unbind(),
        }
    }
}

/// A thread keeps so much memory at most from one dump to the next.
const MOST_BUFFERED: usize = 4 * 1024 * 1024;

thread_local! {
    static BUFFERS: Cell<Buffers> = Cell::default();
}

/// A writer that uses the memory of the last one of this thread.
pub(super) fn writer(protocol: u8, mode: Mode) -> Writer<Payload> {
    // It may be called while a thread ends.
    let buffers = BUFFERS.try_with(Cell::take).unwrap_or_default();
    Writer::with_buffers(protocol, mode, buffers)
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
        self.send(payload.object.bind(self.py))
    }

    fn send(&self, bytes: &Bound<'py, PyAny>) -> PyResult<()> {
        match &self.write {
            Some(write) => write.call1((bytes,)).map(drop),
            None => Ok(()),
        }
    }

    /// One-shot mode: the pickle in one piece.
    pub(crate) fn into_bytes(self) -> PyResult<Bound<'py, PyBytes>> {
        let pickle = self.out.finish();
        if pickle.payloads().next().is_none() {
            let bytes = join_own(self.py, &pickle)?;
            let buffers = pickle.into_buffers(MOST_BUFFERED);
            // It may be called while a thread ends; then nobody needs them.
            let _ = BUFFERS.try_with(|kept| kept.set(buffers));
            return Ok(bytes);
        }
        let mut pieces = Pieces {
            py: self.py,
            own: Vec::new(),
            list: PyList::empty(self.py),
        };
        pickle.emit(&mut pieces)?;
        pieces.cut()?;
        // bytes.join copies each payload once, from wherever it is.
        let joined = PyBytes::new(self.py, b"").call_method1("join", (pieces.list,))?;
        Ok(joined.cast_into()?)
    }

    /// One-shot mode: the pickle frame by frame.
    pub(crate) fn into_file(self, write: &Bound<'py, PyAny>) -> PyResult<()> {
        let mut file = File {
            py: self.py,
            own: Vec::new(),
            write,
        };
        self.out.finish().emit(&mut file)?;
        file.flush()
    }
}

/// Everything into one `bytes` object of the right size.
fn join_own<'py>(py: Python<'py>, pickle: &Pickle<Payload>) -> PyResult<Bound<'py, PyBytes>> {
    struct Fill<'b> {
        rest: &'b mut [u8],
    }
    impl Sink<Payload> for Fill<'_> {
        type Error = std::convert::Infallible;
        fn bytes(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
            let (here, rest) = std::mem::take(&mut self.rest).split_at_mut(bytes.len());
            here.copy_from_slice(bytes);
            self.rest = rest;
            Ok(())
        }
        fn payload(&mut self, _payload: &Payload) -> Result<(), Self::Error> {
            Ok(())
        }
    }
    PyBytes::new_with(py, pickle.own_len(), |rest| {
        let Ok(()) = pickle.emit(&mut Fill { rest });
        Ok(())
    })
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
        self.list.append(&payload.object)
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
        self.write.call1((&payload.object,)).map(drop)
    }
    fn frame_end(&mut self) -> PyResult<()> {
        if self.own.len() >= codepickle_stream::FRAME_TARGET {
            self.flush()
        } else {
            Ok(())
        }
    }
}
