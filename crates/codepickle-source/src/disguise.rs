//! Whether a snippet shows what it compiles to.
//!
//! Who reads a snippet reads its text; what is compiled is header, text and trailer together, and of that a code object with
//! a certain name at a certain line. A header that ends in `def f(x): return evil(x) #` turns the text into a comment, and
//! a trailer `, lambda x: evil(x))` puts a second lambda on the line, which is the one that is taken.

use std::fmt;

use crate::locate::SourceFile;
use crate::older::Parts;
use crate::snippet::SnippetKind;

/// Why a snippet is not what it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disguise {
    /// The whole cannot be parsed: nothing can be said about it.
    Unreadable,
    /// The text is not one definition, from its first character to its last.
    Text,
    /// Header and trailer do more than mirror the scopes around the text.
    Scopes,
    /// The code object that is taken has another name than the definition.
    Name,
    /// Another part of the text is taken for decorators, and not compiled.
    Decorators,
}

impl fmt::Display for Disguise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "the source cannot be parsed",
            Self::Text => "the text is not one definition from its start to its end",
            Self::Scopes => {
                "header and trailer are not just the scopes around the text: they hold code, or hide the text"
            }
            Self::Name => "the code that is taken has another name than the definition in the text",
            Self::Decorators => "what is left out as decorators is something else",
        })
    }
}

/// What the snippet called `name` hides; None if its text is what is compiled, everywhere.
///
/// Lowered forms are not looked at: [`Older::of`](crate::Older::of) makes them anew, to compare.
///
/// ```
/// use codepickle_source::{Disguise, Parts, disguise};
///
/// let parts = Parts {
///     text: "lambda x: safe(x)",
///     header: "(\n",
///     trailer: ")",
///     line: 2,
///     column: 0,
///     decorators: 0,
///     has_text_annotations: false,
/// };
/// assert_eq!(disguise(&parts, "<lambda>"), None);
/// let evil = Parts { trailer: ", lambda x: evil(x))", ..parts };
/// assert_eq!(disguise(&evil, "<lambda>"), Some(Disguise::Scopes));
/// ```
#[must_use]
pub fn disguise(parts: &Parts<'_>, name: &str) -> Option<Disguise> {
    let decorator = parts.text.trim_start_matches([' ', '\t', '\x0c']);
    if parts.decorators > 0 && !decorator.starts_with('@') {
        // `@ \` at the end of the line above: a text begins at the line of what follows.
        let (indentation, _) = parts.text.split_at(parts.text.len() - decorator.len());
        let parts = Parts {
            text: &format!("{indentation}@{decorator}"),
            decorators: parts.decorators.saturating_add(1),
            ..*parts
        };
        return of_definition(&parts, name);
    }
    of_definition(parts, name)
}

fn of_definition(parts: &Parts<'_>, name: &str) -> Option<Disguise> {
    let whole = [parts.header, parts.text, parts.trailer, "\n"].concat();
    let Ok(file) = SourceFile::parse(whole) else {
        return Some(Disguise::Unreadable);
    };
    let start = u32::try_from(parts.header.len()).ok()?;
    let first = file
        .definitions()
        .into_iter()
        .filter(|id| file.index.scope(*id).start >= start)
        .min_by_key(|id| (file.index.scope(*id).start, *id));
    let Some(id) = first else {
        return Some(Disguise::Text);
    };
    // What the runtime looks for is at the line after the header, by its own count of lines.
    if file.lines.line(start) as usize != parts.header.matches('\n').count() + 1
        || !(parts.header.is_empty() || parts.header.ends_with('\n'))
    {
        return Some(Disguise::Scopes);
    }
    let bound = free_names(parts);
    let snippet = file.snippet(id, &bound)?;
    if snippet.text != parts.text.trim_end_matches(['\n', '\r'])
        || (snippet.kind == SnippetKind::Lambda && snippet.text != parts.text)
    {
        return Some(Disguise::Text);
    }
    if snippet.header != parts.header || snippet.trailer != parts.trailer {
        return Some(Disguise::Scopes);
    }
    if snippet.name != name {
        return Some(Disguise::Name);
    }
    (snippet.decorators != parts.decorators).then_some(Disguise::Decorators)
}

