//! What a writer can refuse.
use std::fmt;

/// Why the writer could not express a value in the protocol in use.
///
/// ```
/// use codepickle_stream::{Mode, Writer};
/// let mut w: Writer<Vec<u8>> = Writer::new(4, Mode::OneShot);
/// assert!(w.get(7).unwrap_err().is_memo());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(pub(crate) Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    StrTooLong,
    BytesTooLong,
    IntTooLong,
    MemoFull,
    UnknownMemo,
    MemoFrozen,
}

impl Error {
    /// A string, bytes object or integer longer than the protocol's length fields can say.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        matches!(
            self.0,
            Kind::StrTooLong | Kind::BytesTooLong | Kind::IntTooLong
        )
    }

    /// The memo is full, or an index was asked for that was never memoised.
    #[must_use]
    pub fn is_memo(&self) -> bool {
        matches!(
            self.0,
            Kind::MemoFull | Kind::UnknownMemo | Kind::MemoFrozen
        )
    }
}

impl fmt::Display for Error {
    // The texts of the first three are those of CPython's `_pickle`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::StrTooLong => {
                "serializing a string larger than 4 GiB requires pickle protocol 4 or higher"
            }
            Kind::BytesTooLong => {
                "serializing a bytes object larger than 4 GiB requires pickle protocol 4 or higher"
            }
            Kind::IntTooLong => "int too large to pickle",
            Kind::MemoFull => "memo id too large for LONG_BINGET",
            Kind::UnknownMemo => "memo index was never memoized",
            Kind::MemoFrozen => "explicit memo indexes belong to stream mode",
        })
    }
}

impl std::error::Error for Error {}
