//! The one way into ruff's parser: bounded in length and in depth.

use ruff_python_ast::ModModule;
use ruff_python_parser::{ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::Ranged;

use crate::error::ParseError;
use crate::lines::Lines;
use crate::nesting;

/// Offsets are 32 bits wide, and a quarter of that leaves room for every count of tokens.
const MAX_LENGTH: usize = 1 << 30;

/// Parses `text` as a module and hands it to `inside`.
///
/// The tree is dropped where it was visited: both recurse, on a stack that is made for `frames` times the depth of the
/// text.
pub(crate) fn module<T>(
    text: &str,
    options: ParseOptions,
    frames: usize,
    inside: impl FnOnce(&Parsed<ModModule>) -> T,
) -> Result<T, ParseError> {
    if text.len() > MAX_LENGTH {
        return Err(ParseError::size());
    }
    let depth = nesting::depth(text).map_err(ParseError::nesting)?;
    nesting::with_stack(depth * frames, || {
        let parsed = parse_unchecked(text, options)
            .try_into_module()
            .ok_or_else(|| ParseError::syntax("not a module".to_owned(), 1))?;
        if let Some(error) = parsed.errors().first() {
            let line = Lines::new(text).line(error.range().start().to_u32());
            return Err(ParseError::syntax(error.error.to_string(), line));
        }
        Ok(inside(&parsed))
    })
}
