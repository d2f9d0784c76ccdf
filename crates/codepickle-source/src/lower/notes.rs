//! What old and new versions mean differently by the same text: reported, not lowered.

use std::fmt;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Comprehension, Expr, Stmt};
use ruff_python_parser::{Mode, ParseOptions};
use ruff_text_size::Ranged;

use crate::error::ParseError;
use crate::lines::Lines;
use crate::parse;

/// A text that is not rewritten and whose meaning changed, and its place.
///
/// From 3.12 on (PEP 709) a list, set or dict comprehension is no function of its own: the variables of the function around
/// it are among those that `locals()` shows there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The 1-based line.
    pub line: u32,
    /// The builtin that looks at the variables.
    pub name: String,
}

impl Note {
    /// What changed, and the version that changed it.
    #[must_use]
    pub fn what(&self) -> String {
        format!(
            "3.12: {}() in a comprehension sees the variables around it",
            self.name
        )
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.what(), self.line)
    }
}

/// What versions mean differently in `text`, by line.
///
/// # Errors
///
/// If the text is not Python, or beyond the limits on its nesting and length.
///
/// ```
/// use codepickle_source::lower::notes;
///
/// let found = notes("def f(a):\n    return [sorted(locals()) for x in a]\n")?;
/// assert_eq!(
///     found[0].to_string(),
///     "3.12: locals() in a comprehension sees the variables around it, line 2"
/// );
/// # Ok::<(), codepickle_source::ParseError>(())
/// ```
pub fn notes(text: &str) -> Result<Vec<Note>, ParseError> {
    parse::module(text, &ParseOptions::from(Mode::Module), 1, |parsed| {
        let mut finder = Finder {
            lines: Lines::new(text),
            in_comprehension: false,
            found: Vec::new(),
        };
        finder.visit_body(&parsed.syntax().body);
        finder.found.sort_by_key(|note| note.line);
        finder.found
    })
}

struct Finder {
    lines: Lines,
    in_comprehension: bool,
    found: Vec<Note>,
}

impl Finder {
    fn with(&mut self, in_comprehension: bool, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.in_comprehension, in_comprehension);
        visit(self);
        self.in_comprehension = outer;
    }

    /// The first iterable belongs to the scope around.
    fn comprehension<'a>(
        &mut self,
        generators: &'a [Comprehension],
        elements: [Option<&'a Expr>; 2],
        is_inlined: bool,
    ) {
        let Some((first, rest)) = generators.split_first() else {
            return;
        };
        self.visit_expr(&first.iter);
        self.with(is_inlined, |finder| {
            finder.visit_expr(&first.target);
            for test in &first.ifs {
                finder.visit_expr(test);
            }
            for generator in rest {
                finder.visit_comprehension(generator);
            }
            for element in elements.into_iter().flatten() {
                finder.visit_expr(element);
            }
        });
    }
}

impl<'a> Visitor<'a> for Finder {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.with(false, |finder| visitor::walk_stmt(finder, stmt));
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::ListComp(ast::ExprListComp {
                elt, generators, ..
            })
            | Expr::SetComp(ast::ExprSetComp {
                elt, generators, ..
            }) => return self.comprehension(generators, [Some(elt), None], true),
            Expr::DictComp(comp) => {
                let elements = [comp.key.as_deref(), Some(&*comp.value)];
                return self.comprehension(&comp.generators, elements, true);
            }
            Expr::Generator(comp) => {
                return self.comprehension(&comp.generators, [Some(&comp.elt), None], false);
            }
            Expr::Lambda(_) => {
                return self.with(false, |finder| visitor::walk_expr(finder, expr));
            }
            Expr::Call(call) if self.in_comprehension => {
                if let Expr::Name(name) = &*call.func
                    && looks_around(&name.id, call.arguments.args.len())
                {
                    self.found.push(Note {
                        line: self.lines.line(call.start().to_u32()),
                        name: name.id.to_string(),
                    });
                }
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

/// Whether a call of this builtin with so many arguments looks at the variables of the caller.
fn looks_around(name: &str, arguments: usize) -> bool {
    match name {
        "locals" | "vars" | "dir" => arguments == 0,
        "eval" | "exec" => arguments == 1,
        _ => false,
    }
}
