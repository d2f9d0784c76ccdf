//! What the benchmarks and the instruction counts run: the same work on the same text everywhere.

use codepickle_source::{Excerpts, SourceFile, lower};
use codepickle_stream::{Mode, Writer, op};

/// A module of so many functions, classes and new constructs, as people write them.
///
/// ```
/// assert!(codepickle_benches::module(10).lines().count() > 100);
/// ```
#[must_use]
pub fn module(size: usize) -> String {
    let mut text = String::from("import math\nfrom os import path\n\nLIMIT = 10\n\n");
    for n in 0..size {
        text.push_str(&PART.replace("NUMBER", &n.to_string()));
    }
    text
}

const PART: &str = r#"
def function_NUMBER(values, *rest, key=None, scale=1.5):
    """Sum what is below the limit.

    A docstring of some lines, as most functions have one.
    """
    total = 0
    for value in sorted(values, key=key or (lambda item: item[0])):
        if value < LIMIT and (size := len(rest)) > NUMBER:
            total += math.floor(value * scale) + size
        else:
            total -= sum(other ** 2 for other in rest if other)
    return f"{total!r:>10} of {path.join('a', 'b')}"


class Class_NUMBER:
    """Remembers."""

    limit = LIMIT

    def __init__(self, amount, /, *, unit="m"):
        self.amount, self.unit = amount, unit

    @property
    def doubled(self):
        return [self.amount * factor for factor in range(self.limit)][-1]

    def compare(self, other):
        def inner(each):
            nonlocal other
            other = each
            return self.amount - each.amount

        return inner(other) or super().__eq__(other)


def matched_NUMBER(command):
    match command:
        case ["go", where] if where:
            return where
        case {"name": str(name), **rest}:
            return name, rest
        case _:
            return None
"#;

/// Work by name, with what is prepared for it.
pub enum Work {
    /// Parse and index the text.
    Parse(String),
    /// Find each function by line and name, and cut it out.
    Locate(Box<SourceFile>, Vec<(u32, String)>),
    /// The same, from a text that is not parsed yet.
    Excerpts(String, Vec<(u32, String)>),
    /// Write all of the text for Python 3.7.
    Lower(String),
    /// Write the opcodes of a list of tuples of strings and numbers.
    Write(Vec<String>),
}

/// The names of all kinds of work.
pub const NAMES: [&str; 5] = ["parse", "locate", "excerpts", "lower", "write"];

impl Work {
    /// The work called `name`, on a module of `size` parts; None for a name that is none.
    ///
    /// ```
    /// let done = codepickle_benches::Work::new("parse", 2).unwrap().run();
    /// assert_eq!(done, codepickle_benches::module(2).len());
    /// ```
    #[must_use]
    pub fn new(name: &str, size: usize) -> Option<Self> {
        let text = module(size);
        Some(match name {
            "parse" => Self::Parse(text),
            "locate" => {
                let places = places(&text);
                Self::Locate(Box::new(SourceFile::parse(text).ok()?), places)
            }
            "excerpts" => {
                let places = places(&text);
                Self::Excerpts(text, places)
            }
            "lower" => Self::Lower(text),
            "write" => Self::Write(
                (0..size * 100)
                    .map(|n| format!("name {}", n % 500))
                    .collect(),
            ),
            _ => return None,
        })
    }

    /// Does it once.
    ///
    /// # Returns
    /// How many bytes of text were worked on.
    #[must_use]
    pub fn run(&self) -> usize {
        match self {
            Self::Parse(text) => SourceFile::parse(text.as_str()).map_or(0, |_| text.len()),
            Self::Locate(file, places) => {
                let cut = |(line, name): &(u32, String)| cut(file, *line, name);
                places.iter().map(cut).sum()
            }
            Self::Excerpts(text, places) => {
                let Some(excerpts) = Excerpts::new(text.as_str()) else {
                    return 0;
                };
                let cut = |(line, name): &(u32, String)| {
                    let excerpt = excerpts.around(*line, name);
                    excerpt.map_or(0, |excerpt| cut(&excerpt.file, *line, name))
                };
                places.iter().map(cut).sum()
            }
            Self::Lower(text) => {
                let lowered = lower::lower(text, 0..text.len(), lower::OLDEST);
                if matches!(lowered, Ok(Some(_))) {
                    text.len()
                } else {
                    0
                }
            }
            Self::Write(names) => write(names),
        }
    }
}

fn cut(file: &SourceFile, line: u32, name: &str) -> usize {
    let snippets = file.functions(line, name).iter();
    snippets
        .filter_map(|id| file.snippet(*id, &[]))
        .map(|snippet| snippet.text.len())
        .sum()
}

/// First line and name of every function that is not in another.
fn places(text: &str) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    let mut decorated = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.strip_prefix("    ").unwrap_or(line);
        if line.starts_with('@') {
            decorated = Some(number);
        } else if let Some(rest) = line.strip_prefix("def ") {
            let name = rest.split('(').next().unwrap_or(rest);
            found.push((decorated.take().unwrap_or(number), name.to_owned()));
        }
    }
    found
}

fn write(names: &[String]) -> usize {
    let mut writer: Writer<Vec<u8>> = Writer::new(4, Mode::OneShot);
    writer.start();
    writer.op(op::EMPTY_LIST);
    writer.op(op::MARK);
    for (number, name) in (0..).zip(names) {
        let _ = writer.str(name.as_bytes());
        writer.int(number);
        writer.op(op::TUPLE2);
    }
    writer.op(op::APPENDS);
    writer.end();
    writer.finish().to_vec().len()
}
