//! The one error of this crate: a text that cannot be indexed.

use std::fmt;

/// Why a text could not be indexed, and where.
///
/// ```
/// let error = codepickle_source::SourceFile::parse("x = (\n").unwrap_err();
/// assert!(error.is_syntax());
/// assert!(error.line() >= 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    kind: Kind,
    line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Syntax(String),
    Nesting,
    Size,
}

impl ParseError {
    pub(crate) fn syntax(message: String, line: u32) -> Self {
        Self {
            kind: Kind::Syntax(message),
            line,
        }
    }

    pub(crate) fn nesting(line: u32) -> Self {
        Self {
            kind: Kind::Nesting,
            line,
        }
    }

    pub(crate) fn size() -> Self {
        Self {
            kind: Kind::Size,
            line: 1,
        }
    }

    /// The 1-based line at which the text was refused.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Whether the text is not Python, as opposed to beyond a limit of this crate.
    #[must_use]
    pub fn is_syntax(&self) -> bool {
        matches!(self.kind, Kind::Syntax(_))
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Syntax(message) => f.write_str(message),
            Kind::Nesting => f.write_str("nested too deeply for any Python to compile"),
            Kind::Size => f.write_str("longer than 1 GiB"),
        }
    }
}

impl std::error::Error for ParseError {}
