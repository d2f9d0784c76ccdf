//! The pass over running code that collects its imports.

use std::collections::HashSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    self as ast, Arguments, ExceptHandler, ExceptHandlerExceptHandler, Expr, Number, Stmt, UnaryOp,
};
use ruff_text_size::Ranged;

use crate::imports::{Import, When};

/// Collects the imports of the bodies that it is given.
pub(crate) struct Collector<'a> {
    imports: Vec<Import>,
    /// Offsets of calls that import by a name which is computed.
    computed: Vec<u32>,
    /// Names of `importlib.import_module`.
    importers: HashSet<&'a str>,
    /// Names of `importlib`.
    libraries: HashSet<&'a str>,
    when: When,
    /// Whether the function may have returned before it gets here.
    returned: bool,
    /// Where the import is that is being looked at.
    offset: u32,
}

/// What a condition is known to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    Unknown,
    /// True when the program runs.
    Always,
    /// True for type checkers at most.
    Never,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(importers: &[&'a str]) -> Self {
        Self {
            imports: Vec::new(),
            computed: Vec::new(),
            importers: importers.iter().copied().chain(["import_module"]).collect(),
            libraries: HashSet::from(["importlib"]),
            when: When::Always,
            returned: false,
            offset: 0,
        }
    }

    /// The body of a function, which runs by itself.
    pub(crate) fn visit_function(&mut self, body: &'a [Stmt]) {
        let returned = std::mem::take(&mut self.returned);
        let when = if returned { When::Branch } else { When::Always };
        self.under(when, |collector| collector.visit_body(body));
        self.returned = returned;
    }

    pub(crate) fn finish(self) -> (Vec<Import>, Vec<u32>) {
        (self.imports, self.computed)
    }

    /// Visits what runs at most when `when` says.
    fn under(&mut self, when: When, inside: impl FnOnce(&mut Self)) {
        let outer = self.when;
        self.when = outer.max(when);
        inside(self);
        self.when = outer;
    }

    fn add(&mut self, module: &str, names: Vec<String>, level: u32, anchor: Option<String>) {
        // After `if x: return`, the rest of the function is the other branch.
        let when = if self.returned {
            self.when.max(When::Branch)
        } else {
            self.when
        };
        self.imports.push(Import {
            module: module.to_owned(),
            names,
            level,
            anchor,
            when,
            line: self.offset,
        });
    }

    fn visit_import(&mut self, import: &'a ast::StmtImport) {
        for alias in &import.names {
            if alias.name.as_str() == "importlib" {
                self.libraries
                    .extend(alias.asname.as_ref().map(ast::Identifier::as_str));
            }
            self.add(&alias.name, Vec::new(), 0, None);
        }
    }

    fn visit_import_from(&mut self, import: &'a ast::StmtImportFrom) {
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        if module == "importlib" && import.level == 0 {
            for alias in &import.names {
                if alias.name.as_str() == "import_module" {
                    self.importers
                        .extend(alias.asname.as_ref().map(ast::Identifier::as_str));
                }
            }
        }
        let names = import.names.iter().map(|alias| alias.name.to_string());
        let names = names.filter(|name| name != "*").collect();
        self.add(module, names, import.level, None);
    }

    fn visit_if(&mut self, branch: &'a ast::StmtIf) {
        let mut left = When::Always;
        let first = (Some(&*branch.test), &branch.body);
        let others = branch.elif_else_clauses.iter();
        for (test, body) in
            std::iter::once(first).chain(others.map(|other| (other.test.as_ref(), &other.body)))
        {
            let (now, after) = match test.map_or(Truth::Always, truth) {
                Truth::Unknown => (When::Branch, When::Branch),
                Truth::Always => (When::Always, When::TypeChecking),
                Truth::Never => (When::TypeChecking, When::Always),
            };
            if let Some(test) = test {
                self.under(left, |collector| collector.visit_expr(test));
            }
            self.under(left.max(now), |collector| collector.visit_body(body));
            left = left.max(after);
        }
    }

    fn visit_try(&mut self, statement: &'a ast::StmtTry) {
        if statement.is_star {
            // Lowered for a Python below 3.11, it takes exception groups from there.
            self.under(When::Backport, |collector| {
                collector.add("exceptiongroup", Vec::new(), 0, None);
            });
        }
        let catching = statement
            .handlers
            .iter()
            .map(|ExceptHandler::ExceptHandler(handler)| handler)
            .find(|handler| catches_import_error(handler, &statement.body));
        // A handler that raises again only words the error.
        let tolerant =
            catching.is_some_and(|handler| !matches!(handler.body.last(), Some(Stmt::Raise(_))));
        let when = if tolerant {
            When::Optional
        } else {
            When::Always
        };
        self.under(when, |collector| collector.visit_body(&statement.body));
        for ExceptHandler::ExceptHandler(handler) in &statement.handlers {
            let instead = catching.is_some_and(|catching| std::ptr::eq(catching, handler));
            let when = if instead && tolerant {
                When::Optional
            } else {
                When::Branch
            };
            self.under(when, |collector| collector.visit_body(&handler.body));
        }
        self.under(when, |collector| collector.visit_body(&statement.orelse));
        self.visit_body(&statement.finalbody);
    }

    fn visit_with(&mut self, statement: &'a ast::StmtWith) {
        let mut when = When::Always;
        for item in &statement.items {
            self.visit_expr(&item.context_expr);
            if let Expr::Call(call) = &item.context_expr
                && last_name(&call.func) == Some("suppress")
                && call.arguments.args.iter().any(names_import_error)
            {
                when = When::Optional;
            }
        }
        self.under(when, |collector| collector.visit_body(&statement.body));
    }

    fn visit_match(&mut self, statement: &'a ast::StmtMatch) {
        self.visit_expr(&statement.subject);
        for case in &statement.cases {
            self.under(When::Branch, |collector| {
                if let Some(guard) = &case.guard {
                    collector.visit_expr(guard);
                }
                collector.visit_body(&case.body);
            });
        }
    }

    fn visit_defaults(&mut self, parameters: &'a ast::Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }

    /// `import_module("name")` and `__import__("name")`.
    fn visit_call(&mut self, call: &'a ast::ExprCall) {
        let is_dunder = match &*call.func {
            Expr::Name(name) if self.importers.contains(name.id.as_str()) => false,
            Expr::Name(name) if name.id.as_str() == "__import__" => true,
            Expr::Attribute(attribute) => {
                let Expr::Name(library) = &*attribute.value else {
                    return;
                };
                let in_library = self.libraries.contains(library.id.as_str());
                match attribute.attr.as_str() {
                    "import_module" if in_library => false,
                    "__import__" if in_library || library.id.as_str() == "builtins" => true,
                    _ => return,
                }
            }
            _ => return,
        };
        self.offset = call.range().start().to_u32();
        let arguments = &call.arguments;
        let Some(name) = argument(arguments, "name", 0).and_then(literal) else {
            self.computed.push(self.offset);
            return;
        };
        if is_dunder {
            let names = argument(arguments, "fromlist", 3).map_or_else(Vec::new, literals);
            let level = argument(arguments, "level", 4).and_then(number);
            self.add(name, names, level.unwrap_or(0), None);
            return;
        }
        let module = name.trim_start_matches('.');
        let level = u32::try_from(name.len() - module.len()).unwrap_or(u32::MAX);
        let package = argument(arguments, "package", 1);
        let anchor = package.and_then(literal).map(str::to_owned);
        if level > 0 && anchor.is_none() && !package.is_some_and(is_own_package) {
            self.computed.push(self.offset);
            return;
        }
        self.add(module, Vec::new(), level, anchor);
    }
}

impl<'a> Visitor<'a> for Collector<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => {
                self.offset = stmt.range().start().to_u32();
                self.visit_import(import);
            }
            Stmt::ImportFrom(import) => {
                self.offset = stmt.range().start().to_u32();
                self.visit_import_from(import);
            }
            Stmt::If(branch) => self.visit_if(branch),
            Stmt::Try(statement) => self.visit_try(statement),
            Stmt::With(statement) => self.visit_with(statement),
            Stmt::Match(statement) => self.visit_match(statement),
            // Inside a function, too, annotations are no reason to install anything.
            Stmt::FunctionDef(def) => {
                for decorator in &def.decorator_list {
                    self.visit_decorator(decorator);
                }
                self.visit_defaults(&def.parameters);
                self.visit_function(&def.body);
            }
            Stmt::Return(_) => {
                visitor::walk_stmt(self, stmt);
                self.returned = true;
            }
            Stmt::AnnAssign(assignment) => {
                if let Some(value) = &assignment.value {
                    self.visit_expr(value);
                }
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => {
                self.visit_call(call);
                visitor::walk_expr(self, expr);
            }
            Expr::If(branch) => {
                self.visit_expr(&branch.test);
                self.under(When::Branch, |collector| {
                    collector.visit_expr(&branch.body);
                    collector.visit_expr(&branch.orelse);
                });
            }
            Expr::BoolOp(operation) => {
                let mut when = When::Always;
                for value in &operation.values {
                    self.under(when, |collector| collector.visit_expr(value));
                    when = When::Branch;
                }
            }
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.visit_defaults(parameters);
                }
                self.visit_expr(&lambda.body);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }
}

