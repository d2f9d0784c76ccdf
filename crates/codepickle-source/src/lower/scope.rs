//! Where a name that an expression assigns is bound.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::construct::ConstructKind;
use super::edit::{Edit, Part};
use super::rewrite::Rewriter;
use crate::names::mangle;

/// What kind of scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Module,
    Class,
    Function,
    Lambda,
    Comprehension,
}

/// One scope around the place of the visitor.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) kind: Kind,
    /// The class whose private names are mangled here.
    pub(super) class: Option<String>,
    /// Of a function: the statement, and where its body begins.
    pub(super) range: TextRange,
    pub(super) first: TextSize,
    /// Whether the code may look at its variables from outside.
    is_watched: bool,
    /// Names under `global` or `nonlocal`, and whether it is the former.
    declared: BTreeMap<String, bool>,
    /// Where a short statement can be put.
    place: Option<Place>,
    /// Of a class: where a line can be put, and its indentation.
    pub(super) line: Option<(TextSize, String)>,
    /// Names that must be made local.
    pub(super) locals: BTreeSet<String>,
}

/// Before a simple statement, or after a docstring.
#[derive(Debug, Clone, Copy)]
struct Place {
    offset: TextSize,
    is_after: bool,
}

impl Scope {
    pub(super) fn bare(kind: Kind) -> Self {
        Self {
            kind,
            class: None,
            range: TextRange::default(),
            first: TextSize::default(),
            is_watched: kind != Kind::Function,
            declared: BTreeMap::new(),
            place: None,
            line: None,
            locals: BTreeSet::new(),
        }
    }

    pub(super) fn of_body(kind: Kind, body: &[Stmt]) -> Self {
        let mut survey = Survey {
            declared: BTreeMap::new(),
            place: None,
            is_watched: kind != Kind::Function,
        };
        let is_after = place(body).is_some_and(|place| place.is_after);
        survey.visit_body(body.get(usize::from(is_after)..).unwrap_or(&[]));
        Self {
            declared: survey.declared,
            first: body.first().map(Stmt::start).unwrap_or_default(),
            place: survey.place.or(place(body)),
            is_watched: survey.is_watched,
            ..Self::bare(kind)
        }
    }

    /// Fills in what follows from the scope around it.
    pub(super) fn enclose(&mut self, outer: Option<&Self>, name: Option<&str>) {
        self.class = name.map_or_else(|| outer?.class.clone(), |name| Some(name.to_owned()));
    }

    /// Whether a variable here could be seen: in `locals()`, as an attribute, as a global.
    pub(super) fn is_watched(&self) -> bool {
        self.is_watched
    }

    /// Whether the name is declared here; and then, whether as global.
    fn declares(&self, name: &str) -> Option<bool> {
        let class = self.class.as_deref();
        let full = |name: &str| mangle(class, name).unwrap_or_else(|| name.to_owned());
        let name = full(name);
        let mut declared = self.declared.iter();
        declared
            .find(|(declared, _)| full(declared) == name)
            .map(|(_, is_global)| *is_global)
    }
}

/// The place of a body whose first statement is simple.
fn place(body: &[Stmt]) -> Option<Place> {
    let first = body.first()?;
    if first
        .as_expr_stmt()
        .is_some_and(|stmt| stmt.value.is_string_literal_expr())
    {
        return Some(Place {
            offset: first.end(),
            is_after: true,
        });
    }
    is_simple(first).then(|| Place {
        offset: first.start(),
        is_after: false,
    })
}

/// Whether another simple statement can stand before it on its line.
pub(super) fn is_simple(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::FunctionDef(_)
        | Stmt::ClassDef(_)
        | Stmt::For(_)
        | Stmt::While(_)
        | Stmt::If(_)
        | Stmt::With(_)
        | Stmt::Match(_)
        | Stmt::Try(_) => false,
        Stmt::Expr(found) => !begins_with_match(&found.value),
        Stmt::Assign(found) => !found.targets.first().is_some_and(begins_with_match),
        Stmt::AugAssign(found) => !begins_with_match(&found.target),
        Stmt::AnnAssign(found) => !begins_with_match(&found.target),
        _ => true,
    }
}

