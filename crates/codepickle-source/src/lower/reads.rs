//! Which names read a type parameter, and which names a scope binds.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    self as ast, Comprehension, ExceptHandler, Expr, ExprContext, Pattern, Stmt, TypeParam,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::names::mangle;

/// What has type parameters.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner<'a> {
    Function(&'a ast::StmtFunctionDef),
    Class(&'a ast::StmtClassDef),
    Alias(&'a ast::StmtTypeAlias),
}

impl<'a> Owner<'a> {
    pub(super) fn params(self) -> Option<&'a ast::TypeParams> {
        match self {
            Self::Function(def) => def.type_params.as_deref(),
            Self::Class(class) => class.type_params.as_deref(),
            Self::Alias(alias) => alias.type_params.as_deref(),
        }
    }

    /// The statement.
    pub(super) fn range(self) -> TextRange {
        match self {
            Self::Function(def) => def.range(),
            Self::Class(class) => class.range(),
            Self::Alias(alias) => alias.range(),
        }
    }
}

/// When a place is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Together with the definition.
    Now,
    /// By functions that get type parameters of their own.
    Own,
    /// By other functions.
    Later,
}

/// A name that reads a type parameter: where, the number of the parameter, and when it does.
pub(super) type Read = (TextSize, usize, When);

/// The places that read the type parameters of `owner`, which stands in the class `class`, if in any.
pub(super) fn of<'a>(
    owner: Owner<'a>,
    class: Option<&'a str>,
    keeps_annotations: bool,
) -> Vec<Read> {
    let class = match owner {
        Owner::Class(class) => Some(class.name.as_str()),
        _ => class,
    };
    let params = owner.params().map_or(&[][..], |params| &params.type_params);
    let names: Vec<String> = params
        .iter()
        .map(|param| full(class, param.name()))
        .collect();
    let mut reader = Reader {
        class,
        hidden: vec![false; names.len()],
        in_class: BTreeSet::new(),
        names,
        when: When::Now,
        keeps_annotations,
        found: Vec::new(),
    };
    match owner {
        Owner::Function(def) => {
            reader.at(When::Own, |reader| reader.values(params));
            signature(&mut reader, def);
            reader.at(When::Own, |reader| reader.function_body(def));
        }
        Owner::Class(class) => {
            reader.at(When::Own, |reader| reader.values(params));
            reader.class_inside(class);
        }
        Owner::Alias(alias) => reader.at(When::Own, |reader| {
            reader.values(params);
            reader.visit_expr(&alias.value);
        }),
    }
    reader.found
}

/// Where there is a lambda or a comprehension in the scope of the type parameters themselves, or of the value of an alias.
pub(super) fn function_beside(owner: Owner<'_>) -> Option<TextSize> {
    struct Search(Option<TextSize>);
    impl<'a> Visitor<'a> for Search {
        fn visit_expr(&mut self, expr: &'a Expr) {
            match expr {
                Expr::Lambda(_)
                | Expr::ListComp(_)
                | Expr::SetComp(_)
                | Expr::DictComp(_)
                | Expr::Generator(_) => {
                    self.0.get_or_insert(expr.start());
                }
                _ => visitor::walk_expr(self, expr),
            }
        }
    }
    let mut search = Search(None);
    if let Some(params) = owner.params() {
        visitor::walk_type_params(&mut search, params);
    }
    match owner {
        Owner::Function(def) => signature(&mut search, def),
        Owner::Class(class) => {
            if let Some(arguments) = &class.arguments {
                search.visit_arguments(arguments);
            }
        }
        Owner::Alias(alias) => search.visit_expr(&alias.value),
    }
    search.0
}

/// The annotations.
fn signature<'a>(visitor: &mut impl Visitor<'a>, def: &'a ast::StmtFunctionDef) {
    for parameter in &def.parameters {
        if let Some(annotation) = parameter.annotation() {
            visitor.visit_annotation(annotation);
        }
    }
    if let Some(returns) = &def.returns {
        visitor.visit_annotation(returns);
    }
}

/// The name as the compiler knows it in the class.
pub(super) fn full(class: Option<&str>, name: &str) -> String {
    mangle(class, name).unwrap_or_else(|| name.to_owned())
}

