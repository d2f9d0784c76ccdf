//! Cutting a snippet out of its file.

use crate::globals::{self, Chains};
use crate::header::Frame;
use crate::lines::Lines;
use crate::locate::{DefinitionId, SourceFile};
use crate::older::Parts;
use crate::scopes::ScopeKind;

/// The text of a definition with the scopes that it needs to compile to the same code object: the arguments of `c` in
/// `docs/wire-format.md`, and what the running code uses.
///
/// ```
/// use codepickle_source::SourceFile;
///
/// let file = SourceFile::parse("def f():\n  return [lambda x: os.path.join(x, name) for _ in x]\n")?;
/// let snippet = file.snippet(file.functions(2, "<lambda>")[0], &[]).unwrap();
/// assert_eq!(snippet.header, "def f():\n ([(\n");
/// assert_eq!(snippet.trailer, ")for[]in()])");
/// assert_eq!(snippet.column, 10);
/// assert_eq!(snippet.globals[0], ("name".to_owned(), vec![]));
/// assert_eq!(snippet.globals[1], ("os".to_owned(), vec!["os.path.join".to_owned()]));
/// # Ok::<(), codepickle_source::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// The exact text; whole lines for `def` and `class`.
    pub text: String,
    /// Lines that mirror the enclosing scopes.
    pub header: String,
    /// What closes the brackets that the header opened.
    pub trailer: String,
    /// The 1-based line at which the text starts.
    pub line: u32,
    /// For a lambda, the column in bytes at which the text starts; otherwise 0.
    pub column: u32,
    /// How many characters of the text are decorators.
    pub decorators: usize,
    /// The name of the code object.
    pub name: String,
    /// The qualified name, as CPython composes it up to 3.11; later versions leave inlined comprehensions out.
    pub qualname: String,
    /// What the text is.
    pub kind: SnippetKind,
    /// The names that the running code may look up, set or delete as globals, builtins included, sorted, each with the
    /// attribute chains that start at it.
    pub globals: Vec<Chains>,
    /// The same for the free variables that the code mentions.
    pub free_chains: Vec<Chains>,
    /// Names of enclosing functions that only annotations of local variables mention, sorted: free variables up to 3.13,
    /// though never read, and none from 3.14 on.
    pub unread: Vec<String>,
    /// Whether the running code has a relative import.
    pub relative_import: bool,
    /// The modules that the running code imports absolutely, sorted.
    pub imports: Vec<String>,
    /// The docstring as written, not dedented.
    pub doc: Option<String>,
}

/// The three kinds of definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnippetKind {
    /// A `def` or `async def` statement.
    Def,
    /// A `lambda` expression.
    Lambda,
    /// A `class` statement.
    Class,
}

impl SnippetKind {
    /// The keyword.
    ///
    /// ```
    /// assert_eq!(codepickle_source::SnippetKind::Lambda.keyword(), "lambda");
    /// ```
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Def => "def",
            Self::Lambda => "lambda",
            Self::Class => "class",
        }
    }
}

impl Snippet {
    /// What is compiled of it; annotations are not text.
    #[must_use]
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            text: &self.text,
            header: &self.header,
            trailer: &self.trailer,
            line: self.line,
            column: self.column,
            decorators: self.decorators,
            has_text_annotations: false,
        }
    }

    pub(crate) fn cut(file: &SourceFile, id: DefinitionId, freevars: &[&str]) -> Option<Self> {
        let scope = file.index.scopes.get(id as usize)?;
        let kind = match scope.kind {
            ScopeKind::Def { .. } => SnippetKind::Def,
            ScopeKind::Lambda => SnippetKind::Lambda,
            ScopeKind::Class => SnippetKind::Class,
            _ => return None,
        };
        let line_start = file.lines.start(scope.start);
        let start = if kind == SnippetKind::Lambda {
            scope.start
        } else {
            line_start
        };
        let column = if kind == SnippetKind::Lambda {
            scope.start.saturating_sub(line_start)
        } else {
            0
        };
        // Nothing but a comment follows a `def` or `class` on its last line; tracebacks show the whole line.
        let stop = if kind == SnippetKind::Lambda {
            scope.stop
        } else {
            Lines::end(&file.text, scope.stop)
        };
        let text = slice(file, start, stop);
        let decorators = slice(file, start, file.lines.start(scope.keyword))
            .chars()
            .count();
        let before = slice(file, line_start, scope.start);
        let needs = globals::needs(&file.index, id, freevars);
        // The header is the same from every version, whichever counts the unread ones as free.
        let mut bound = freevars.to_vec();
        bound.extend(needs.unread.iter().map(String::as_str));
        let frame = Frame::new(&file.index, id, indentation(before), &bound);
        Some(Self {
            text: text.to_owned(),
            header: frame.header,
            trailer: frame.trailer,
            line: file.lines.line(scope.start),
            column,
            decorators,
            name: file.index.names.get(scope.name).to_owned(),
            qualname: file.index.qualname(id),
            kind,
            globals: needs.globals,
            free_chains: needs.free,
            unread: needs.unread,
            relative_import: needs.relative_import,
            imports: needs.imports,
            doc: scope.doc.as_deref().map(str::to_owned),
        })
    }
}

fn slice(file: &SourceFile, start: u32, end: u32) -> &str {
    file.text.get(start as usize..end as usize).unwrap_or("")
}

/// The part of the white space before a statement that counts: the tokenizer starts anew at a form feed.
fn indentation(before: &str) -> &str {
    before.rsplit('\x0c').next().unwrap_or("")
}
