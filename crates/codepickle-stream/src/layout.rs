//! The end of one-shot mode: which memo opcodes stay, under which numbers, and where frames go.
use crate::encoded::Encoded;
use crate::marks::{Put, What};
use crate::op;
use crate::writer::{Buffers, FRAME_HEADER, FRAME_MIN, Writer};

/// A pickle whose only frame would be shorter than this goes without: `FRAME` is optional for loaders, and its 9
/// bytes matter in the pickle of a small function but save no read call.
const LONE_FRAME_MIN: usize = 128;

/// Receives a finished pickle piece by piece.
pub trait Sink<B> {
    /// Why it could not.
    type Error;

    /// Bytes that the writer made.
    ///
    /// # Errors
    /// As the implementation sees fit.
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;

    /// A large payload, as the caller gave it.
    ///
    /// # Errors
    /// As the implementation sees fit.
    fn payload(&mut self, payload: &B) -> Result<(), Self::Error>;

    /// A frame ended: a good moment to hand on what came so far.
    ///
    /// # Errors
    /// As the implementation sees fit.
    fn frame_end(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// A place in the body where something else comes out than what is there.
#[derive(Clone, Copy)]
enum Break {
    /// A value is memoised, as it is referenced later.
    Put(u32),
    /// A reference of another length than in the body, where it takes so many bytes.
    Get(u32, u8),
    /// A frame ends, and if there is a number, that payload follows.
    Cut(Option<u32>),
}

/// A finished pickle, laid out but not copied together yet.
pub struct Pickle<B> {
    writer: Writer<B>,
    breaks: Vec<(usize, Break)>,
    /// Lengths of what is between cuts.
    chunks: Vec<usize>,
    framed: bool,
    /// Bytes in all, without payloads.
    len: usize,
}

/// The values that are referenced: each with its number before, in order. Their places are the numbers that stay.
struct Kept {
    values: Vec<(u32, usize)>,
    /// How many of them come before each value; their own place for those themselves.
    renumbered: Vec<u32>,
}

impl Kept {
    fn new(puts: &[Put]) -> Self {
        let mut values = Vec::new();
        if !puts.iter().any(|put| put.is_used()) {
            return Self {
                values,
                renumbered: Vec::new(), // Nobody will look.
            };
        }
        let mut renumbered = Vec::with_capacity(puts.len());
        for (put, number) in puts.iter().zip(0..) {
            renumbered.push(u32::try_from(values.len()).unwrap_or(u32::MAX));
            if put.is_used() {
                values.push((number, put.at()));
            }
        }
        Self { values, renumbered }
    }
}

/// Where what changes nothing but the body in place is left out: the values kept, references and cuts, in their order.
fn breaks<B>(writer: &mut Writer<B>) -> Vec<(usize, Break)> {
    let protocol = writer.protocol();
    let kept = Kept::new(&writer.puts);
    let mut gets = Vec::new();
    for &at in &writer.gets {
        let Some((opcode, rest)) = writer.body[at..].split_first_mut() else {
            continue;
        };
        let old = match (*opcode, &*rest) {
            (op::BINGET, [a, ..]) => u32::from(*a),
            (_, [a, b, c, d, ..]) => u32::from_le_bytes([*a, *b, *c, *d]),
            _ => continue,
        };
        let new = kept.renumbered[old as usize];
        if protocol > 0 && old < 0x100 {
            // A number that is not larger fits where the old one was.
            rest[0] = new.to_le_bytes()[0];
        } else if protocol > 0 && new >= 0x100 {
            rest[..4].copy_from_slice(&new.to_le_bytes());
        } else {
            gets.push((at, Break::Get(new, if old < 0x100 { 2 } else { 5 })));
        }
    }
    let mut all = Vec::with_capacity(kept.values.len() + gets.len() + writer.events.len());
    let mut puts = kept.values.iter().zip(0..).peekable();
    let mut gets = gets.into_iter().peekable();
    let mut events = writer.events.iter().peekable();
    loop {
        let put = puts.peek().map(|((number, at), _)| (*at, *number));
        let get = gets.peek().map(|(at, _)| *at);
        // A value is memoised right behind it. Where a payload is, it depends on what it was memoised after.
        if let Some(event) = events.peek()
            && put.is_none_or(|(_, number)| number >= event.puts)
            && get.is_none_or(|at| at >= event.at)
        {
            all.push((
                event.at,
                match event.what {
                    What::Cut => Break::Cut(None),
                    What::External(number) => Break::Cut(Some(number)),
                },
            ));
            events.next();
        } else if let Some((at, _)) = put
            && get.is_none_or(|get| get >= at)
        {
            all.extend(puts.next().map(|(_, new)| (at, Break::Put(new))));
        } else if let Some(get) = gets.next() {
            all.push(get);
        } else {
            return all;
        }
    }
}

impl<B> Pickle<B> {
    pub(crate) fn new(mut writer: Writer<B>) -> Self {
        let protocol = writer.protocol();
        let start = usize::from(protocol >= 2) * 2;
        let breaks = breaks(&mut writer);
        let mut chunks = Vec::new();
        let (mut chunk, mut at) = (0, start);
        for &(place, what) in &breaks {
            chunk += place - at;
            at = place;
            match what {
                Break::Put(index) => chunk += Encoded::put(protocol, index).len(),
                Break::Get(index, len) => {
                    chunk += Encoded::get(protocol, index).len();
                    at += usize::from(len);
                }
                Break::Cut(_) => {
                    chunks.push(chunk);
                    chunk = 0;
                }
            }
        }
        chunks.push(chunk + writer.body.len() - at);
        let framed = protocol >= 4
            && (chunks.len() > 1 || !writer.externals.is_empty() || chunks[0] >= LONE_FRAME_MIN);
        let mut len = start;
        for &chunk in &chunks {
            len += chunk;
            if framed && chunk >= FRAME_MIN {
                len += FRAME_HEADER;
            }
        }
        for external in &writer.externals {
            len += external.header.as_slice().len();
        }
        Self {
            writer,
            breaks,
            chunks,
            framed,
            len,
        }
    }

    /// The memory of its writer, as [`Writer::into_buffers`].
    #[must_use]
    pub fn into_buffers(self, most: usize) -> Buffers {
        self.writer.into_buffers(most)
    }

    /// How many bytes [`Sink::bytes`] will get in all; payloads come on top.
    #[must_use]
    pub fn own_len(&self) -> usize {
        self.len
    }

    /// The large payloads in order.
    pub fn payloads(&self) -> impl Iterator<Item = &B> {
        self.writer.externals.iter().map(|e| &e.payload)
    }

    /// Sends everything to `sink`.
    ///
    /// # Errors
    /// The first error of the sink.
    pub fn emit<S: Sink<B>>(&self, sink: &mut S) -> Result<(), S::Error> {
        let w = &self.writer;
        let protocol = w.protocol();
        let start = usize::from(protocol >= 2) * 2;
        sink.bytes(&w.body[..start])?;
        let mut at = start;
        let mut chunks = self.chunks.iter();
        self.emit_frame(chunks.next(), sink)?;
        for &(place, what) in &self.breaks {
            if place > at {
                sink.bytes(&w.body[at..place])?;
                at = place;
            }
            let number = match what {
                Break::Put(index) => {
                    Encoded::put(protocol, index).write(|bytes| sink.bytes(bytes))?;
                    continue;
                }
                Break::Get(index, len) => {
                    Encoded::get(protocol, index).write(|bytes| sink.bytes(bytes))?;
                    at += usize::from(len);
                    continue;
                }
                Break::Cut(number) => number,
            };
            sink.frame_end()?;
            if let Some(number) = number
                && let Some(external) = w.externals.get(number as usize)
            {
                sink.bytes(external.header.as_slice())?;
                sink.payload(&external.payload)?;
            }
            self.emit_frame(chunks.next(), sink)?;
        }
        sink.bytes(&w.body[at..])?;
        sink.frame_end()
    }

    fn emit_frame<S: Sink<B>>(&self, chunk: Option<&usize>, sink: &mut S) -> Result<(), S::Error> {
        if let Some(&len) = chunk.filter(|&&len| self.framed && len >= FRAME_MIN) {
            let mut header = [op::FRAME; FRAME_HEADER];
            header[1..].copy_from_slice(&(len as u64).to_le_bytes());
            sink.bytes(&header)?;
        }
        Ok(())
    }
}

impl<B: AsRef<[u8]>> Pickle<B> {
    /// Everything in one piece.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        struct Join(Vec<u8>);
        impl<B: AsRef<[u8]>> Sink<B> for Join {
            type Error = std::convert::Infallible;
            fn bytes(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
                self.0.extend_from_slice(bytes);
                Ok(())
            }
            fn payload(&mut self, payload: &B) -> Result<(), Self::Error> {
                self.0.extend_from_slice(payload.as_ref());
                Ok(())
            }
        }
        let mut join = Join(Vec::with_capacity(self.total_len()));
        let Ok(()) = self.emit(&mut join);
        join.0
    }

    /// How many bytes the pickle has, payloads included.
    #[must_use]
    pub fn total_len(&self) -> usize {
        self.payloads().fold(self.len, |len, payload| {
            len.saturating_add(payload.as_ref().len())
        })
    }
}