/// After `;`, ruff takes this name for a keyword whatever follows.
fn begins_with_match(mut expr: &Expr) -> bool {
    loop {
        expr = match expr {
            Expr::Name(name) => return name.id.as_str() == "match",
            Expr::Attribute(found) => &found.value,
            Expr::Subscript(found) => &found.value,
            Expr::Call(found) => &found.func,
            Expr::BinOp(found) => &found.left,
            Expr::Compare(found) => &found.left,
            Expr::If(found) => &found.body,
            Expr::BoolOp(ast::ExprBoolOp { values, .. })
            | Expr::Tuple(ast::ExprTuple { elts: values, .. }) => {
                let Some(first) = values.first() else {
                    return false;
                };
                first
            }
            _ => return false,
        };
    }
}

struct Survey {
    declared: BTreeMap<String, bool>,
    place: Option<Place>,
    is_watched: bool,
}

impl<'a> Visitor<'a> for Survey {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.is_watched |= matches!(
                name.id.as_str(),
                "locals" | "vars" | "dir" | "eval" | "exec"
            );
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if self.place.is_none() && is_simple(stmt) {
            self.place = Some(Place {
                offset: stmt.start(),
                is_after: false,
            });
        }
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::Global(global) => self
                .declared
                .extend(global.names.iter().map(|name| (name.to_string(), true))),
            Stmt::Nonlocal(nonlocal) => {
                self.declared
                    .extend(nonlocal.names.iter().map(|name| (name.to_string(), false)));
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }
}

