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
    /// Lines that the original does not have, each with its line end. They stand before the line that begins here;
    /// elsewhere they follow, and what is left of the line stands at the end of the last of them.
    Inserted(String),
    /// Lines before the line that begins here, each with its line end, that stand for that line: its own text counts as
    /// what the original does not have.
    Above(String),
}

/// What stands in a range's place. An empty range is an insertion.
#[derive(Debug, Clone)]
pub(super) struct Edit {
    pub(super) range: TextRange,
    pub(super) parts: Vec<Part>,
    /// Whether it is about the quotes or braces of an f-string.
    pub(super) is_quote: bool,
}

/// Edits by place; of two that begin together the one around the other comes first. Of insertions at one place the lines
/// come first, then what was made first.
pub(super) struct Edits<'a> {
    text: &'a str,
    lines: &'a Lines,
    list: Vec<Edit>,
}

/// Edits cross, or lines would move. No input should lead here; nothing is lowered then.
#[derive(Debug)]
pub(super) struct Crossed;

/// A text, and how many line ends it has.
#[derive(Default)]
pub(super) struct Out {
    pub(super) text: String,
    lines: u32,
    /// The 1-based numbers of the lines that the original does not have.
    pub(super) inserted: Vec<u32>,
}

impl Out {
    /// The number of line ends that the original has, too.
    fn kept(&self) -> u32 {
        let inserted = u32::try_from(self.inserted.len()).unwrap_or(u32::MAX);
        self.lines.saturating_sub(inserted)
    }

    /// Takes back the white space that was put in where this line begins.
    fn take_room(&mut self) -> String {
        let end = self.text.trim_end_matches(' ').len();
        let is_room = end == 0 || self.text[..end].ends_with(['\n', '\r']);
        self.text
            .split_off(if is_room { end } else { self.text.len() })
    }

    /// Whole lines, between two lines.
    fn insert(&mut self, lines: &str) {
        let is_after = !(self.text.is_empty() || self.text.ends_with(['\n', '\r', '\u{feff}']));
        if is_after {
            self.push("\n");
        }
        let first = self.lines + 1;
        self.push(if is_after {
            lines.strip_suffix('\n').unwrap_or(lines)
        } else {
            lines
        });
        self.inserted
            .extend(first..=self.lines + u32::from(is_after));
    }

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
            let is_lines = matches!(edit.parts.first(), Some(Part::Inserted(_)));
            (
                range.start(),
                !range.is_empty(),
                Reverse(range.end()),
                !is_lines,
            )
        });
        Self { text, lines, list }
    }

    /// The text of `range` with the edits in it.
    pub(super) fn apply(&self, range: TextRange) -> Result<String, Crossed> {
        let mut out = Out::default();
        self.emit(range, 0, &mut out)?;
        Ok(out.text)
    }

    /// The text of `range` with the edits in it, and the insertions at its end.
    pub(super) fn apply_all(&self, range: TextRange) -> Result<Out, Crossed> {
        let mut out = Out::default();
        self.emit(range, 0, &mut out)?;
        let end = TextRange::empty(range.end());
        let from = self.first(range.end(), 0);
        for (index, edit) in self.list.iter().enumerate().skip(from) {
            if edit.range != end {
                break;
            }
            self.replace(edit, index, &mut out)?;
        }
        Ok(out)
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
        let start = out.kept();
        let line = |offset: TextSize| self.lines.line(offset.to_u32());
        let first = line(edit.range.start());
        for part in &edit.parts {
            match part {
                Part::Text(text) => out.push(text),
                Part::Source(range) => self.emit(*range, index + 1, out)?,
                Part::Line(offset) => {
                    let there = line(*offset).saturating_sub(first);
                    for _ in (out.kept() - start)..there {
                        out.push("\n");
                    }
                }
                Part::Inserted(lines) => out.insert(lines),
                Part::Above(lines) => {
                    let first = out.lines + 2;
                    let room = out.take_room();
                    out.push(lines);
                    out.inserted.extend(first..=out.lines + 1);
                    out.push(&room);
                }
            }
        }
        if out.kept() - start == line(edit.range.end()) - first {
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

#[cfg(test)]
mod tests {
    use ruff_text_size::{TextRange, TextSize};

    use super::{Edit, Edits, Part};
    use crate::lines::Lines;

    fn applied(text: &str, within: (u32, u32), inserted: &[(u32, &str)]) -> (String, Vec<u32>) {
        let lines = Lines::new(text);
        let edits = inserted.iter().map(|(offset, lines)| Edit {
            range: TextRange::empty(TextSize::from(*offset)),
            parts: vec![Part::Inserted((*lines).to_owned())],
            is_quote: false,
        });
        let within = TextRange::new(within.0.into(), within.1.into());
        let out = Edits::new(text, &lines, edits.collect()).apply_all(within);
        let out = out.unwrap();
        (out.text, out.inserted)
    }

    #[test]
    fn inserted_lines_are_numbered_in_the_result() {
        let out = applied("a\nb\n", (0, 4), &[(2, "x\ny\n"), (0, "w\n"), (2, "z\n")]);
        assert_eq!(out, ("w\na\nx\ny\nz\nb\n".to_owned(), vec![1, 3, 4, 5]));
    }

    #[test]
    fn lines_above_stand_for_the_line_that_they_are_put_before() {
        let lines = Lines::new("a\nb\n");
        let at = TextRange::empty(TextSize::from(2));
        let edit = |part| Edit {
            range: at,
            parts: vec![part],
            is_quote: false,
        };
        let room = edit(Part::Text("  ".to_owned()));
        let above = edit(Part::Above("x\ny\n".to_owned()));
        let edits = Edits::new("a\nb\n", &lines, vec![room, above]);
        let out = edits.apply_all(TextRange::up_to(TextSize::from(4)));
        let out = out.unwrap();
        assert_eq!(
            (out.text, out.inserted),
            ("a\nx\ny\n  b\n".to_owned(), vec![3, 4])
        );
    }

    #[test]
    fn a_last_line_without_an_end_gets_one() {
        let out = applied("a\nb", (0, 3), &[(3, "x\ny\n")]);
        assert_eq!(out, ("a\nb\nx\ny".to_owned(), vec![3, 4]));
        let out = applied("a\nb\nc", (0, 3), &[(3, "x\n")]);
        assert_eq!(out, ("a\nb\nx".to_owned(), vec![3]));
    }

    #[test]
    fn lines_of_all_ends_and_a_byte_order_mark_are_counted() {
        let out = applied(
            "\u{feff}a\r\nb\rc",
            (0, 9),
            &[(3, "x\n"), (6, "y\n"), (9, "z\n")],
        );
        let text = "\u{feff}x\na\r\ny\nb\rc\nz";
        assert_eq!(out, (text.to_owned(), vec![1, 3, 6]));
    }

    #[test]
    fn what_lies_outside_of_the_range_is_left_out() {
        let out = applied("a\nb\nc\n", (2, 4), &[(0, "x\n"), (2, "y\n"), (5, "z\n")]);
        assert_eq!(out, ("y\nb\n".to_owned(), vec![1]));
    }
}
