//! What the tokens tell before there is a syntax tree: a bound on its depth, and whether all of the syntax is old.
//!
//! Parsing, visiting and dropping a tree recurse on its depth, and a tree can be as deep as its text is long:
//! `1+1+1+...` nests to the left without any bracket. The bound tells how much stack these need.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

use crate::plain::Plain;

/// Texts beyond this are refused. CPython's own compiler gives up on a few thousand levels
/// (`RecursionError`, `MemoryError`), so that nothing which could be pickled comes near.
pub(crate) const MAX_DEPTH: usize = 20_000;

/// Stack for one level of the tree: the frames of the visitor and of `drop` for the deepest kinds of node.
const STACK_PER_LEVEL: usize = if cfg!(debug_assertions) {
    32 << 10
} else {
    4 << 10
};

/// Stack for what does not depend on the text.
const STACK_BASE: usize = 512 << 10;

/// Finds out what the first text to be parsed needs to know of the machine: how much stack this thread has, and which
/// instructions the processor has to search texts with.
///
/// On the main thread under Linux the first means to read `/proc/self/maps`. The second makes a virtual machine stop for each
/// question. Each takes longer than to parse a function.
///
/// ```
/// codepickle_source::prepare();
/// ```
pub fn prepare() {
    let _ = stacker::remaining_stack();
    std::hint::black_box(memchr::memmem::find(b"def f(): pass", b"pass"));
}

/// Runs `work` on a stack that is large enough for a tree of `depth` levels.
pub(crate) fn with_stack<T>(depth: usize, work: impl FnOnce() -> T) -> T {
    let need = STACK_BASE + depth.min(MAX_DEPTH) * STACK_PER_LEVEL;
    stacker::maybe_grow(need, need, work)
}

/// What one open bracket contributes to the depth.
#[derive(Default)]
struct Level {
    /// Tokens since the last comma: siblings do not nest in each other.
    chain: usize,
    /// Tokens up to the last `lambda`, whose parameters have commas without ending it.
    held: usize,
}

impl Level {
    fn depth(&self) -> usize {
        self.chain + self.held
    }
}

/// What the tokens of a text tell.
pub(crate) struct Tokens {
    /// An upper bound of the depth of the tree.
    pub(crate) depth: usize,
    /// Whether 3.7 certainly has all of the syntax.
    pub(crate) is_plain: bool,
}

/// An upper bound of the depth of the tree of `text`; `Err` is the line around which it exceeds
/// 20,000 (the lexer does not tell where a token is; newlines within strings are not counted).
///
/// ```
/// assert!(codepickle_source::depth(&"-".repeat(500)).unwrap() >= 500);
/// ```
///
/// # Errors
/// The line from which on nobody wants to know more.
pub fn depth(text: &str) -> Result<usize, u32> {
    tokens(text).map(|tokens| tokens.depth)
}

/// The same, with whatever else the tokens tell.
pub(crate) fn tokens(text: &str) -> Result<Tokens, u32> {
    let mut lexer = lexer::lex(text, Mode::Module);
    let mut levels = vec![Level::default()];
    // The sum over all levels but the innermost.
    let mut outer = 0;
    let mut indents = 0_usize;
    let mut deepest = 0;
    let mut line = 1;
    let mut plain = Plain::default();
    loop {
        let kind = lexer.next_token();
        let is_bracketed = levels.len() > 1;
        plain.take(kind, is_bracketed);
        let (Some(level), false) = (levels.last_mut(), kind == TokenKind::EndOfFile) else {
            return Ok(Tokens {
                depth: deepest,
                is_plain: plain.holds(),
            });
        };
        match kind {
            TokenKind::Newline | TokenKind::Semi => {
                line += u32::from(kind == TokenKind::Newline);
                levels.clear();
                levels.push(Level::default());
                outer = 0;
            }
            TokenKind::Indent => indents += 1,
            TokenKind::Dedent => indents = indents.saturating_sub(1),
            TokenKind::Comma => level.chain = 0,
            TokenKind::Lambda => {
                level.held += level.chain + 1;
                level.chain = 0;
            }
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                level.chain += 1;
                outer += level.depth();
                levels.push(Level::default());
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace if is_bracketed => {
                levels.pop();
                outer = outer.saturating_sub(levels.last().map_or(0, Level::depth));
            }
            // What cannot make its neighbour a child of anything.
            TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::FStringMiddle
            | TokenKind::TStringMiddle
            | TokenKind::Comment => {}
            TokenKind::NonLogicalNewline => line += 1,
            _ => level.chain += 1,
        }
        deepest = deepest.max(indents + outer + levels.last().map_or(0, Level::depth));
        if deepest > MAX_DEPTH {
            return Err(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, depth};

    #[test]
    fn siblings_do_not_add_up() {
        let table = format!("x = [{}]\n", "(1, {2: -3}), ".repeat(MAX_DEPTH));
        assert!(depth(&table).unwrap() < 20);
    }

    #[test]
    fn chains_add_up() {
        for piece in ["+1", ".a", "(1)", "[0]", " if x else 1", "**2"] {
            let text = format!("x = 1{}\n", piece.repeat(MAX_DEPTH + 1));
            assert!(depth(&text).is_err(), "{piece}");
        }
        for piece in ["-", "(", "[", "{0:", "lambda a, b: ", "not ", "f(1, "] {
            let text = format!("x = {}1\n", piece.repeat(MAX_DEPTH + 1));
            assert!(depth(&text).is_err(), "{piece}");
        }
    }
}