impl Rewriter<'_> {
    /// The statement that makes names local without executing anything; None if there is no place for it.
    pub(super) fn declarations(&self, scope: &Scope) -> Option<Edit> {
        // ruff takes `match: 0` for a statement of its own unless it comes first on its line.
        let comes_first = !scope.place.is_some_and(|place| place.is_after);
        let mut names: Vec<&String> = scope.locals.iter().collect();
        names.sort_by_key(|name| name.as_str() != "match");
        let declared = |name: &&String| match name.as_str() {
            "match" if !comes_first => "[match] = [0]; del match".to_owned(),
            name => format!("{name}: 0"),
        };
        let names: Vec<String> = names.iter().map(declared).collect();
        let names = names.join("; ");
        let (offset, part) = match scope.place {
            Some(place) if place.is_after => (place.offset, Part::Text(format!("; {names}"))),
            Some(place) => (place.offset, Part::Text(format!("{names}; "))),
            None => {
                let line = self.line_start(scope.first);
                let indentation = self.indentation(scope.first)?;
                (line, Part::Inserted(format!("{indentation}{names}\n")))
            }
        };
        Some(Edit {
            range: TextRange::empty(offset),
            parts: vec![part],
            is_quote: false,
        })
    }

    /// What binds `name` to `value` within an expression, and has that value.
    pub(super) fn bind(
        &mut self,
        name: &str,
        value: Part,
        at: TextSize,
        why: ConstructKind,
    ) -> Vec<Part> {
        if self.target >= (3, 8) {
            return vec![Part::Text(format!("{name} := ")), value];
        }
        let in_function = self
            .scopes
            .iter()
            .any(|scope| matches!(scope.kind, Kind::Function));
        let scope = self
            .scopes
            .iter_mut()
            .rev()
            .find(|scope| scope.kind != Kind::Comprehension);
        let mut function = "let";
        let mut line = None;
        let can = match scope {
            None => true,
            Some(scope) => {
                let declared = scope.declares(name);
                let mut is_hidden = false;
                match scope.kind {
                    Kind::Class if declared == Some(true) => function = "put_global",
                    Kind::Class if declared == Some(false) => {}
                    Kind::Class => {
                        function = "put";
                        if in_function && scope.locals.insert(name.to_owned()) {
                            line.clone_from(&scope.line);
                            is_hidden = line.is_none();
                        }
                    }
                    Kind::Function | Kind::Lambda if declared.is_none() => {
                        scope.locals.insert(name.to_owned());
                    }
                    _ => {}
                }
                !is_hidden
            }
        };
        if !can {
            self.refuse(why, at);
        }
        if let Some((offset, indentation)) = line {
            // What a class assigns, it reads from the functions around it no more.
            let text = format!("{indentation}if 0: {name} = 0\n");
            self.edit(TextRange::empty(offset), vec![Part::Inserted(text)]);
        }
        let helper = self.helper();
        vec![
            Part::Text(format!("{helper}.{function}(lambda: {name}, ")),
            value,
            Part::Text(")".to_owned()),
        ]
    }

    /// Gives a lambda the variables that it cannot declare: parameters of another one inside it. The edits in its body
    /// begin at `from`.
    pub(super) fn lambda_names(
        &mut self,
        lambda: &ast::ExprLambda,
        renamed: Vec<String>,
        scope: Scope,
        from: usize,
    ) {
        let is_parameter = |name: &String| {
            let parameters = lambda.parameters.as_deref();
            parameters.is_some_and(|parameters| parameters.includes(name))
        };
        let unbound: Vec<String> = scope
            .locals
            .into_iter()
            .filter(|name| !is_parameter(name))
            .collect();
        if unbound.is_empty() && renamed.is_empty() {
            return;
        }
        let mut survey = Survey {
            declared: BTreeMap::new(),
            place: None,
            is_watched: false,
        };
        survey.visit_expr(&lambda.body);
        if survey.is_watched || self.slice(lambda.body.range()).contains("super") {
            // These look at the frame that calls them.
            let kind = if renamed.is_empty() {
                ConstructKind::Walrus
            } else {
                ConstructKind::PositionalOnly
            };
            return self.refuse(kind, lambda.start());
        }
        let helper = self.helper.clone();
        let values = renamed.iter().map(|name| format!("{helper}_{name}"));
        let values: Vec<String> = values
            .chain(unbound.iter().map(|_| "None".to_owned()))
            .collect();
        let names: Vec<String> = renamed.into_iter().chain(unbound.iter().cloned()).collect();
        let mut open = format!("(lambda {}: ", names.join(", "));
        let mut close = format!(")({})", values.join(", "));
        if !unbound.is_empty() {
            let helper = self.helper();
            open.push('[');
            for name in &unbound {
                open = open + &helper + ".drop(lambda: " + name + "), ";
            }
            close = format!("][-1]{close}");
        }
        let range = lambda.body.range();
        let parts = vec![
            Part::Text(open + "("),
            Part::Source(range),
            Part::Text(")".to_owned() + &close),
        ];
        let edit = Edit {
            range,
            parts,
            is_quote: false,
        };
        // Around an edit of the whole body.
        self.edits.insert(from.min(self.edits.len()), edit);
    }

    /// A walrus.
    pub(super) fn named(&mut self, named: &ast::ExprNamed) {
        if !self.found(ConstructKind::Walrus, named.start()) {
            return;
        }
        let Expr::Name(target) = &*named.target else {
            return self.refuse(ConstructKind::Walrus, named.start());
        };
        // The value with the brackets around it.
        let after = self.token_after(target.end(), ruff_python_ast::token::TokenKind::ColonEqual);
        let value = TextRange::new(after.end(), named.end());
        let value = self.trimmed(value);
        let mut parts = self.bind(
            &target.id,
            Part::Source(value),
            named.start(),
            ConstructKind::Walrus,
        );
        parts.insert(1, Part::Line(value.start()));
        parts.insert(3, Part::Line(named.end()));
        self.edit(named.range(), parts);
    }
}
