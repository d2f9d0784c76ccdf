//! Lines as CPython's tokenizer counts them.

/// The offsets at which lines start.
///
/// Only `\n`, `\r\n` and `\r` end a line: a form feed, a vertical tab or U+2028 does not, unlike in `str.splitlines()`.
#[derive(Debug)]
pub(crate) struct Lines {
    starts: Vec<u32>,
    /// How many lines of the file are above the text.
    above: u32,
}

impl Lines {
    pub(crate) fn new(text: &str) -> Self {
        Self::below(text, 0)
    }

    /// The lines of a text above which there are so many others.
    pub(crate) fn below(text: &str, above: u32) -> Self {
        let bytes = text.as_bytes();
        let first = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let mut starts = vec![first];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
            }
        }
        Self { starts, above }
    }

    /// The 1-based line that contains `offset`.
    pub(crate) fn line(&self, offset: u32) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line)
            .unwrap_or(u32::MAX)
            .max(1)
            .saturating_add(self.above)
    }

    /// The offset of the first character of the line that contains `offset`.
    pub(crate) fn start(&self, offset: u32) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        line.checked_sub(1)
            .and_then(|index| self.starts.get(index))
            .copied()
            .unwrap_or(offset)
    }

    /// The offset at which the line that contains `offset` ends, before what ends it.
    pub(crate) fn end(text: &str, offset: u32) -> u32 {
        let rest = text.get(offset as usize..).unwrap_or("");
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        offset.saturating_add(u32::try_from(length).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn only_newlines_and_carriage_returns_end_a_line() {
        let lines = Lines::new("a\x0cb\x0bc\u{2028}d\r\ne\rf\n");
        assert_eq!(lines.starts, [0, 11, 13, 15]);
        assert_eq!((lines.line(10), lines.line(11), lines.line(14)), (1, 2, 3));
        assert_eq!(lines.start(14), 13);
    }

    #[test]
    fn a_byte_order_mark_is_outside_the_first_line() {
        assert_eq!(Lines::new("\u{feff}x").start(3), 3);
    }
}