/// What a condition is when the program runs.
fn truth(test: &Expr) -> Truth {
    match test {
        Expr::Name(name) if name.id.as_str() == "TYPE_CHECKING" => Truth::Never,
        Expr::Attribute(attribute) if attribute.attr.as_str() == "TYPE_CHECKING" => Truth::Never,
        Expr::BooleanLiteral(literal) if literal.value => Truth::Always,
        Expr::BooleanLiteral(_) | Expr::NoneLiteral(_) => Truth::Never,
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(int) if int.as_u8() == Some(0) => Truth::Never,
            Number::Int(_) => Truth::Always,
            _ => Truth::Unknown,
        },
        Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
            match truth(&operation.operand) {
                Truth::Unknown => Truth::Unknown,
                Truth::Always => Truth::Never,
                Truth::Never => Truth::Always,
            }
        }
        Expr::BoolOp(operation) if operation.op.is_and() => {
            let mut values = operation.values.iter();
            if values.any(|value| truth(value) == Truth::Never) {
                Truth::Never
            } else {
                Truth::Unknown
            }
        }
        _ => Truth::Unknown,
    }
}

/// Whether a failing import in `body` ends up in this handler. One for any exception counts where the body does
/// nothing but import: elsewhere it is about other failures.
fn catches_import_error(handler: &ExceptHandlerExceptHandler, body: &[Stmt]) -> bool {
    let only_imports = || {
        body.iter().all(|stmt| {
            matches!(
                stmt,
                Stmt::Import(_) | Stmt::ImportFrom(_) | Stmt::Assign(_) | Stmt::Pass(_)
            )
        })
    };
    let Some(types) = handler.type_.as_deref() else {
        return only_imports();
    };
    let is_broad = |name: &Expr| matches!(last_name(name), Some("Exception" | "BaseException"));
    match types {
        Expr::Tuple(tuple) => {
            tuple.elts.iter().any(names_import_error)
                || (tuple.elts.iter().any(is_broad) && only_imports())
        }
        name => names_import_error(name) || (is_broad(name) && only_imports()),
    }
}

