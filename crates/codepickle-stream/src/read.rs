//! The symbolic reader: what a pickle would do, without doing it.
//!
//! [`read`] runs the unpickler's machine on symbols. What it leaves is a [`Graph`]: every object that the pickle makes,
//! with the place of the opcode that makes it, and what is done with it. Nothing is imported, nothing is called.
mod decode;
mod error;
mod graph;
mod machine;
mod payload;
mod text;
mod trace;

pub use decode::{Argument, Instruction, decode};
pub use error::ReadError;
pub use graph::{Graph, Value, View};
pub(crate) use graph::{Kind, Role};
pub use machine::{read, read_within};
pub use payload::{Bytecode, Carried, Method, Payload, Reference, Referred};
pub use trace::{Oddity, Trace, trace};
