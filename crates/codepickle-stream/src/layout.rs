//! The end of one-shot mode: which memo opcodes stay, under which numbers, and where frames go.
use crate::op;
use crate::writer::{Encoded, FRAME_HEADER, FRAME_MIN, What, Writer};

/// A pickle whose only frame would be shorter than this goes without: `FRAME` is optional for loaders, and its 9
/// bytes matter in the pickle of a small function but save no read call.
const LONE_FRAME_MIN: usize = 128;

/// Stands for a memo index that is never referenced.
const PRUNED: u32 = u32::MAX;

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

/// A finished pickle, laid out but not copied together yet.
pub struct Pickle<'w, B> {
    writer: &'w Writer<B>,
    /// Old memo index to new one.
    renumbered: Vec<u32>,
    /// Lengths of what is between cuts.
    chunks: Vec<usize>,
    framed: bool,
    /// Bytes in all, without payloads.
    len: usize,
}

impl<'w, B> Pickle<'w, B> {
    pub(crate) fn new(writer: &'w Writer<B>) -> Self {
        let protocol = writer.protocol();
        let start = usize::from(protocol >= 2) * 2;
        let mut renumbered = vec![PRUNED; writer.used.len()];
        let mut chunks = Vec::new();
        let (mut chunk, mut at, mut puts, mut kept) = (0, start, 0, 0);
        for event in &writer.events {
            chunk += event.at - at;
            at = event.at;
            match event.what {
                What::Put => {
                    if writer.used[puts] {
                        renumbered[puts] = kept;
                        chunk += Encoded::put(protocol, kept).len();
                        kept += 1;
                    }
                    puts += 1;
                }
                What::Get(index) => {
                    let index = renumbered[index as usize];
                    chunk += Encoded::get(protocol, index).len();
                }
                What::Cut | What::External(_) => {
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
            renumbered,
            chunks,
            framed,
            len,
        }
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
        let w = self.writer;
        let protocol = w.protocol();
        let start = usize::from(protocol >= 2) * 2;
        sink.bytes(&w.body[..start])?;
        let (mut at, mut puts) = (start, 0);
        let mut chunks = self.chunks.iter();
        self.emit_frame(chunks.next(), sink)?;
        for event in &w.events {
            let opcode = match event.what {
                What::Put => {
                    puts += 1;
                    // Most events are this one and leave no trace: what is around it goes out in one piece.
                    let index = self.renumbered[puts - 1];
                    if index == PRUNED {
                        continue;
                    }
                    Some(Encoded::put(protocol, index))
                }
                What::Get(index) => Some(Encoded::get(protocol, self.renumbered[index as usize])),
                What::Cut | What::External(_) => None,
            };
            if event.at > at {
                sink.bytes(&w.body[at..event.at])?;
                at = event.at;
            }
            if let Some(opcode) = opcode {
                opcode.write(|bytes| sink.bytes(bytes))?;
                continue;
            }
            sink.frame_end()?;
            if let What::External(number) = event.what
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

impl<B: AsRef<[u8]>> Pickle<'_, B> {
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
