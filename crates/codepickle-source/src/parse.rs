//! The one way into ruff's parser: bounded in length and in depth.

use ruff_python_ast::ModModule;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::Ranged;

use crate::error::ParseError;
use crate::lines::Lines;
use crate::nesting::{self, Tokens};

/// Offsets are 32 bits wide, and a quarter of that leaves room for every count of tokens.
const MAX_LENGTH: usize = 1 << 30;

/// How often a text is parsed whose patterns have plus signs: the first may hide others from the parser.
const ATTEMPTS: usize = 4;

/// Parses `text` as a module and hands it to `inside`.
///
/// The tree is dropped where it was visited: both recurse, on a stack that is made for `frames` times the depth of the
/// text.
pub(crate) fn module<T>(
    text: &str,
    options: &ParseOptions,
    frames: usize,
    inside: impl FnOnce(&Parsed<ModModule>) -> T,
) -> Result<T, ParseError> {
    with_tokens(text, options, frames, |parsed, _| inside(parsed))
}

/// The same, with what the tokens tell.
pub(crate) fn with_tokens<T>(
    text: &str,
    options: &ParseOptions,
    frames: usize,
    inside: impl FnOnce(&Parsed<ModModule>, &Tokens) -> T,
) -> Result<T, ParseError> {
    if text.len() > MAX_LENGTH {
        return Err(ParseError::size());
    }
    let tokens = nesting::tokens(text).map_err(ParseError::nesting)?;
    nesting::with_stack(tokens.depth * frames, || {
        let parsed = unchecked(text, options)?;
        let Some(error) = parsed.errors().first() else {
            return Ok(inside(&parsed, &tokens));
        };
        let mut changed = without_plus(text, &parsed);
        for _ in 1..ATTEMPTS {
            let Some(text) = changed else {
                break;
            };
            let parsed = unchecked(&text, options)?;
            if parsed.errors().is_empty() {
                return Ok(inside(&parsed, &tokens));
            }
            changed = without_plus(&text, &parsed);
        }
        let line = Lines::new(text).line(error.range().start().to_u32());
        Err(ParseError::syntax(error.error.to_string(), line))
    })
}

fn unchecked(text: &str, options: &ParseOptions) -> Result<Parsed<ModModule>, ParseError> {
    parse_unchecked(text, options.clone())
        .try_into_module()
        .ok_or_else(|| ParseError::syntax("not a module".to_owned(), 1))
}

/// The text with a blank for every plus sign before a number that may begin a pattern; None if there is none.
///
/// Such patterns are new in 3.15, and ruff refuses them. What else may look like one, after `case`, means the same without it.
fn without_plus(text: &str, parsed: &Parsed<ModModule>) -> Option<String> {
    let mut found = Vec::new();
    let mut before = TokenKind::Newline;
    let mut is_case = false;
    let mut plus = None;
    for token in parsed.tokens() {
        let kind = token.kind();
        if is_trivia(kind) {
            continue;
        }
        if matches!(
            before,
            TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent
        ) {
            is_case =
                kind == TokenKind::Case || text.get(token.range().to_std_range()) == Some("case");
        }
        if let (Some(at), TokenKind::Int | TokenKind::Float | TokenKind::Complex) = (plus, kind) {
            found.push(at);
        }
        let is_unary = kind == TokenKind::Plus && begins_pattern(before);
        plus = (is_case && is_unary).then(|| token.start().to_usize());
        before = kind;
    }
    if found.is_empty() {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    for at in found {
        *bytes.get_mut(at)? = b' ';
    }
    String::from_utf8(bytes).ok()
}

/// Whether a pattern can stand after such a token.
fn begins_pattern(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Case
            | TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::Comma
            | TokenKind::Colon
            | TokenKind::Equal
            | TokenKind::Vbar
    )
}

fn is_trivia(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline)
}