/// The names that the outermost function of the header binds: what was free in the live code.
fn free_names<'a>(parts: &Parts<'a>) -> Vec<&'a str> {
    let between = |text: &'a str, open: &str, close: char| {
        let (_, rest) = text.split_once(open)?;
        Some(rest.split_once(close)?.0)
    };
    let function = parts.header.lines().find_map(|line| {
        let rest = line.trim_start();
        let rest = rest.strip_prefix("async ").unwrap_or(rest);
        let rest = rest.strip_prefix("def ")?;
        rest.ends_with("):").then(|| between(rest, "(", ')'))?
    });
    let names = function
        .or_else(|| between(parts.header, "lambda ", ':'))
        .or_else(|| {
            // The innermost comprehension closes first; the names are with the outermost.
            let (_, last) = parts.trailer.rsplit_once("for[")?;
            Some(last.split_once(']')?.0)
        });
    let names = names.unwrap_or_default().split(',');
    names.filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Disguise, disguise};
    use crate::{Parts, SourceFile};

    fn parts<'a>(text: &'a str, header: &'a str, trailer: &'a str) -> Parts<'a> {
        Parts {
            text,
            header,
            trailer,
            line: 1,
            column: 0,
            decorators: 0,
            has_text_annotations: false,
        }
    }

    #[test]
    fn what_is_cut_out_of_a_file_is_what_it_looks_like() {
        let text = "\
def plain(a, b=lambda: 0): # why
    return a

class A:
  @decorated(lambda x: 1)
  async def outer(self, n, m):
    global inner, K
    def inner(): return n, m
    class K:
      def __m(self): return [lambda: (n, i) for i in m]
    return lambda q: [{(lambda: q + z + n): 1 for z in m} for _ in (lambda: 0)()]
if 1:
\tdef tab(): pass
\t@a
\t@b
\tdef decorated(): return lambda: 1
both = [lambda x: 2 * x, lambda x: x + x]; third = lambda y: (lambda z: y + z)
class G[T]:
    def m[*S](self, x: T) -> S: return lambda: T
type X[U: (lambda: int)] = list[U]
";
        let file = SourceFile::parse(text).unwrap();
        let mut count = 0;
        for id in file.definitions() {
            for free in [&["__class__", "T", "n", "m", "q", "y", "z"][..], &[]] {
                let snippet = file.snippet(id, free).unwrap();
                let parts = Parts {
                    decorators: snippet.decorators,
                    ..parts(&snippet.text, &snippet.header, &snippet.trailer)
                };
                let found = disguise(&parts, &snippet.name);
                assert_eq!(found, None, "{snippet:?}");
                count += 1;
            }
        }
        assert!(count > 40);
    }

    #[test]
    fn what_is_compiled_in_place_of_the_text_is_told() {
        for (text, header, trailer, found) in [
            // The text is a comment, a string, an argument, unreachable.
            ("def f(): safe()", "def f(): evil()  #", "", Disguise::Text),
            (
                "def f(): safe()",
                "def f(): evil() ;'''",
                "'''",
                Disguise::Text,
            ),
            (
                "def f(): safe()",
                "def f(): evil()\nif 1:\n ",
                "",
                Disguise::Scopes,
            ),
            ("def f(): safe()", "evil()\n", "", Disguise::Scopes),
            ("def f(): safe()", "", "\nevil()", Disguise::Scopes),
            ("def f(): safe()", "", "; evil()", Disguise::Text),
            ("def f(): safe()\n\ndef f(): evil()", "", "", Disguise::Text),
            (
                " def f(): safe()",
                "def o(x=evil()):\n",
                "",
                Disguise::Scopes,
            ),
            (
                " def f(): safe()",
                "def o(x):\n x = 1\n",
                "",
                Disguise::Scopes,
            ),
            (
                " def f(): safe()",
                "def o(y):\r def p():\n",
                "",
                Disguise::Unreadable,
            ),
            ("safe", "", "", Disguise::Text),
            // A second one on the line.
            (
                "lambda: safe()",
                "(\n",
                ", lambda: evil())",
                Disguise::Scopes,
            ),
            (
                "lambda: safe()), (lambda: evil()",
                "(\n",
                ")",
                Disguise::Text,
            ),
            (
                "lambda: safe()",
                "(lambda: evil(), lambda:",
                "(x))",
                Disguise::Scopes,
            ),
            ("lambda: safe()", "(", ")", Disguise::Scopes),
        ] {
            let parts = parts(text, header, trailer);
            let name = if text.contains("lambda") {
                "<lambda>"
            } else {
                "f"
            };
            assert_eq!(disguise(&parts, name), Some(found), "{header:?} {text:?}");
        }
        let named = parts("def f(x=lambda: 0): pass", "", "");
        assert_eq!(disguise(&named, "<lambda>"), Some(Disguise::Name));
        let decorated = Parts {
            decorators: 2,
            ..parts("@a\n@b\ndef f(): pass", "", "")
        };
        assert_eq!(disguise(&decorated, "f"), Some(Disguise::Decorators));
        let continued = Parts {
            decorators: 3,
            ..parts("  a\n  def f(): pass", "if 1:\n", "")
        };
        assert_eq!(disguise(&continued, "f"), Some(Disguise::Decorators));
        let continued = Parts {
            decorators: 4,
            ..continued
        };
        assert_eq!(disguise(&continued, "f"), None);
    }
}