fn names_import_error(name: &Expr) -> bool {
    matches!(last_name(name), Some("ImportError" | "ModuleNotFoundError"))
}

/// `c` of `c` and of `a.b.c`.
fn last_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(name) => Some(&name.id),
        Expr::Attribute(attribute) => Some(&attribute.attr),
        _ => None,
    }
}

fn argument<'a>(arguments: &'a Arguments, name: &str, position: usize) -> Option<&'a Expr> {
    arguments.find_argument_value(name, position)
}

fn literal(expr: &Expr) -> Option<&str> {
    Some(expr.as_string_literal_expr()?.value.to_str())
}

/// The strings in a list or tuple of literals.
fn literals(expr: &Expr) -> Vec<String> {
    let items = match expr {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        _ => return Vec::new(),
    };
    let names = items.iter().filter_map(literal);
    names
        .filter(|name| *name != "*")
        .map(str::to_owned)
        .collect()
}

fn number(expr: &Expr) -> Option<u32> {
    match &expr.as_number_literal_expr()?.value {
        Number::Int(int) => int.as_u8().map(u32::from),
        _ => None,
    }
}

/// `__package__`, `__name__`, `__spec__.parent`: the code's own package, or what its author takes for it.
fn is_own_package(expr: &Expr) -> bool {
    match expr {
        Expr::Name(name) => matches!(name.id.as_str(), "__package__" | "__name__"),
        Expr::Attribute(attribute) => attribute.attr.as_str() == "parent",
        _ => false,
    }
}
