//! Which modules the code of a text imports when it runs, and under which circumstances.
//!
//! What counts is the code of functions: what stands around them (decorators, defaults, a class's body) does not run on
//! the receiver of a payload.

use std::borrow::Cow;
use std::collections::HashSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ModModule, Stmt};
use ruff_python_parser::{Mode, ParseOptions};
use ruff_text_size::Ranged;

use crate::error::ParseError;
use crate::import_visit::Collector;
use crate::lines::Lines;
use crate::parse;

/// When an import statement runs. The later ones are the weaker ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// Whenever the code around it does. A loop that turns no round and an error are not reckoned with.
    Always,
    /// In one branch of several: under `if`, `match`, in an exception handler, after a `return`.
    Branch,
    /// In no statement, but for what the code is without in Pythons before the one that its syntax is of.
    Backport,
    /// Where it may fail, or where another one failed: `try` with `except ImportError`.
    Optional,
    /// Never: under `if TYPE_CHECKING`.
    TypeChecking,
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The dotted name as written, without leading dots.
    pub module: String,
    /// What `from module import ...` takes: attributes or submodules.
    pub names: Vec<String>,
    /// How many leading dots there are.
    pub level: u32,
    /// The package that the dots start from, where it is not that of the code.
    pub anchor: Option<String>,
    /// When it runs.
    pub when: When,
    /// The line of the text, from 1.
    pub line: u32,
}

impl Import {
    /// The absolute name of the module, for code of the package `package`. None if that is not known, or too high up.
    ///
    /// ```
    /// use codepickle_source::{Code, imports};
    ///
    /// let found = imports(&Code::of("def f():\n from ..b import c\n"))?;
    /// assert_eq!(found.imports[0].resolve(Some("a.x.y")).as_deref(), Some("a.x.b"));
    /// assert_eq!(found.imports[0].resolve(Some("a")), None);
    /// # Ok::<(), codepickle_source::ParseError>(())
    /// ```
    #[must_use]
    pub fn resolve(&self, package: Option<&str>) -> Option<String> {
        if self.level == 0 {
            return Some(self.module.clone());
        }
        let mut base = self.anchor.as_deref().or(package)?;
        for _ in 1..self.level {
            base = base.rsplit_once('.')?.0;
        }
        match self.module.as_str() {
            _ if base.is_empty() => None,
            "" => Some(base.to_owned()),
            module => Some(format!("{base}.{module}")),
        }
    }
}

/// What [`imports`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imports {
    /// In the order of the text.
    pub imports: Vec<Import>,
    /// Lines of the text, from 1, at which a module is imported whose name is computed.
    pub computed: Vec<u32>,
}

/// A text as it travels; the arguments of `c` in `docs/wire-format.md`.
#[derive(Debug, Clone, Copy)]
pub struct Code<'a> {
    /// A `def`, `lambda` or `class`, or a whole program.
    pub text: &'a str,
    /// Lines that mirror the scopes around it.
    pub header: &'a str,
    /// What closes the brackets that the header opened.
    pub trailer: &'a str,
    /// Which part of the text runs.
    pub part: Part<'a>,
    /// Names by which the code knows `importlib.import_module`, beside that one.
    pub importers: &'a [&'a str],
}

/// Which part of a text runs.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// The function that the text defines.
    Function,
    /// These functions in it: line, counted from 1 in the text, and name.
    Functions(&'a [(u32, &'a str)]),
    /// All of it.
    Program,
}

impl<'a> Code<'a> {
    /// A function at module level.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        Self {
            text,
            header: "",
            trailer: "",
            part: Part::Function,
            importers: &[],
        }
    }

    fn assembled(&self) -> Cow<'a, str> {
        // A lambda's column does not matter: it stands in the header's brackets.
        if self.header.is_empty() && self.trailer.is_empty() {
            return Cow::Borrowed(self.text);
        }
        Cow::Owned([self.header, self.text, self.trailer, "\n"].concat())
    }
}

