//! What the reader refuses.
use std::fmt;

/// Why a stream cannot be read as a pickle, and where.
///
/// ```
/// let error = codepickle_stream::read(b"K\x01K").unwrap_err();
/// assert_eq!(error.offset(), 2);
/// assert_eq!(error.to_string(), "the pickle ends too early");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    pub(crate) kind: ReadErrorKind,
    pub(crate) offset: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReadErrorKind {
    Truncated,
    UnknownOpcode(u8),
    Protocol(u8),
    Argument,
    Underflow,
    NoMark,
    UnknownMemo(u64),
    NoContainer,
    NoName,
    OddItems,
    Memory(usize),
}

impl ReadError {
    pub(crate) fn new(kind: ReadErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// The offset of the opcode that cannot be read.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Whether the stream may be fine, and only needs more memory than was allowed.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(self.kind, ReadErrorKind::Memory(_))
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ReadErrorKind::Truncated => f.write_str("the pickle ends too early"),
            ReadErrorKind::UnknownOpcode(opcode) => {
                write!(f, "there is no opcode {:?}", char::from(opcode))
            }
            ReadErrorKind::Protocol(protocol) => {
                write!(f, "pickle protocol {protocol} is not known")
            }
            ReadErrorKind::Argument => f.write_str("the opcode's argument is malformed"),
            ReadErrorKind::Underflow => f.write_str("the stack holds too few values"),
            ReadErrorKind::NoMark => f.write_str("no mark was set"),
            ReadErrorKind::UnknownMemo(index) => {
                write!(f, "the memo holds nothing under {index}")
            }
            ReadErrorKind::NoContainer => {
                f.write_str("the value takes neither items nor attributes")
            }
            ReadErrorKind::NoName => f.write_str("a module or global is not named by a string"),
            ReadErrorKind::OddItems => f.write_str("a key has no value"),
            ReadErrorKind::Memory(limit) => {
                write!(f, "reading takes more than the {limit} bytes allowed")
            }
        }
    }
}

impl std::error::Error for ReadError {}