struct Reader<'a> {
    names: Vec<String>,
    /// Which of the names mean something else here and in the functions here.
    hidden: Vec<bool>,
    /// The names of the class whose body this is: they mean something else here, but not in the functions here.
    in_class: BTreeSet<String>,
    /// The class whose private names are mangled here.
    class: Option<&'a str>,
    when: When,
    keeps_annotations: bool,
    found: Vec<Read>,
}

impl<'a> Reader<'a> {
    fn at(&mut self, when: When, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.when, when);
        visit(self);
        self.when = outer;
    }

    /// What is not evaluated at once.
    fn later(&mut self, visit: impl FnOnce(&mut Self)) {
        let when = match self.when {
            When::Own => When::Own,
            _ => When::Later,
        };
        self.at(when, visit);
    }

    /// A function's scope, or type parameters', with these names.
    fn inside(&mut self, bound: &BTreeSet<String>, visit: impl FnOnce(&mut Self)) {
        let outer = self.hidden.clone();
        for (name, hidden) in self.names.iter().zip(&mut self.hidden) {
            *hidden |= bound.contains(name);
        }
        if self.hidden.iter().any(|hidden| !hidden) {
            visit(self);
        }
        self.hidden = outer;
    }

    /// A scope that does not see the names of the class around it.
    fn in_function(&mut self, bound: &BTreeSet<String>, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::take(&mut self.in_class);
        self.inside(bound, |reader| reader.later(visit));
        self.in_class = outer;
    }

    /// Bounds and defaults.
    fn values(&mut self, params: &'a [TypeParam]) {
        for param in params {
            visitor::walk_type_param(self, param);
        }
    }

    /// Type parameters of a definition inside, and what is around it.
    fn in_params(
        &mut self,
        params: Option<&'a ast::TypeParams>,
        class: Option<&'a str>,
        visit: impl FnOnce(&mut Self),
    ) {
        let params = params.map_or(&[][..], |params| &params.type_params);
        let outer = std::mem::replace(&mut self.class, class);
        let bound = params.iter().map(|param| full(class, param.name()));
        self.inside(&bound.collect(), |reader| {
            reader.later(|reader| reader.values(params));
            visit(reader);
        });
        self.class = outer;
    }

    fn function_body(&mut self, def: &'a ast::StmtFunctionDef) {
        let mut bound = bound(&def.body, self.class).names;
        bound.extend(parameters(&def.parameters, self.class));
        self.in_function(&bound, |reader| reader.visit_body(&def.body));
    }

    fn class_inside(&mut self, class: &'a ast::StmtClassDef) {
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
        let name = Some(class.name.as_str());
        let outer = std::mem::replace(&mut self.class, name);
        let names = std::mem::replace(&mut self.in_class, bound(&class.body, name).names);
        self.visit_body(&class.body);
        self.in_class = names;
        self.class = outer;
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], elements: &[Option<&'a Expr>]) {
        let Some((first, rest)) = generators.split_first() else {
            return;
        };
        self.visit_expr(&first.iter);
        let mut binds = Bound::new(self.class);
        for generator in generators {
            binds.visit_expr(&generator.target);
        }
        self.in_function(&binds.names, |reader| {
            for test in &first.ifs {
                reader.visit_expr(test);
            }
            for generator in rest {
                reader.visit_comprehension(generator);
            }
            for element in elements.iter().flatten() {
                reader.visit_expr(element);
            }
        });
    }
}

