//! Lines and their indentation, where a lowering puts blocks around others.

use ruff_python_ast::Stmt;
use ruff_python_ast::token::{Token, TokenKind};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::edit::Part;
use super::rewrite::Rewriter;

/// Lines that get white space after so many bytes of their indentation.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shift {
    at: TextSize,
    width: usize,
}

impl<'a> Rewriter<'a> {
    /// Where the line of `offset` begins.
    pub(super) fn line_start(&self, offset: TextSize) -> TextSize {
        TextSize::from(self.lines.start(offset.to_u32())).min(offset)
    }

    /// The white space before `offset` in its line, if there is nothing else and the line continues none.
    pub(super) fn original_indentation(&self, offset: TextSize) -> Option<&'a str> {
        let start = self.line_start(offset);
        let indentation = self.slice(TextRange::new(start, offset));
        let mut before = self.tokens.get(..self.token_at(offset))?.iter().rev();
        let is_layout =
            |token: &&Token| matches!(token.kind(), TokenKind::Indent | TokenKind::Dedent);
        let end = before
            .find(|token| !is_layout(token))
            .map_or(start, Ranged::end);
        let gap = self.slice(TextRange::new(end.min(start), start));
        let is_blank = indentation.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
        (is_blank && !gap.contains('\\')).then_some(indentation)
    }

    /// What stands before `offset` in its line once lines have moved, for lines that are inserted.
    pub(super) fn indentation(&self, offset: TextSize) -> Option<String> {
        let mut indentation = self.original_indentation(offset)?.to_owned();
        for shift in self.shifts.iter().rev() {
            let at = shift.at.to_usize();
            if !indentation.is_char_boundary(at) {
                return None;
            }
            indentation.insert_str(at, &" ".repeat(shift.width));
        }
        Some(indentation)
    }

    /// Makes room for blocks at 1 to `width` columns from `outer` on, around a body: where there is too little, or there
    /// are tabs, its lines move. The result is for `shifts` while the body is visited; None if it cannot be done.
    pub(super) fn make_room(
        &mut self,
        outer: TextSize,
        body: &[Stmt],
        width: usize,
    ) -> Option<Shift> {
        let (first, last) = (body.first()?, body.last()?);
        let index = self.token_at(first.start());
        let before = index
            .checked_sub(1)
            .and_then(|index| self.tokens.get(index));
        if before.is_some_and(|token| token.kind() == TokenKind::Colon) {
            return Some(Shift::default());
        }
        let around = self.original_indentation(outer)?;
        let inside = self
            .original_indentation(first.start())?
            .strip_prefix(around)?;
        if inside.len() > width && inside.bytes().take(width + 1).all(|byte| byte == b' ') {
            return Some(Shift::default());
        }
        let at = TextSize::of(around);
        let mut places = Vec::new();
        let mut is_first = true;
        let tokens = self.tokens.get(index..)?;
        for token in tokens.iter().take_while(|token| token.start() < last.end()) {
            match token.kind() {
                TokenKind::Newline => is_first = true,
                TokenKind::Comment
                | TokenKind::NonLogicalNewline
                | TokenKind::Indent
                | TokenKind::Dedent => {}
                _ if is_first => {
                    is_first = false;
                    let indentation = self.original_indentation(token.start())?;
                    indentation.strip_prefix(around)?;
                    places.push(self.line_start(token.start()) + at);
                }
                _ => {}
            }
        }
        for place in places {
            let room = Part::Text(" ".repeat(width));
            self.edit(TextRange::empty(place), vec![room]);
        }
        Some(Shift { at, width })
    }

    /// Where lines can be put before all but the docstring of a body, and their indentation.
    pub(super) fn first_line(&self, body: &[Stmt]) -> Option<(TextSize, String)> {
        let is_docstring = body
            .first()
            .and_then(Stmt::as_expr_stmt)
            .is_some_and(|stmt| stmt.value.is_string_literal_expr());
        let start = body.get(usize::from(is_docstring))?.start();
        Some((self.line_start(start), self.indentation(start)?))
    }

    /// Puts lines after the one in which `stmt` ends.
    pub(super) fn insert_after(&mut self, stmt: &Stmt, lines: String) {
        let next = self.token_after(stmt.end(), TokenKind::Newline).end();
        let place = TextRange::empty(next.min(self.within.end()));
        self.edit(place, vec![Part::Inserted(lines)]);
    }
}
