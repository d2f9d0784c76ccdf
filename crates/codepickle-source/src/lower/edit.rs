//! Edits of byte ranges that may lie in each other, and the text that results.

use std::cmp::Reverse;

use ruff_text_size::{TextRange, TextSize};

use crate::lines::Lines;

/// A piece of what stands in a range's place.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// New text.
    Text(String),
    /// Original text, with the edits inside it.
    Source(TextRange),
    /// As many newlines as it takes to reach the line of the offset; only between brackets.
    Line(TextSize),
}

/// What stands in a range's place. An empty range is an insertion.
#[derive(Debug, Clone)]
pub(super) struct Edit {
    pub(super) range: TextRange,
    pub(super) parts: Vec<Part>,
    /// Whether it is about the quotes or braces of an f-string.
    pub(super) is_quote: bool,
}

/// Edits by place; of two that begin together the one around the other comes first.
pub(super) struct Edits<'a> {
    text: &'a str,
    lines: &'a Lines,
    list: Vec<Edit>,
}

/// Edits cross, or lines would move. No input should lead here; nothing is lowered then.
#[derive(Debug)]
pub(super) struct Crossed;

/// A text, and how many line ends it has.
struct Out {
    text: String,
    lines: u32,
}

impl Out {
    fn push(&mut self, piece: &str) {
        let is_split = self.text.ends_with('\r') && piece.starts_with('\n');
        let count = u32::try_from(newlines(piece)).unwrap_or(u32::MAX);
        self.lines = self.lines.saturating_add(count - u32::from(is_split));
        self.text.push_str(piece);
    }
}

impl<'a> Edits<'a> {
    pub(super) fn new(text: &'a str, lines: &'a Lines, mut list: Vec<Edit>) -> Self {
        // Insertions stand before the statement that begins at their place, whatever is edited in it.
        list.sort_by_key(|edit| {
            let range = edit.range;
            (range.start(), !range.is_empty(), Reverse(range.end()))
        });
        Self { text, lines, list }
    }

    /// The text of `range` with the edits in it.
    pub(super) fn apply(&self, range: TextRange) -> Result<String, Crossed> {
        let mut out = Out {
            text: String::with_capacity(range.len().to_usize() + 64),
            lines: 0,
        };
        self.emit(range, 0, &mut out)?;
        Ok(out.text)
    }

    /// The first edit, `from` or later, that begins at `offset` or later.
    fn first(&self, offset: TextSize, from: usize) -> usize {
        let found = self
            .list
            .partition_point(|edit| edit.range.start() < offset);
        found.max(from)
    }

    fn emit(&self, range: TextRange, from: usize, out: &mut Out) -> Result<(), Crossed> {
        let mut at = range.start();
        let mut next = self.first(at, from);
        while let Some(edit) = self.list.get(next) {
            if edit.range.start() >= range.end() {
                break;
            }
            if edit.range.end() > range.end() {
                return Err(Crossed);
            }
            out.push(self.slice(TextRange::new(at, edit.range.start())));
            self.replace(edit, next, out)?;
            at = edit.range.end();
            next = self.first(at, next + 1);
        }
        out.push(self.slice(TextRange::new(at, range.end())));
        Ok(())
    }

    fn replace(&self, edit: &Edit, index: usize, out: &mut Out) -> Result<(), Crossed> {
        let start = out.lines;
        let line = |offset: TextSize| self.lines.line(offset.to_u32());
        let first = line(edit.range.start());
        for part in &edit.parts {
            match part {
                Part::Text(text) => out.push(text),
                Part::Source(range) => self.emit(*range, index + 1, out)?,
                Part::Line(offset) => {
                    let there = line(*offset).saturating_sub(first);
                    for _ in (out.lines - start)..there {
                        out.push("\n");
                    }
                }
            }
        }
        if out.lines - start == line(edit.range.end()) - first {
            Ok(())
        } else {
            Err(Crossed)
        }
    }

    fn slice(&self, range: TextRange) -> &'a str {
        let range = range.start().to_usize()..range.end().to_usize();
        self.text.get(range).unwrap_or("")
    }
}

/// The number of line ends, as [`Lines`](crate::lines::Lines) counts them.
pub(super) fn newlines(text: &str) -> usize {
    let bytes = text.as_bytes();
    (0..bytes.len())
        .filter(|at| match bytes[*at] {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        })
        .count()
}