impl<'a> Visitor<'a> for Reader<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                for decorator in &def.decorator_list {
                    self.visit_decorator(decorator);
                }
                defaults(self, &def.parameters);
                self.in_params(def.type_params.as_deref(), self.class, |reader| {
                    signature(reader, def);
                    reader.function_body(def);
                });
            }
            Stmt::ClassDef(class) => {
                for decorator in &class.decorator_list {
                    self.visit_decorator(decorator);
                }
                let params = class.type_params.as_deref();
                let name = if params.is_some() {
                    Some(class.name.as_str())
                } else {
                    self.class
                };
                self.in_params(params, name, |reader| reader.class_inside(class));
            }
            Stmt::TypeAlias(alias) => {
                self.in_params(alias.type_params.as_deref(), self.class, |reader| {
                    reader.later(|reader| reader.visit_expr(&alias.value));
                });
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_annotation(&mut self, annotation: &'a Expr) {
        if !self.keeps_annotations {
            self.visit_expr(annotation);
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx == ExprContext::Load => {
                let full = full(self.class, &name.id);
                let known = self.names.iter().position(|known| *known == full);
                if let Some(index) = known
                    && self.hidden.get(index) == Some(&false)
                    && !self.in_class.contains(&full)
                {
                    self.found.push((name.start(), index, self.when));
                }
            }
            Expr::Lambda(lambda) => {
                let mut names = BTreeSet::new();
                if let Some(found) = &lambda.parameters {
                    defaults(self, found);
                    names = parameters(found, self.class);
                }
                let mut binds = Bound::new(self.class);
                binds.visit_expr(&lambda.body);
                names.append(&mut binds.names);
                self.in_function(&names, |reader| reader.visit_expr(&lambda.body));
            }
            Expr::ListComp(comp) => self.comprehension(&comp.generators, &[Some(&comp.elt)]),
            Expr::SetComp(comp) => self.comprehension(&comp.generators, &[Some(&comp.elt)]),
            Expr::Generator(comp) => self.comprehension(&comp.generators, &[Some(&comp.elt)]),
            Expr::DictComp(comp) => {
                self.comprehension(&comp.generators, &[comp.key.as_deref(), Some(&comp.value)]);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }
}

fn defaults<'a>(visitor: &mut impl Visitor<'a>, parameters: &'a ast::Parameters) {
    for default in parameters.iter().filter_map(ast::AnyParameterRef::default) {
        visitor.visit_expr(default);
    }
}

fn parameters(parameters: &ast::Parameters, class: Option<&str>) -> BTreeSet<String> {
    let names = parameters.iter();
    names.map(|found| full(class, found.name())).collect()
}

/// The names that a body binds or declares, mangled.
pub(super) fn bound<'c>(body: &[Stmt], class: Option<&'c str>) -> Bound<'c> {
    let mut bound = Bound::new(class);
    bound.visit_body(body);
    bound
}

#[derive(Debug)]
pub(super) struct Bound<'c> {
    class: Option<&'c str>,
    /// The targets of a comprehension are its own.
    in_comprehension: bool,
    /// All of the names.
    pub(super) names: BTreeSet<String>,
    pub(super) globals: BTreeSet<String>,
    pub(super) nonlocals: BTreeSet<String>,
}

impl<'c> Bound<'c> {
    fn new(class: Option<&'c str>) -> Self {
        Self {
            class,
            in_comprehension: false,
            names: BTreeSet::new(),
            globals: BTreeSet::new(),
            nonlocals: BTreeSet::new(),
        }
    }

    fn add(&mut self, name: &str) {
        self.names.insert(full(self.class, name));
    }
}

impl<'a> Visitor<'a> for Bound<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                self.add(&def.name);
                for decorator in &def.decorator_list {
                    self.visit_decorator(decorator);
                }
                // Walruses.
                visitor::walk_parameters(self, &def.parameters);
            }
            Stmt::ClassDef(class) => {
                self.add(&class.name);
                for decorator in &class.decorator_list {
                    self.visit_decorator(decorator);
                }
                if let Some(arguments) = &class.arguments {
                    self.visit_arguments(arguments);
                }
            }
            Stmt::TypeAlias(alias) => self.visit_expr(&alias.name),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.add(name.split('.').next().unwrap_or_default());
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.add(alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            Stmt::Global(global) => {
                for name in &global.names {
                    self.add(name);
                    self.globals.insert(full(self.class, name));
                }
            }
            Stmt::Nonlocal(nonlocal) => {
                for name in &nonlocal.names {
                    self.add(name);
                    self.nonlocals.insert(full(self.class, name));
                }
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                if name.ctx != ExprContext::Load && !self.in_comprehension {
                    self.add(&name.id);
                }
            }
            Expr::Named(named) => {
                if let Expr::Name(name) = &*named.target {
                    self.add(&name.id);
                }
                self.visit_expr(&named.value);
            }
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    defaults(self, parameters);
                }
            }
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                let outer = std::mem::replace(&mut self.in_comprehension, true);
                visitor::walk_expr(self, expr);
                self.in_comprehension = outer;
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(clause) = handler;
        if let Some(name) = &clause.name {
            self.add(name);
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(pattern) => &pattern.name,
            Pattern::MatchStar(pattern) => &pattern.name,
            Pattern::MatchMapping(pattern) => &pattern.rest,
            _ => &None,
        };
        if let Some(name) = name {
            self.add(name);
        }
        visitor::walk_pattern(self, pattern);
    }
}
