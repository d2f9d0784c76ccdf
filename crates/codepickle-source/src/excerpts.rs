//! Parts of a large text: the statement at module level around a line, parsed without the rest.
//!
//! Where such a statement begins is told from how lines begin. Text in strings may look the same, so that an excerpt is a
//! guess: whoever takes a snippet from one compares what it compiles to with the code that runs, and parses the whole
//! text where these differ.

use std::collections::BTreeSet;
use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem, memrchr};

use crate::error::ParseError;
use crate::index::Index;
use crate::lines::Lines;
use crate::locate::SourceFile;

/// Bytes whose lines are counted together.
const BLOCK: usize = 4096;

/// How often the end of a statement is looked for further down before the guess is given up.
const ATTEMPTS: u32 = 6;

/// A text of which excerpts are parsed.
///
/// ```
/// use codepickle_source::Excerpts;
///
/// let text = Excerpts::new("import os\n\nclass C:\n    def f(self):\n        return os.sep\n\nC()\n").unwrap();
/// let excerpt = text.around(4, "f").unwrap();
/// assert_eq!(excerpt.lines, 3..7);
/// let id = excerpt.file.functions(4, "f")[0];
/// let snippet = excerpt.file.snippet(id, &[]).unwrap();
/// assert_eq!((snippet.qualname.as_str(), snippet.line), ("C.f", 4));
/// ```
#[derive(Debug)]
pub struct Excerpts {
    text: String,
    /// How many lines end before each block of the text.
    blocks: Vec<u32>,
}

/// Some statements of a text.
#[derive(Debug)]
pub struct Excerpt {
    /// The statements, at their lines: a file of which the rest is empty.
    pub file: SourceFile,
    /// The lines that they stand at.
    pub lines: Range<u32>,
}

impl Excerpts {
    /// Takes a text; None for one whose lines do not all end in a line feed.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let bytes = text.as_bytes();
        if memchr(b'\r', bytes).is_some() || u32::try_from(bytes.len()).is_err() {
            return None;
        }
        let mut ended = 0;
        let blocks = bytes
            .chunks(BLOCK)
            .map(|block| {
                let before = ended;
                ended += u32::try_from(memchr_iter(b'\n', block).count()).unwrap_or(0);
                before
            })
            .collect();
        Some(Self { text, blocks })
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The statements around the function called `name` at `line`; None where no guess leads to it.
    #[must_use]
    pub fn around(&self, line: u32, name: &str) -> Option<Excerpt> {
        let at = self.offset(line)?;
        let start = self.start(at);
        let first = self.line(start);
        let mut end = self.head(start.max(at));
        for attempt in 0..ATTEMPTS {
            end = self.end(end, 1 << attempt >> 1);
            match SourceFile::parse_below(self.text.get(start..end)?, first - 1) {
                Ok(file) if file.functions(line, name).is_empty() => return None,
                Ok(file) => {
                    let lines = first..self.line(end);
                    return Some(Excerpt { file, lines });
                }
                // Cut off within a string or brackets, if it is at all what it looks like.
                Err(_) if end < self.text.len() => {}
                Err(_) => return None,
            }
        }
        None
    }

    /// The names that import statements at module level seem to bind.
    ///
    /// ```
    /// let text = codepickle_source::Excerpts::new("try:\n    import os\nexcept E: pass\ndef f():\n    import re\n").unwrap();
    /// assert_eq!(text.module_imports().into_iter().collect::<Vec<_>>(), ["os"]);
    /// ```
    #[must_use]
    pub fn module_imports(&self) -> BTreeSet<String> {
        let bytes = self.text.as_bytes();
        let mut statements = String::new();
        let mut done = 0;
        for at in memmem::find_iter(bytes, b"import") {
            let line = line_start(bytes, at);
            let indentation = bytes[line..at]
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\x0c'))
                .count();
            let first = line + indentation;
            let begins = first == at || bytes[first..at].starts_with(b"from ");
            if !begins || first < done || (indentation > 0 && self.is_in_definition(line)) {
                continue;
            }
            done = import_end(bytes, at);
            if let Some(statement) = self.text.get(first..done) {
                statements.push_str(statement);
                statements.push('\n');
            }
        }
        match SourceFile::parse(statements) {
            Ok(file) => file.module_imports().clone(),
            Err(_) => BTreeSet::new(),
        }
    }

    fn is_in_definition(&self, line: usize) -> bool {
        opens_scope(&self.text.as_bytes()[self.statement(line)..])
    }

    /// The offset of a line's first character.
    fn offset(&self, line: u32) -> Option<usize> {
        let before = line.checked_sub(1)?;
        if before == 0 {
            return Some(0);
        }
        let block = self
            .blocks
            .partition_point(|ended| *ended < before)
            .checked_sub(1)?;
        let missing = before - self.blocks.get(block)?;
        let from = block * BLOCK;
        let nth = usize::try_from(missing).ok()?.checked_sub(1)?;
        memchr_iter(b'\n', self.text.as_bytes().get(from..)?)
            .nth(nth)
            .map(|at| from + at + 1)
    }

    /// The 1-based line of an offset.
    fn line(&self, offset: usize) -> u32 {
        let block = offset / BLOCK;
        let before = self.blocks.get(block).copied().unwrap_or(0);
        let rest = self.text.as_bytes().get(block * BLOCK..offset);
        let ended = memchr_iter(b'\n', rest.unwrap_or_default()).count();
        before + u32::try_from(ended).unwrap_or(0) + 1
    }

