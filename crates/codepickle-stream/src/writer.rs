//! Opcodes in, bytes out.
use crate::encoded::{Encoded, Header};
use crate::error::{Error, Kind};
use crate::layout::Pickle;
use crate::marks::{Event, Put, What};
use crate::op;
use crate::text::raw_unicode_escape;
use crate::values::{ValueKind, ValueTable};

/// Frames are closed at the first opcode boundary beyond this many bytes, and what is at least this long is written
/// outside of frames. The value is CPython's, and loaders size their buffers by it.
pub const FRAME_TARGET: usize = 64 * 1024;

/// CPython leaves out the `FRAME` opcode where the frame is shorter than this.
pub(crate) const FRAME_MIN: usize = 4;

/// `FRAME` and its 8-byte length.
pub(crate) const FRAME_HEADER: usize = 9;

/// When bytes leave the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As they are made. The memo belongs to the caller, who gives its indexes.
    Stream,
    /// All at the end, without what turned out to be superfluous. The writer numbers the memo.
    OneShot,
}

/// A payload that is not copied into the body, with the opcode and length that precede it.
#[derive(Debug)]
pub(crate) struct External<B> {
    pub(crate) header: Header,
    pub(crate) payload: B,
}

/// Memory for the next writer.
#[derive(Default)]
pub struct Buffers {
    body: Vec<u8>,
    events: Vec<Event>,
    gets: Vec<usize>,
    puts: Vec<Put>,
    values: ValueTable,
}

/// Writes one pickle after the other.
///
/// `B` is how the caller holds a large payload that the writer shall not copy; see [`Writer::large_str`].
pub struct Writer<B> {
    protocol: u8,
    mode: Mode,
    pub(crate) body: Vec<u8>,
    /// Between `start` and `end`.
    started: bool,
    /// Stream mode: where the header of the open frame is.
    frame: Option<usize>,
    pub(crate) events: Vec<Event>,
    /// One-shot mode: where references are in the body, under indexes that [`Writer::finish`] replaces.
    pub(crate) gets: Vec<usize>,
    pub(crate) externals: Vec<External<B>>,
    /// One-shot mode: the values memoised, by their index.
    pub(crate) puts: Vec<Put>,
    values: ValueTable,
    /// How long the body is when the current frame is full.
    frame_limit: usize,
}

impl<B> Writer<B> {
    /// A writer for `protocol` (0 to 5).
    #[must_use]
    pub fn new(protocol: u8, mode: Mode) -> Self {
        Self {
            body: Vec::with_capacity(256),
            ..Self::empty(protocol, mode)
        }
    }

    fn empty(protocol: u8, mode: Mode) -> Self {
        Self {
            protocol,
            mode,
            body: Vec::new(),
            started: false,
            frame: None,
            events: Vec::new(),
            gets: Vec::new(),
            externals: Vec::new(),
            puts: Vec::new(),
            values: ValueTable::default(),
            frame_limit: usize::MAX,
        }
    }

    /// A writer for `protocol` that uses the memory of another one.
    #[must_use]
    pub fn with_buffers(protocol: u8, mode: Mode, buffers: Buffers) -> Self {
        Self {
            body: buffers.body,
            events: buffers.events,
            gets: buffers.gets,
            puts: buffers.puts,
            values: buffers.values,
            ..Self::empty(protocol, mode)
        }
    }

    /// The memory of a writer, for the next one; none of what was written. No memory if it is more than `most` bytes.
    #[must_use]
    pub fn into_buffers(mut self, most: usize) -> Buffers {
        let held = self.body.capacity()
            + self.events.capacity() * size_of::<Event>()
            + self.gets.capacity() * size_of::<usize>()
            + self.puts.capacity() * size_of::<Put>()
            + self.values.capacity();
        if held > most {
            return Buffers::default();
        }
        self.body.clear();
        self.events.clear();
        self.gets.clear();
        self.puts.clear();
        self.values.clear();
        Buffers {
            body: self.body,
            events: self.events,
            gets: self.gets,
            puts: self.puts,
            values: self.values,
        }
    }

