//! Pickle opcodes as bytes and back, without Python.
//!
//! [`Writer`] emits the opcodes of protocols 0 to 5 as CPython's `_pickle` does, byte for byte, and lays
//! `FRAME`s that no opcode crosses. It works in one of two [`Mode`]s:
//!
//! - [`Mode::Stream`]: bytes leave as they are made, every memoised value gets its `MEMOIZE`;
//! - [`Mode::OneShot`]: the whole pickle is held back until [`Writer::finish`], which leaves out the `MEMOIZE` of
//!   what is never referenced again, renumbers the rest and lays the frames. Equal strings are written once.
//!
//! ```
//! use codepickle_stream::{op, Mode, Writer};
//!
//! let mut w: Writer<Vec<u8>> = Writer::new(4, Mode::OneShot);
//! w.start();
//! w.op(op::EMPTY_LIST);
//! w.memoize()?; // never referenced: leaves no trace
//! w.op(op::MARK);
//! for word in ["spam", "spam"] {
//!     w.boundary();
//!     w.str(word.as_bytes())?;
//! }
//! w.op(op::APPENDS);
//! w.end();
//! assert_eq!(w.finish().to_vec(), b"\x80\x04](\x8c\x04spam\x94h\x00e.");
//! # Ok::<(), codepickle_stream::Error>(())
//! ```
//!
//! [`read`] goes the other way: it interprets a pickle of any origin without importing or calling anything, and leaves
//! a [`Graph`] of what it would make.
#![forbid(unsafe_code)]

mod encoded;
mod error;
mod layout;
mod marks;
pub mod op;
mod read;
mod text;
mod trust;
mod values;
mod writer;

pub use error::Error;
pub use layout::{Pickle, Sink};
pub use read::{
    Argument, Bytecode, Carried, Graph, Instruction, Method, Oddity, Payload, ReadError, Reference,
    Referred, Trace, Value, View, decode, read, read_within, trace,
};
pub use trust::{
    Added, Allowed, Group, Limits, Maker, Names, Refusal, Rules, Step, Survey, Unit, check, groups,
    heads, steps, twins,
};
pub use writer::{Buffers, FRAME_TARGET, Mode, Writer};
