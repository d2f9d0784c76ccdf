//! Text whose tokens tell that every grammar has it.
//!
//! Whether a text has syntax that 3.7 lacks is found out by visiting its tree (`lower::constructs`). Most functions have none,
//! and nothing among their tokens that such syntax could begin with; that is seen in passing while they are counted.

use ruff_python_ast::token::TokenKind;

/// Takes the tokens of a text, one after the other.
#[derive(Default)]
pub(crate) struct Plain {
    may_be_newer: bool,
    previous: Option<TokenKind>,
    /// Braces that are open.
    braces: usize,
    line: LogicalLine,
    /// Whether the previous token is the name of a function or class, at its `def` or `class`.
    named: bool,
}

/// What matters of a logical line so far.
#[derive(Default, PartialEq)]
enum LogicalLine {
    #[default]
    Other,
    /// It is an `except` clause, of which the types come.
    Except,
    /// A colon stood outside of brackets: what follows `=` may be an annotated assignment.
    Colon,
}

impl Plain {
    /// Whether there was nothing that a newer grammar may be needed for.
    pub(crate) fn holds(&self) -> bool {
        !self.may_be_newer
    }

    pub(crate) fn take(&mut self, kind: TokenKind, is_bracketed: bool) {
        let after_operand = self.previous.is_some_and(ends_operand);
        let named = std::mem::take(&mut self.named);
        self.may_be_newer |= match kind {
            TokenKind::ColonEqual
            | TokenKind::FStringStart
            | TokenKind::TStringStart
            | TokenKind::At
            | TokenKind::Async
            | TokenKind::Finally
            | TokenKind::Global
            | TokenKind::Lazy
            | TokenKind::Match
            | TokenKind::Type
            | TokenKind::IpyEscapeCommand
            | TokenKind::Unknown => true,
            // An operator, or something to unpack, or a mark between parameters.
            TokenKind::Star | TokenKind::DoubleStar | TokenKind::Slash => !after_operand,
            // Type parameters.
            TokenKind::Lsqb => named,
            // Parenthesized context managers.
            TokenKind::Lpar => self.previous == Some(TokenKind::With),
            // A comprehension in braces.
            TokenKind::For => self.braces > 0,
            TokenKind::Comma => self.line == LogicalLine::Except && !is_bracketed,
            TokenKind::Equal => self.line == LogicalLine::Colon && !is_bracketed,
            _ => false,
        };
        match kind {
            TokenKind::Newline | TokenKind::Semi => {
                self.line = LogicalLine::Other;
                self.braces = 0;
            }
            TokenKind::Lbrace => self.braces += 1,
            TokenKind::Rbrace => self.braces = self.braces.saturating_sub(1),
            TokenKind::Colon if !is_bracketed => self.line = LogicalLine::Colon,
            TokenKind::Except => self.line = LogicalLine::Except,
            TokenKind::Name => {
                self.named = matches!(self.previous, Some(TokenKind::Def | TokenKind::Class));
            }
            // Between the tokens that count.
            TokenKind::NonLogicalNewline | TokenKind::Comment => {
                self.named = named;
                return;
            }
            _ => {}
        }
        self.previous = Some(kind);
    }
}

/// Whether an operator, not an operand, follows.
fn ends_operand(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
    )
}

#[cfg(test)]
mod tests {
    use crate::lower::constructs;
    use crate::nesting::tokens;

    fn is_plain(text: &str) -> bool {
        tokens(text).unwrap().is_plain
    }

    #[test]
    fn what_every_grammar_has_is_plain() {
        let text = "def f(x: int = 1, y={1: 2}):\n  if x ** 2 / y * x:\n    return [a[0] for a in (x)]\n  with a as b:\n    try:\n      pass\n    except (A, B):\n      x = lambda: 0\n  class C(object):\n    pass\n";
        assert!(is_plain(text));
    }

    #[test]
    fn what_is_newer_is_not() {
        for text in [
            "(x := 1)",
            "def f(x, /): pass",
            "lambda x, /: 0",
            "f'{x=}'",
            "def f(): return 1, *x",
            "x: tuple = 1, 2",
            "def f():\n  x: int = yield",
            "def f():\n  global x\nx: int",
            "while 1:\n  try: pass\n  finally: continue",
            "{f(): g() for x in y}",
            "@a[0]\ndef f(): pass",
            "with (a as b, c as d): pass",
            "for x in *a, *b: pass",
            "{x := 1}",
            "a[x := 1]",
            "match x:\n  case 1: pass",
            "try: pass\nexcept* E: pass",
            "a[*b]",
            "def f(*args: *Ts): pass",
            "async def f(): return [[x async for x in y] for z in w]",
            "f'{'x'}'",
            "def f[T](): pass",
            "class C[T]: pass",
            "class C \\\n [T]: pass",
            "type X = int",
            "def f[T = int](): pass",
            "class C:\n  type X = lambda: 1",
            "try: pass\nexcept A, B: pass",
            "t'{x}'",
            "[*x for x in y]",
            "{**x for x in y}",
            "lazy import x",
        ] {
            assert!(!constructs(text).unwrap().is_empty(), "{text}");
            assert!(!is_plain(text), "{text}");
        }
    }
}
