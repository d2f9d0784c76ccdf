//! Opcodes with their arguments, as bytes.
use crate::op;

/// The opcode of a string or bytes object and its length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    bytes: [u8; 9],
    len: u8,
}

impl Header {
    pub(crate) fn new(opcode: u8, length: &[u8]) -> Self {
        let mut bytes = [0; 9];
        bytes[0] = opcode;
        bytes[1..=length.len()].copy_from_slice(length);
        // `length` has at most 8 bytes.
        Self {
            bytes,
            len: if length.len() == 1 {
                2
            } else if length.len() == 4 {
                5
            } else {
                9
            },
        }
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// One opcode and its argument.
#[derive(Clone, Copy)]
pub(crate) enum Encoded {
    /// This many of the bytes.
    Bytes([u8; 5], u8),
    /// Protocol 0: the opcode and a number in decimal on a line.
    Line(u8, u32),
}

impl Encoded {
    fn indexed(protocol: u8, index: u32, text: u8, short: u8, long: u8) -> Self {
        let [a, b, c, d] = index.to_le_bytes();
        match (protocol, index) {
            (0, _) => Self::Line(text, index),
            (_, 0..0x100) => Self::Bytes([short, a, 0, 0, 0], 2),
            _ => Self::Bytes([long, a, b, c, d], 5),
        }
    }

    /// The opcode that memoises under `index`.
    #[inline]
    pub(crate) fn put(protocol: u8, index: u32) -> Self {
        if protocol >= 4 {
            return Self::Bytes([op::MEMOIZE, 0, 0, 0, 0], 1);
        }
        Self::indexed(protocol, index, op::PUT, op::BINPUT, op::LONG_BINPUT)
    }

    /// The opcode that pushes what was memoised under `index`.
    #[inline]
    pub(crate) fn get(protocol: u8, index: u32) -> Self {
        Self::indexed(protocol, index, op::GET, op::BINGET, op::LONG_BINGET)
    }

    #[inline]
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Bytes(_, len) => len.into(),
            Self::Line(_, index) => 3 + index.checked_ilog10().unwrap_or(0) as usize,
        }
    }

    #[inline]
    pub(crate) fn write<R>(self, write: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            Self::Bytes(bytes, 1) => write(&bytes[..1]),
            Self::Bytes(bytes, 2) => write(&bytes[..2]),
            Self::Bytes(bytes, _) => write(&bytes),
            Self::Line(opcode, index) => {
                write(format!("{}{index}\n", char::from(opcode)).as_bytes())
            }
        }
    }
}