/// The modules that a code imports.
///
/// # Errors
/// If the text is not Python, or beyond the limits on its nesting and length.
///
/// ```
/// use codepickle_source::{Code, When, imports};
///
/// let found = imports(&Code::of(
///     "def f(x):\n  import a.b\n  try:\n    import c\n  except ImportError:\n    c = None\n",
/// ))?;
/// let when: Vec<_> = found.imports.iter().map(|import| (import.module.as_str(), import.when)).collect();
/// assert_eq!(when, [("a.b", When::Always), ("c", When::Optional)]);
/// # Ok::<(), codepickle_source::ParseError>(())
/// ```
pub fn imports(code: &Code<'_>) -> Result<Imports, ParseError> {
    let text = &*code.assembled();
    parse::module(text, &ParseOptions::from(Mode::Module), 1, |parsed| {
        of_tree(code, parsed.syntax(), &Lines::new(text))
    })
}

fn of_tree(code: &Code<'_>, module: &ModModule, lines: &Lines) -> Imports {
    let start = u32::try_from(code.header.len()).unwrap_or(u32::MAX);
    let above = lines.line(start).saturating_sub(1);
    let mut collector = Collector::new(code.importers);
    match code.part {
        Part::Program => collector.visit_body(&module.body),
        Part::Function => Finder {
            collector: &mut collector,
            lines,
            wanted: Wanted::From(start),
        }
        .visit_body(&module.body),
        Part::Functions(places) => {
            let places = places
                .iter()
                .map(|(line, name)| (line.saturating_add(above), *name));
            Finder {
                collector: &mut collector,
                lines,
                wanted: Wanted::Places(places.collect()),
            }
            .visit_body(&module.body);
        }
    }
    let (mut imports, computed) = collector.finish();
    let text_line = |offset| lines.line(offset).saturating_sub(above);
    for import in &mut imports {
        import.line = text_line(import.line);
    }
    Imports {
        imports,
        computed: computed.into_iter().map(text_line).collect(),
    }
}

enum Wanted<'a> {
    /// The first definition that starts at this offset or after it.
    From(u32),
    /// The functions at these lines with these names.
    Places(HashSet<(u32, &'a str)>),
    /// Nothing more.
    Nothing,
}

/// Finds the functions whose code runs.
struct Finder<'c, 'a, 'w> {
    collector: &'c mut Collector<'a>,
    lines: &'c Lines,
    wanted: Wanted<'w>,
}

impl Finder<'_, '_, '_> {
    /// Whether the function that starts at `start`, and whose code object has the line at `first` for its first, is
    /// wanted.
    fn takes(&mut self, start: u32, first: u32, name: &str) -> bool {
        match &self.wanted {
            Wanted::From(offset) if start >= *offset => {
                self.wanted = Wanted::Nothing;
                true
            }
            Wanted::Places(places) => places.contains(&(self.lines.line(first), name)),
            Wanted::From(_) | Wanted::Nothing => false,
        }
    }
}

impl<'a> Visitor<'a> for Finder<'_, 'a, '_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if matches!(self.wanted, Wanted::Nothing) {
            return;
        }
        let start = stmt.range().start().to_u32();
        match stmt {
            Stmt::FunctionDef(def) => {
                let first = def.decorator_list.first();
                let line = first.map_or(start, |first| first.expression.range().start().to_u32());
                if self.takes(start, line, &def.name) {
                    self.collector.visit_function(&def.body);
                } else {
                    visitor::walk_stmt(self, stmt);
                }
            }
            // Of a class by itself nothing runs.
            Stmt::ClassDef(_) if matches!(self.wanted, Wanted::From(offset) if start >= offset) => {
                self.wanted = Wanted::Nothing;
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Lambda(lambda) = expr {
            let start = lambda.range.start().to_u32();
            if self.takes(start, start, "<lambda>") {
                self.collector.visit_expr(&lambda.body);
                return;
            }
        }
        visitor::walk_expr(self, expr);
    }
}
