//! One opcode and its argument at a time.
use crate::op;
use crate::read::error::{ReadError, ReadErrorKind};
use crate::read::text;

/// The newest protocol.
const HIGHEST_PROTOCOL: u8 = 5;

/// An opcode with its argument, at its place in the stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instruction<'a> {
    /// Where the opcode is.
    pub offset: usize,
    /// The opcode; see [`op`].
    pub opcode: u8,
    /// What follows it.
    pub argument: Argument<'a>,
    /// Where the next opcode is.
    pub end: usize,
}

impl Instruction<'_> {
    /// Whether text that stands for a value can be one: [`decode`] takes any bytes.
    ///
    /// ```
    /// use codepickle_stream::decode;
    ///
    /// assert!(decode(b"I12\n.", 0)?.is_sound());
    /// assert!(!decode(b"Itwelve\n.", 0)?.is_sound());
    /// # Ok::<(), codepickle_stream::ReadError>(())
    /// ```
    #[must_use]
    pub fn is_sound(&self) -> bool {
        match (self.opcode, self.argument) {
            (op::INT | op::LONG, Argument::Line(line)) => text::is_integer(line),
            (op::FLOAT, Argument::Line(line)) => text::float(line).is_some(),
            (op::STRING, Argument::Line(line)) => text::unquote(line).is_some(),
            (op::UNICODE, Argument::Line(line)) => text::raw_unicode_unescape(line).is_some(),
            (op::BINUNICODE | op::SHORT_BINUNICODE | op::BINUNICODE8, Argument::Bytes(bytes)) => {
                text::is_utf8(bytes)
            }
            _ => true,
        }
    }
}

/// What follows an opcode in the stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Argument<'a> {
    /// Nothing.
    None,
    /// A number of fixed width: an integer, a memo index, an extension code, the length of a frame, a protocol.
    Number(i64),
    /// The eight bytes of a float.
    Float(f64),
    /// Bytes whose length was given: a string, bytes, a long integer.
    Bytes(&'a [u8]),
    /// A line of text, without what ends it.
    Line(&'a [u8]),
    /// Two lines: module and name.
    Lines(&'a [u8], &'a [u8]),
}

/// The instruction at `offset`.
///
/// # Errors
/// If the stream ends before the argument does, or the opcode or its argument is none.
///
/// ```
/// use codepickle_stream::{decode, op, Argument};
///
/// let instruction = decode(b"\x80\x04\x8c\x04spam.", 2)?;
/// assert_eq!(instruction.opcode, op::SHORT_BINUNICODE);
/// assert_eq!(instruction.argument, Argument::Bytes(b"spam"));
/// assert_eq!(instruction.end, 8);
/// # Ok::<(), codepickle_stream::ReadError>(())
/// ```
pub fn decode(data: &[u8], offset: usize) -> Result<Instruction<'_>, ReadError> {
    let mut cursor = Cursor {
        rest: data.get(offset..).unwrap_or_default(),
    };
    match cursor.instruction() {
        Ok((opcode, argument)) => Ok(Instruction {
            offset,
            opcode,
            argument,
            end: data.len() - cursor.rest.len(),
        }),
        Err(kind) => Err(ReadError::new(kind, offset)),
    }
}

/// What is left of the stream.
struct Cursor<'a> {
    rest: &'a [u8],
}

type Step<T> = Result<T, ReadErrorKind>;

impl<'a> Cursor<'a> {
    fn instruction(&mut self) -> Step<(u8, Argument<'a>)> {
        let [opcode] = self.array()?;
        let argument = match opcode {
            op::MARK
            | op::STOP
            | op::POP
            | op::POP_MARK
            | op::DUP
            | op::NONE
            | op::BINPERSID
            | op::REDUCE
            | op::APPEND
            | op::BUILD
            | op::DICT
            | op::EMPTY_DICT
            | op::APPENDS
            | op::LIST
            | op::EMPTY_LIST
            | op::OBJ
            | op::SETITEM
            | op::TUPLE
            | op::EMPTY_TUPLE
            | op::SETITEMS
            | op::NEWOBJ
            | op::TUPLE1
            | op::TUPLE2
            | op::TUPLE3
            | op::NEWTRUE
            | op::NEWFALSE
            | op::EMPTY_SET
            | op::ADDITEMS
            | op::FROZENSET
            | op::NEWOBJ_EX
            | op::STACK_GLOBAL
            | op::MEMOIZE
            | op::NEXT_BUFFER
            | op::READONLY_BUFFER => Argument::None,
            op::PROTO => match self.array()? {
                [protocol] if protocol > HIGHEST_PROTOCOL => {
                    return Err(ReadErrorKind::Protocol(protocol));
                }
                [protocol] => Argument::Number(protocol.into()),
            },
            op::FRAME => {
                let length = self.length8()?;
                if length > self.rest.len() {
                    return Err(ReadErrorKind::Truncated);
                }
                Argument::Number(i64::try_from(length).map_err(|_| ReadErrorKind::Argument)?)
            }
            op::BININT1 | op::BINGET | op::BINPUT | op::EXT1 => {
                Argument::Number(u8::from_le_bytes(self.array()?).into())
            }
            op::BININT2 | op::EXT2 => Argument::Number(u16::from_le_bytes(self.array()?).into()),
            op::BININT | op::EXT4 => Argument::Number(i32::from_le_bytes(self.array()?).into()),
            op::LONG_BINGET | op::LONG_BINPUT => {
                Argument::Number(u32::from_le_bytes(self.array()?).into())
            }
            op::BINFLOAT => Argument::Float(f64::from_be_bytes(self.array()?)),
            op::SHORT_BINSTRING | op::SHORT_BINBYTES | op::SHORT_BINUNICODE | op::LONG1 => {
                let [length] = self.array()?;
                Argument::Bytes(self.take(length.into())?)
            }
            op::BINUNICODE | op::BINBYTES => {
                let length = u32::from_le_bytes(self.array()?);
                Argument::Bytes(self.take(length as usize)?)
            }
            // Signed, and never negative: they are of protocol 1 and 2.
            op::BINSTRING | op::LONG4 => {
                let length = i32::from_le_bytes(self.array()?);
                let length = usize::try_from(length).map_err(|_| ReadErrorKind::Argument)?;
                Argument::Bytes(self.take(length)?)
            }
            op::BINUNICODE8 | op::BINBYTES8 | op::BYTEARRAY8 => {
                let length = self.length8()?;
                Argument::Bytes(self.take(length)?)
            }
            op::FLOAT
            | op::INT
            | op::LONG
            | op::STRING
            | op::UNICODE
            | op::PERSID
            | op::GET
            | op::PUT => Argument::Line(self.line()?),
            op::GLOBAL | op::INST => Argument::Lines(self.line()?, self.line()?),
            _ => return Err(ReadErrorKind::UnknownOpcode(opcode)),
        };
        Ok((opcode, argument))
    }

    fn array<const N: usize>(&mut self) -> Step<[u8; N]> {
        let (array, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(ReadErrorKind::Truncated)?;
        self.rest = rest;
        Ok(*array)
    }

    /// A length of eight bytes; what no memory can hold ends too early in any case.
    fn length8(&mut self) -> Step<usize> {
        usize::try_from(u64::from_le_bytes(self.array()?)).map_err(|_| ReadErrorKind::Truncated)
    }

    fn take(&mut self, length: usize) -> Step<&'a [u8]> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(ReadErrorKind::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn line(&mut self) -> Step<&'a [u8]> {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let line = self.take(end.ok_or(ReadErrorKind::Truncated)?)?;
        self.take(1)?;
        Ok(line)
    }
}