    /// The protocol that the writer was made for.
    #[must_use]
    pub fn protocol(&self) -> u8 {
        self.protocol
    }

    /// When bytes leave the writer.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Begins a pickle: `PROTO`, and the first frame.
    pub fn start(&mut self) {
        if self.protocol >= 2 {
            self.body.extend_from_slice(&[op::PROTO, self.protocol]);
        }
        self.started = true;
        self.open_frame();
    }

    /// Ends a pickle: `STOP`, and the last frame.
    pub fn end(&mut self) {
        self.op(op::STOP);
        self.close_frame();
        self.started = false;
    }

    /// Whether the current frame is long enough to be closed by [`Writer::boundary`].
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.body.len() >= self.frame_limit
    }

    /// To be called before each value, at least where the frame [is full](Writer::is_full). Closes such a frame.
    ///
    /// Returns true if, in stream mode, a frame was closed and the bytes so far can be [taken](Writer::take).
    #[inline]
    pub fn boundary(&mut self) -> bool {
        if !self.is_full() {
            return false;
        }
        match self.mode {
            Mode::Stream => {
                self.close_frame();
                true
            }
            Mode::OneShot => {
                self.cut(What::Cut);
                false
            }
        }
    }

    /// Stream mode: hands over what is complete and goes on with an empty buffer.
    #[must_use]
    pub fn take(&mut self) -> Vec<u8> {
        self.close_frame();
        let bytes = std::mem::take(&mut self.body);
        self.open_frame_again();
        bytes
    }

    /// Forgets everything that was written, for instance after an error in the middle of a pickle.
    pub fn reset(&mut self) {
        *self = Self::new(self.protocol, self.mode);
    }

    /// One-shot mode: prunes the memo and lays the frames.
    #[must_use]
    pub fn finish(self) -> Pickle<B> {
        Pickle::new(self)
    }

    fn open_frame(&mut self) {
        if self.protocol < 4 {
            return;
        }
        if self.mode == Mode::Stream {
            self.frame = Some(self.body.len());
            self.body
                .extend_from_slice(&[op::FRAME, 0, 0, 0, 0, 0, 0, 0, 0]);
        }
        self.frame_limit = self.body.len() + FRAME_TARGET;
    }

    /// Opens a frame where one is missing in the middle of a pickle.
    fn open_frame_again(&mut self) {
        if self.started && self.frame.is_none() {
            self.open_frame();
        }
    }

    /// Stream mode: fills in the length of the open frame, or removes its header if it is not worth one.
    fn close_frame(&mut self) {
        let Some(frame) = self.frame.take() else {
            return;
        };
        self.frame_limit = usize::MAX;
        let length = self.body.len() - frame - FRAME_HEADER;
        if length < FRAME_MIN {
            self.body.drain(frame..frame + FRAME_HEADER);
        } else {
            self.body[frame + 1..frame + FRAME_HEADER]
                .copy_from_slice(&(length as u64).to_le_bytes());
        }
    }

    fn event(&mut self, what: What) {
        // The number of values is that of memo indexes: `memoize` has seen to it.
        let puts = u32::try_from(self.puts.len()).unwrap_or(u32::MAX);
        self.events.push(Event {
            at: self.body.len(),
            puts,
            what,
        });
    }

    fn cut(&mut self, what: What) {
        self.event(what);
        self.open_frame();
    }

    /// One opcode without argument.
    #[inline]
    pub fn op(&mut self, opcode: u8) {
        self.body.push(opcode);
    }

    /// Opcodes and arguments that the caller put together.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.body.extend_from_slice(bytes);
    }

    /// `True` or `False`.
    pub fn bool(&mut self, value: bool) {
        match (self.protocol >= 2, value) {
            (true, true) => self.op(op::NEWTRUE),
            (true, false) => self.op(op::NEWFALSE),
            (false, true) => self.raw(b"I01\n"),
            (false, false) => self.raw(b"I00\n"),
        }
    }

    /// An integer that fits 64 bits.
    #[inline]
    pub fn int(&mut self, value: i64) {
        if self.protocol == 0 {
            self.int_text(value);
        } else if let Ok(byte) = u8::try_from(value) {
            self.body.extend_from_slice(&[op::BININT1, byte]);
        } else if let Ok(short) = u16::try_from(value) {
            let [a, b] = short.to_le_bytes();
            self.body.extend_from_slice(&[op::BININT2, a, b]);
        } else if let Ok(word) = i32::try_from(value) {
            let [a, b, c, d] = word.to_le_bytes();
            self.body.extend_from_slice(&[op::BININT, a, b, c, d]);
        } else if self.protocol == 1 {
            self.int_text(value);
        } else {
            let bytes = value.to_le_bytes();
            let mut n = 8;
            // The shortest two's complement: the last byte is superfluous if it repeats the sign bit before it.
            while n > 1
                && ((bytes[n - 1] == 0 && bytes[n - 2] < 0x80)
                    || (bytes[n - 1] == 0xff && bytes[n - 2] >= 0x80))
            {
                n -= 1;
            }
            #[expect(clippy::cast_possible_truncation, reason = "at most 8")]
            self.body.extend_from_slice(&[op::LONG1, n as u8]);
            self.body.extend_from_slice(&bytes[..n]);
        }
    }

    #[cold]
    fn int_text(&mut self, value: i64) {
        let text = if i32::try_from(value).is_ok() {
            format!("I{value}\n")
        } else {
            format!("L{value}L\n")
        };
        self.raw(text.as_bytes());
    }

    /// Protocol 2 and later: an integer of any size in the shortest little-endian two's complement.
    ///
    /// # Errors
    /// If it has more than 2 GiB.
    pub fn long(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if let Ok(n) = u8::try_from(bytes.len()) {
            self.raw(&[op::LONG1, n]);
        } else {
            let n = i32::try_from(bytes.len()).map_err(|_| Error(Kind::IntTooLong))?;
            self.op(op::LONG4);
            self.raw(&n.to_le_bytes());
        }
        self.raw(bytes);
        Ok(())
    }

    /// A line: an opcode whose argument is text (`LONG`, `FLOAT`, `PERSID`, ...).
    pub fn line(&mut self, opcode: u8, text: &[u8]) {
        self.op(opcode);
        self.raw(text);
        self.op(b'\n');
    }

    /// Protocol 1 and later: a float.
    #[inline]
    pub fn float(&mut self, value: f64) {
        let mut bytes = [op::BINFLOAT; 9];
        bytes[1..].copy_from_slice(&value.to_be_bytes());
        self.body.extend_from_slice(&bytes);
    }

    /// `GLOBAL`, which older protocols have instead of `STACK_GLOBAL`.
    pub fn global(&mut self, module: &[u8], name: &[u8]) {
        self.line(op::GLOBAL, module);
        self.raw(name);
        self.op(b'\n');
    }

    /// An extension code (`copyreg.add_extension`).
    pub fn extension(&mut self, code: u32) {
        let bytes = code.to_le_bytes();
        match bytes {
            [a, 0, 0, 0] => self.raw(&[op::EXT1, a]),
            [a, b, 0, 0] => self.raw(&[op::EXT2, a, b]),
            [a, b, c, d] => self.raw(&[op::EXT4, a, b, c, d]),
        }
    }

    fn str_header(&self, len: usize) -> Result<Header, Error> {
        Ok(match (u8::try_from(len), u32::try_from(len)) {
            (Ok(n), _) if self.protocol >= 4 => Header::new(op::SHORT_BINUNICODE, &[n]),
            (_, Ok(n)) => Header::new(op::BINUNICODE, &n.to_le_bytes()),
            _ if self.protocol >= 4 => Header::new(op::BINUNICODE8, &(len as u64).to_le_bytes()),
            _ => return Err(Error(Kind::StrTooLong)),
        })
    }

    fn bytes_header(&self, len: usize) -> Result<Header, Error> {
        Ok(match (u8::try_from(len), u32::try_from(len)) {
            (Ok(n), _) => Header::new(op::SHORT_BINBYTES, &[n]),
            (_, Ok(n)) => Header::new(op::BINBYTES, &n.to_le_bytes()),
            _ if self.protocol >= 4 => Header::new(op::BINBYTES8, &(len as u64).to_le_bytes()),
            _ => return Err(Error(Kind::BytesTooLong)),
        })
    }

    /// Whether equal strings are found by [`Writer::str`]: in one-shot mode, except in protocol 0, which does not
    /// store them as they are.
    #[must_use]
    pub fn finds_equal(&self) -> bool {
        self.mode == Mode::OneShot && self.protocol > 0
    }

    /// One-shot mode: a string (UTF-8, lone surrogates as `surrogatepass` makes them), or a reference to an equal
    /// one, memoised either way; returns the memo index, and true for a reference. What has [`FRAME_TARGET`] bytes or more goes through [`Writer::large_str`].
    ///
    /// # Errors
    /// If the memo is full.
    #[inline]
    pub fn str(&mut self, utf8: &[u8]) -> Result<(u32, bool), Error> {
        if self.protocol == 0 {
            self.str_once(utf8)?;
            return Ok((self.memoize()?, false));
        }
        match self.values.find(&self.body, utf8, ValueKind::Str) {
            Ok(index) => {
                self.get(index)?;
                Ok((index, true))
            }
            Err(hash) => {
                let start = self.str_once(utf8)?;
                let index = self.memoize()?;
                self.values
                    .insert(hash, ValueKind::Str, start, self.body.len() - start, index);
                Ok((index, false))
            }
        }
    }

    /// A string that is always written, and not memoised. Returns where its text begins in the body.
    ///
    /// # Errors
    /// If the string is too long for the protocol.
    pub fn str_once(&mut self, utf8: &[u8]) -> Result<usize, Error> {
        if self.protocol == 0 {
            self.op(op::UNICODE);
            let start = self.body.len();
            raw_unicode_escape(&mut self.body, utf8);
            self.op(b'\n');
            return Ok(start);
        }
        if self.protocol >= 4
            && let Ok(len) = u8::try_from(utf8.len())
        {
            self.body.reserve(2 + utf8.len());
            self.body.extend_from_slice(&[op::SHORT_BINUNICODE, len]);
        } else {
            let header = self.str_header(utf8.len())?;
            self.raw(header.as_slice());
        }
        let start = self.body.len();
        self.raw(utf8);
        Ok(start)
    }

    /// One-shot mode, protocol 3 and later: bytes, or a reference to equal ones, memoised either way.
    ///
    /// # Errors
    /// If the memo is full.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(u32, bool), Error> {
        match self.values.find(&self.body, bytes, ValueKind::Bytes) {
            Ok(index) => {
                self.get(index)?;
                Ok((index, true))
            }
            Err(hash) => {
                self.bytes_once(bytes)?;
                let start = self.body.len() - bytes.len();
                let index = self.memoize()?;
                self.values
                    .insert(hash, ValueKind::Bytes, start, bytes.len(), index);
                Ok((index, false))
            }
        }
    }

    /// Protocol 3 and later: bytes that are always written, and not memoised.
    ///
    /// # Errors
    /// If they are too long for the protocol.
    pub fn bytes_once(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let header = self.bytes_header(bytes.len())?;
        self.raw(header.as_slice());
        self.raw(bytes);
        Ok(())
    }

    /// Protocol 5: a bytearray, not memoised.
    pub fn bytearray(&mut self, bytes: &[u8]) {
        self.op(op::BYTEARRAY8);
        self.raw(&(bytes.len() as u64).to_le_bytes());
        self.raw(bytes);
    }

    /// The index that the value on top of the stack gets in the memo.
    ///
    /// # Errors
    /// If the memo is full, or the writer is in stream mode.
    #[inline]
    pub fn memoize(&mut self) -> Result<u32, Error> {
        if self.mode == Mode::Stream {
            return Err(Error(Kind::MemoFrozen));
        }
        let index = u32::try_from(self.puts.len()).map_err(|_| Error(Kind::MemoFull))?;
        self.puts.push(Put::new(self.body.len()));
        Ok(index)
    }

    /// Stream mode: memoises the value on top of the stack under `index`, which must be the number of values
    /// memoised so far.
    ///
    /// # Errors
    /// If the writer is in one-shot mode, where the numbers are not known yet.
    #[inline]
    pub fn put(&mut self, index: u32) -> Result<(), Error> {
        if self.mode == Mode::OneShot {
            return Err(Error(Kind::MemoFrozen));
        }
        Encoded::put(self.protocol, index).write(|bytes| self.body.extend_from_slice(bytes));
        Ok(())
    }

    /// Pushes what was memoised under `index`.
    ///
    /// # Errors
    /// In one-shot mode, if nothing was.
    #[inline]
    pub fn get(&mut self, index: u32) -> Result<(), Error> {
        if self.mode == Mode::Stream {
            Encoded::get(self.protocol, index).write(|bytes| self.body.extend_from_slice(bytes));
            return Ok(());
        }
        let put = self
            .puts
            .get_mut(index as usize)
            .ok_or(Error(Kind::UnknownMemo))?;
        // What memoising it will add to the frame.
        if put.mark() {
            self.frame_limit = self.frame_limit.saturating_sub(1);
        }
        self.gets.push(self.body.len());
        let [a, b, c, d] = index.to_le_bytes();
        if index < 0x100 {
            self.body.extend_from_slice(&[op::BINGET, a]);
        } else {
            self.body.extend_from_slice(&[op::LONG_BINGET, a, b, c, d]);
        }
        Ok(())
    }

    /// Whether a payload of this many bytes is to be written by the `large_*` methods.
    #[must_use]
    pub fn is_large(&self, len: usize) -> bool {
        len >= FRAME_TARGET
    }

    fn large(&mut self, header: Header, payload: B) -> Option<B> {
        if self.mode == Mode::Stream {
            self.close_frame();
            self.raw(header.as_slice());
            return Some(payload);
        }
        let number = u32::try_from(self.externals.len()).unwrap_or(u32::MAX);
        self.externals.push(External { header, payload });
        self.cut(What::External(number));
        None
    }

    /// A string of at least [`FRAME_TARGET`] bytes, `len` in all, not memoised. Protocol 1 and later.
    ///
    /// In one-shot mode the payload is kept as it is until the end. In stream mode it is given back: the caller
    /// [takes](Writer::take_for_payload) what was written so far and sends the payload itself.
    ///
    /// # Errors
    /// If the string is too long for the protocol.
    pub fn large_str(&mut self, len: usize, payload: B) -> Result<Option<B>, Error> {
        let header = self.str_header(len)?;
        Ok(self.large(header, payload))
    }

    /// As [`Writer::large_str`], for bytes in protocol 3 and later.
    ///
    /// # Errors
    /// If they are too long for the protocol.
    pub fn large_bytes(&mut self, len: usize, payload: B) -> Result<Option<B>, Error> {
        let header = self.bytes_header(len)?;
        Ok(self.large(header, payload))
    }

    /// As [`Writer::large_str`], for a bytearray in protocol 5.
    pub fn large_bytearray(&mut self, len: usize, payload: B) -> Option<B> {
        let header = Header::new(op::BYTEARRAY8, &(len as u64).to_le_bytes());
        self.large(header, payload)
    }

    /// Stream mode: what is to be sent before a large payload; what comes after it begins a new frame.
    #[must_use]
    pub fn take_for_payload(&mut self) -> Vec<u8> {
        self.take()
    }
}