    /// The start of the statement at module level around an offset, decorators included.
    fn start(&self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut start = self.statement(at);
        while start > 0 && opens_scope(&bytes[start..]) {
            let previous = self.statement(start - 1);
            if bytes.get(previous) != Some(&b'@') {
                break;
            }
            start = previous;
        }
        start
    }

    /// The last line up to that of `at` which looks like the start of a statement.
    fn statement(&self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut line = line_start(bytes, at);
        while line > 0 && !starts_statement(bytes, line) {
            line = line_start(bytes, line - 1);
        }
        line
    }

    /// The line of the `def` or `class` that decorators at `at` belong to; `at` itself where there are none.
    fn head(&self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut line = at;
        while bytes.get(line) == Some(&b'@') {
            line = self.end(line, 0);
        }
        line
    }

    /// The next line below `at` that looks like the start of a statement, after so many others.
    fn end(&self, at: usize, mut skipped: u32) -> usize {
        let bytes = self.text.as_bytes();
        let mut line = at;
        while let Some(length) = bytes.get(line..).and_then(|rest| memchr(b'\n', rest)) {
            line += length + 1;
            if starts_statement(bytes, line) {
                if skipped == 0 {
                    return line;
                }
                skipped -= 1;
            }
        }
        bytes.len()
    }
}

impl SourceFile {
    /// Indexes a text above which there are so many lines.
    fn parse_below(text: &str, above: u32) -> Result<Self, ParseError> {
        let lines = Lines::below(text, above);
        let index = Index::new(text, &lines)?;
        Ok(Self {
            text: text.to_owned(),
            lines,
            index,
        })
    }
}

fn line_start(bytes: &[u8], at: usize) -> usize {
    memrchr(b'\n', &bytes[..at.min(bytes.len())]).map_or(0, |newline| newline + 1)
}

/// Whether the line at `at` looks like the start of a statement at module level: not indented, no comment, neither the
/// end of a bracket or string nor a further clause.
fn starts_statement(bytes: &[u8], at: usize) -> bool {
    let rest = &bytes[at..];
    let Some(first) = rest.first() else {
        return false;
    };
    let continues = at >= 2 && bytes[at - 2] == b'\\';
    (first.is_ascii_alphabetic() || matches!(first, b'_' | b'@' | 0x80..))
        && !continues
        && !["else", "elif", "except", "finally"]
            .iter()
            .any(|clause| rest.starts_with(clause.as_bytes()))
}

/// Whether a `def` or `class` statement starts here, or its decorators.
fn opens_scope(rest: &[u8]) -> bool {
    ["def", "class", "async", "@"]
        .iter()
        .any(|keyword| rest.starts_with(keyword.as_bytes()))
}

/// Where an import statement ends of which `at` is a part.
fn import_end(bytes: &[u8], at: usize) -> usize {
    let mut brackets = 0_usize;
    let mut comment = false;
    for (offset, byte) in (at..).zip(&bytes[at..]) {
        match byte {
            b'\n' if brackets == 0 && bytes[offset - 1] != b'\\' => return offset,
            b'\n' => comment = false,
            b'#' => comment = true,
            b'(' if !comment => brackets += 1,
            b')' if !comment => brackets = brackets.saturating_sub(1),
            _ => {}
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::Excerpts;

    fn excerpt(text: &str, line: u32, name: &str) -> String {
        Excerpts::new(text)
            .unwrap()
            .around(line, name)
            .unwrap()
            .file
            .text
    }

    #[test]
    fn a_statement_comes_with_its_decorators_and_all_its_clauses_before() {
        let text = "x = 1\n@a(\n  1,\n)\n@b\nclass C:\n  def f(\n    self,\n):\n    pass\n\n# end\ny = 2\n";
        let class = "@a(\n  1,\n)\n@b\nclass C:\n  def f(\n    self,\n):\n    pass\n\n# end\n";
        assert_eq!(excerpt(text, 7, "f"), class);
        let text = "if a:\n  pass\nelse:\n  def f(): pass\nz\n";
        assert_eq!(
            excerpt(text, 4, "f"),
            "if a:\n  pass\nelse:\n  def f(): pass\n"
        );
    }

    #[test]
    fn lines_are_those_of_the_file_however_far_down() {
        let mut text = "# a line of text that says nothing\n".repeat(1000);
        text.push_str("def f():\n    return (lambda:\n0)\n");
        let excerpts = Excerpts::new(text.as_str()).unwrap();
        for line in 1..1004 {
            let at = excerpts.offset(line).unwrap();
            assert_eq!(excerpts.line(at), line);
        }
        let file = excerpts.around(1002, "<lambda>").unwrap().file;
        let snippet = file
            .snippet(file.functions(1002, "<lambda>")[0], &[])
            .unwrap();
        assert_eq!((snippet.line, snippet.text.as_str()), (1002, "lambda:\n0"));
    }

    #[test]
    fn what_looks_like_a_statement_in_a_string_is_none() {
        let text = "def f():\n    '''\nx = 1\ny = 2\nz = 3\n'''\n    return 1\nw = 0\n";
        let file = Excerpts::new(text).unwrap().around(1, "f").unwrap().file;
        assert_eq!(
            file.snippet(file.functions(1, "f")[0], &[]).unwrap().text,
            &text[..text.len() - 7]
        );
        assert!(Excerpts::new(text).unwrap().around(3, "f").is_none());
        assert!(Excerpts::new(text).unwrap().around(99, "f").is_none());
    }
}
