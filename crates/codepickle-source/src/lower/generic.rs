//! Type parameters and `type` statements.
//!
//! A type parameter becomes a variable of the function around the definition, or a global where there is none: under its
//! own name if nothing else there has it, else under a new one. What makes it stands where it is evaluated first: in a
//! decorator of the function (a new line), in the bases of the class, before the value of the alias. Functions that see
//! it get a cell of their own, so that definitions in a loop do not share it (methods, too: see `own`).
//!
//! Bounds, defaults and values of aliases are evaluated on demand, in functions. Those do not see the names of a class
//! around them: there each name becomes a lookup in the namespace of the class.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, ExprContext, Stmt, TypeParam};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::construct::ConstructKind;
use super::edit::{Edits, Part};
use super::reads::{self, Owner, When, full};
use super::rewrite::Rewriter;
use super::scope::{Kind, is_simple};

/// What is known about type parameters, and about the place of the visitor.
#[derive(Debug)]
pub(super) struct Generics<'a> {
    /// Whether what is in `within` is compiled for the code in it, and not executed.
    only_compiled: bool,
    /// Whether a loop of this function, or of the module, may come here again.
    pub(super) in_loop: bool,
    /// How many functions of `within` are around.
    pub(super) running: u32,
    /// The names and bodies of the classes around.
    pub(super) classes: Vec<(&'a str, &'a [Stmt])>,
    /// What the names in an expression that is evaluated on demand are.
    pub(super) lazy: Option<Lazy>,
    /// The variables of type parameters of classes around that are made again in a loop: each function of the class gets
    /// them in cells of its own.
    pub(super) owned: Vec<String>,
    /// Where each name stands in the text; looked up once, when first asked for.
    places: Option<BTreeMap<&'a str, Vec<TextSize>>>,
    /// Names that read type parameters, by place: the variable that they read.
    pub(super) reads: BTreeMap<TextSize, String>,
    /// The type parameters that are left to closures, and what other names functions read.
    pub(super) released: BTreeMap<String, TextSize>,
    other_names: BTreeSet<String>,
}

impl Generics<'_> {
    pub(super) fn new(only_compiled: bool) -> Self {
        Self {
            only_compiled,
            in_loop: false,
            running: 0,
            classes: Vec::new(),
            lazy: None,
            owned: Vec::new(),
            places: None,
            reads: BTreeMap::new(),
            released: BTreeMap::new(),
            other_names: BTreeSet::new(),
        }
    }
}

/// An expression in a class that is evaluated on demand.
#[derive(Debug)]
pub(super) struct Lazy {
    /// What looks a name up.
    lookup: String,
    /// The names that the class binds, and those that it declares global.
    bound: BTreeSet<String>,
    globals: BTreeSet<String>,
}

impl<'a> Rewriter<'a> {
    /// The type parameters of a function or class; its signature, bases and body are visited afterwards.
    pub(super) fn type_params(&mut self, owner: Owner<'a>) {
        let Some(params) = owner.params() else {
            return;
        };
        let is_around = self.is_around(owner.range());
        if is_around && self.target < ConstructKind::TypeParams.since() {
            self.note(ConstructKind::TypeParams, params.start());
        } else if !(self.is_newer(params) | self.has_function(owner)) {
            return visitor::walk_type_params(self, params);
        }
        if is_around && params.range().contains(self.within.start()) {
            self.refuse(ConstructKind::TypeParams, params.start());
        }
        if self.is_only_compiled() {
            visitor::walk_type_params(self, params);
            self.release(owner, params);
            return self.remove(owner, params);
        }
        let from = self.edits.len();
        let around = self.generics.owned.len();
        let Some(variables) = self.variables(owner, params) else {
            return self.refuse(ConstructKind::TypeParams, params.start());
        };
        let is_class = matches!(owner, Owner::Class(_));
        // What is evaluated on demand gets cells of its own anyhow, when the parameters are there.
        let inner = self.generics.owned.split_off(around);
        let makers = self.makers(params, &variables, is_class);
        self.generics.owned.extend(inner);
        match owner {
            Owner::Function(def) => {
                if self.decorate(def, &makers, from).is_none() {
                    self.refuse(ConstructKind::TypeParams, params.start());
                }
                self.remove(owner, params);
            }
            Owner::Class(class) => {
                self.bases(class, params, makers, &variables);
                self.class_attribute(class, &variables);
            }
            Owner::Alias(_) => {}
        }
    }

    /// `type X = value`
    pub(super) fn alias(&mut self, alias: &'a ast::StmtTypeAlias) {
        let mut is_new = self.found(ConstructKind::TypeAlias, alias.start());
        if self.is_around(alias.range()) && self.target < ConstructKind::TypeAlias.since() {
            self.note(ConstructKind::TypeAlias, alias.start());
            self.refuse(ConstructKind::TypeAlias, alias.start());
        }
        if let Some(params) = &alias.type_params {
            is_new |= self.is_newer(params);
        }
        is_new |= self.has_function(Owner::Alias(alias));
        let Expr::Name(name) = &*alias.name else {
            return;
        };
        if !is_new || self.is_only_compiled() {
            if let Some(params) = &alias.type_params {
                visitor::walk_type_params(self, params);
            }
            self.visit_expr(&alias.value);
            if is_new {
                let parts = vec![
                    Part::Text(format!("{} = (0", name.id)),
                    Part::Line(alias.end()),
                    Part::Text(")".to_owned()),
                ];
                self.edit(alias.range(), parts);
            }
            return;
        }
        let mut makers = Vec::new();
        if let Some(params) = &alias.type_params {
            let Some(variables) = self.variables(Owner::Alias(alias), params) else {
                return self.refuse(ConstructKind::TypeAlias, alias.start());
            };
            makers = self.makers(params, &variables, true);
            makers.push(Part::Text(",".to_owned()));
        }
        let helper = self.helper();
        let [lambda, end] = self.lazily(&alias.value);
        let mut parts = vec![Part::Text(format!(
            "{0} = {helper}.alias(\"{0}\", (",
            name.id
        ))];
        parts.append(&mut makers);
        parts.extend([
            Part::Line(alias.value.start()),
            Part::Text(format!("), {lambda}(")),
            Part::Source(alias.value.range()),
            Part::Line(alias.end()),
            Part::Text(format!("){end})")),
        ]);
        self.edit(alias.range(), parts);
    }

    /// A name that is read.
    pub(super) fn name(&mut self, name: &ast::ExprName) {
        if name.ctx != ExprContext::Load {
            return;
        }
        let class = self.scopes.last().and_then(|scope| scope.class.clone());
        let full = full(class.as_deref(), &name.id);
        let variable = self.generics.reads.get(&name.start());
        if variable.is_none() && self.generics.only_compiled && self.generics.running > 0 {
            self.generics.other_names.insert(full.clone());
        }
        let shown = variable.map_or(name.id.as_str(), String::as_str).to_owned();
        let text = match &self.generics.lazy {
            Some(lazy) if name.id != "__debug__" => {
                let lookup = &lazy.lookup;
                if lazy.globals.contains(&full) {
                    format!("{lookup}.glob(\"{full}\")")
                } else if lazy.bound.contains(&full) {
                    format!("{lookup}(\"{full}\")")
                } else {
                    format!("{lookup}(\"{full}\", lambda: {shown})")
                }
            }
            _ => shown,
        };
        if text != name.id {
            self.edit(name.range(), vec![Part::Text(text)]);
        }
    }

    /// Refuses what would make one closure variable of two.
    pub(super) fn refuse_shared(&mut self) {
        let Generics {
            released,
            other_names,
            ..
        } = &self.generics;
        let mut shared = released
            .iter()
            .filter(|(name, _)| other_names.contains(*name));
        if let Some((_, at)) = shared.next() {
            self.refuse(ConstructKind::TypeParams, *at);
        }
    }

    /// Whether names here get another text.
    pub(super) fn is_renamed(&self, range: TextRange) -> bool {
        let mut reads = self.generics.reads.range(range.start()..range.end());
        self.generics.lazy.is_some()
            || reads.any(|(at, variable)| {
                let rest = self.text.get(at.to_usize()..).unwrap_or("");
                !rest.starts_with(variable.as_str())
            })
    }

    /// Notes type parameters; whether they must be rewritten.
    fn is_newer(&mut self, params: &ast::TypeParams) -> bool {
        let mut is_newer = self.found(ConstructKind::TypeParams, params.start());
        for default in params.iter().filter_map(TypeParam::default) {
            is_newer |= self.found(ConstructKind::TypeParamDefault, default.start());
        }
        is_newer
    }

    /// 3.12 refuses functions in what is evaluated beside the type parameters of a definition in a class. Whether there are
    /// some, and the definition must be rewritten.
    fn has_function(&mut self, owner: Owner<'a>) -> bool {
        let kind = ConstructKind::FunctionInTypeScope;
        let in_class = self.scopes.last();
        in_class.is_some_and(|scope| scope.kind == Kind::Class)
            && reads::function_beside(owner).is_some_and(|at| self.found(kind, at))
    }

    /// Whether a statement is around what is only compiled.
    fn is_around(&self, range: TextRange) -> bool {
        // What is only compiled ends where its last line does.
        let start = self.within.start();
        self.generics.only_compiled && range.start() < start && range.contains(start)
    }

    /// Whether a statement here is never executed: it is the definition, or in a class that is, and code is taken out
    /// of that.
    pub(super) fn is_only_compiled(&self) -> bool {
        self.generics.only_compiled && self.generics.running == 0
    }

    fn reads_of(&self, owner: Owner<'a>) -> Vec<reads::Read> {
        let class = self.scopes.last().and_then(|scope| scope.class.as_deref());
        // The class's name lives as long as the text.
        let class = class.and_then(|class| {
            let mut names = self.generics.classes.iter().rev();
            names
                .find(|(name, _)| *name == class)
                .map(|(name, _)| *name)
        });
        reads::of(owner, class, self.has_text_annotations)
    }

    /// Leaves type parameters to the functions' closures.
    fn release(&mut self, owner: Owner<'a>, params: &'a ast::TypeParams) {
        let class = match owner {
            Owner::Class(class) => Some(class.name.to_string()),
            _ => self.scopes.last().and_then(|scope| scope.class.clone()),
        };
        for (offset, index, when) in self.reads_of(owner) {
            let Some(param) = params.type_params.get(index) else {
                continue;
            };
            if when != When::Now {
                let name = full(class.as_deref(), param.name());
                self.generics.released.entry(name).or_insert(params.start());
            }
            self.generics.reads.insert(offset, param.name().to_string());
        }
    }

    /// Takes the brackets out of a header.
    fn remove(&mut self, owner: Owner<'a>, params: &'a ast::TypeParams) {
        let range = params.range();
        if super::edit::newlines(self.slice(range)) == 0 {
            return self.edit(range, Vec::new());
        }
        let has_brackets = match owner {
            Owner::Class(class) => class.arguments.is_some(),
            _ => true,
        };
        let (end, close) = if has_brackets {
            (self.token_after(range.end(), TokenKind::Lpar).end(), "")
        } else {
            (range.end(), ")")
        };
        let parts = vec![
            Part::Text("(".to_owned()),
            Part::Line(end),
            Part::Text(close.to_owned()),
        ];
        self.edit(TextRange::new(range.start(), end), parts);
    }

    /// The variables of type parameters; None if there is no place for them.
    fn variables(&mut self, owner: Owner<'a>, params: &'a ast::TypeParams) -> Option<Vec<String>> {
        let scope = TextRange::new(params.start(), owner.range().end());
        // The body of a class reads the variables, too.
        let own = match owner {
            Owner::Class(class) => reads::bound(&class.body, Some(class.name.as_str())).names,
            _ => BTreeSet::new(),
        };
        let mut variables = Vec::new();
        for param in params {
            let name = param.name().as_str();
            let variable = if !own.contains(name) && self.is_only_in(name, scope) {
                name.to_owned()
            } else {
                format!("{}_{name}", self.variable())
            };
            variables.push(variable);
        }
        let within = self.within;
        let mut functions = self.scopes.iter_mut().rev();
        let function = functions.find(|scope| scope.kind == Kind::Function);
        let is_local = function.is_some();
        if let Some(function) = function {
            if !within.contains(function.first) {
                return None;
            }
            function.locals.extend(variables.iter().cloned());
        }
        for (offset, index, when) in self.reads_of(owner) {
            let is_shared = match when {
                When::Now => false,
                When::Own => !is_local,
                When::Later => true,
            };
            if is_shared && self.generics.in_loop {
                if !is_local || !matches!(owner, Owner::Class(_)) {
                    return None;
                }
                self.generics.owned.extend(variables.get(index).cloned());
            }
            if let Some(variable) = variables.get(index) {
                self.generics.reads.insert(offset, variable.clone());
            }
        }
        Some(variables)
    }

    /// Whether the function around has the name there alone.
    fn is_only_in(&mut self, name: &str, range: TextRange) -> bool {
        let mut functions = self.scopes.iter().rev();
        let Some(function) = functions.find(|scope| scope.kind == Kind::Function) else {
            return false;
        };
        let function = function.range;
        let (text, tokens) = (self.text, self.tokens);
        let places = self.generics.places.get_or_insert_with(|| {
            let mut places = BTreeMap::<&str, Vec<TextSize>>::new();
            for token in tokens {
                let range = token.start().to_usize()..token.end().to_usize();
                let name = text.get(range).unwrap_or("");
                if name.starts_with(|c: char| c == '_' || c.is_alphabetic()) {
                    places.entry(name).or_default().push(token.start());
                }
            }
            places
        });
        let places = places.get(name).map_or(&[][..], Vec::as_slice);
        let from = places.partition_point(|place| *place < function.start());
        let to = places.partition_point(|place| *place < function.end());
        let places = places.get(from..to).unwrap_or(&[]);
        let is_in = |place: Option<&TextSize>| place.is_none_or(|place| range.contains(*place));
        !name.starts_with("__") && is_in(places.first()) && is_in(places.last())
    }

    /// The calls that make type parameters, with commas between them.
    fn makers(
        &mut self,
        params: &'a ast::TypeParams,
        variables: &[String],
        has_lines: bool,
    ) -> Vec<Part> {
        let mut parts = Vec::new();
        let helper = self.helper();
        for (param, variable) in params.iter().zip(variables) {
            let (kind, bound) = match param {
                TypeParam::TypeVar(param) => ("typevar", param.bound.as_deref()),
                TypeParam::TypeVarTuple(_) => ("typevartuple", None),
                TypeParam::ParamSpec(_) => ("paramspec", None),
            };
            let comma = if parts.is_empty() { "" } else { ", " };
            let name = param.name();
            parts.push(Part::Text(format!(
                "{comma}{helper}.{kind}(lambda: {variable}, \"{name}\""
            )));
            for (value, is_bound) in [(bound, true), (param.default(), false)] {
                let Some(value) = value else {
                    continue;
                };
                let argument = match (is_bound, value) {
                    (true, Expr::Tuple(_)) => "constraints",
                    (true, _) => "bound",
                    (false, _) => "default",
                };
                let [lambda, end] = self.lazily(value);
                let (call, value) = match value {
                    Expr::Starred(star) => (format!("{helper}.only"), &*star.value),
                    value => (String::new(), value),
                };
                if has_lines {
                    parts.push(Part::Line(value.start()));
                }
                parts.extend([
                    Part::Text(format!(", {argument}={lambda}{call}(")),
                    Part::Source(value.range()),
                    Part::Text(format!("){end}")),
                ]);
            }
            parts.push(Part::Text(")".to_owned()));
        }
        parts
    }

    /// Visits what is evaluated on demand; the head of its lambda, and what follows it.
    fn lazily(&mut self, value: &'a Expr) -> [String; 2] {
        let (own, end) = match self.own(value.range()) {
            Some(own) => (format!("{own}("), ")".to_owned()),
            None => (String::new(), String::new()),
        };
        let owned = std::mem::take(&mut self.generics.owned);
        let head = self.lambda_head(value);
        self.generics.owned = owned;
        [own + &head, end]
    }

    fn lambda_head(&mut self, value: &'a Expr) -> String {
        let Some(class) = self.scopes.last().filter(|scope| scope.kind == Kind::Class) else {
            self.visit_expr(value);
            return "lambda: ".to_owned();
        };
        let body = self
            .generics
            .classes
            .last()
            .map_or(&[][..], |(_, body)| *body);
        let reads::Bound {
            names,
            globals,
            nonlocals,
            ..
        } = reads::bound(body, class.class.as_deref());
        let lookup = self.variable();
        let lazy = Lazy {
            lookup: lookup.clone(),
            bound: names.difference(&nonlocals).cloned().collect(),
            globals,
        };
        let outer = self.generics.lazy.replace(lazy);
        self.visit_expr(value);
        self.generics.lazy = outer;
        let helper = self.helper();
        format!("lambda {lookup}={helper}.names(lambda: __class__): ")
    }

    /// Inserts the decorator that gives a function its type parameters.
    fn decorate(
        &mut self,
        def: &'a ast::StmtFunctionDef,
        makers: &[Part],
        from: usize,
    ) -> Option<()> {
        let edits = Edits::new(
            self.text,
            self.lines,
            self.edits.iter().skip(from).cloned().collect(),
        );
        let mut text = format!("{}.generic(", self.helper);
        for part in makers {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Source(range) => text.push_str(&edits.apply(*range).ok()?),
                _ => {}
            }
        }
        text.push(')');
        self.insert_decorator(def, &text)
    }

    /// Makes the type parameters in the bases of a class, and `Generic` the last of those.
    fn bases(
        &mut self,
        class: &'a ast::StmtClassDef,
        params: &'a ast::TypeParams,
        makers: Vec<Part>,
        variables: &[String],
    ) {
        let helper = self.helper();
        let arguments = class.arguments.as_deref();
        let last = arguments.and_then(|arguments| arguments.args.last());
        let first = if last.is_some() { "*" } else { "" };
        let call = if last.is_some() { "bind" } else { "base" };
        let mut parts = vec![Part::Text(format!("({first}{helper}.{call}("))];
        parts.extend(makers);
        let end = arguments.map_or(params.end(), |arguments| {
            arguments.start() + TextSize::from(1)
        });
        parts.push(Part::Line(end));
        parts.push(Part::Text(
            match arguments {
                None => "))",
                Some(arguments) if arguments.args.is_empty() && arguments.keywords.is_empty() => {
                    ")"
                }
                Some(_) => "), ",
            }
            .to_owned(),
        ));
        self.edit(TextRange::new(params.start(), end), parts);
        if let (Some(arguments), Some(last)) = (arguments, last) {
            let mut at = last.end();
            let tokens = self.tokens.get(self.token_at(at)..).unwrap_or(&[]);
            for token in tokens {
                match token.kind() {
                    TokenKind::Rpar if token.end() < arguments.end() => at = token.end(),
                    TokenKind::Comment | TokenKind::NonLogicalNewline => {}
                    _ => break,
                }
            }
            let base = format!("{helper}.base({})", variables.join(", "));
            // After a keyword there are only stars.
            let mut keywords = arguments.keywords.iter();
            let base = if keywords.any(|keyword| keyword.start() < at) {
                format!(", *[{base}]")
            } else {
                format!(", {base}")
            };
            self.edit(TextRange::empty(at), vec![Part::Text(base)]);
        }
    }

    /// Gives a class its `__type_params__`.
    fn class_attribute(&mut self, class: &'a ast::StmtClassDef, variables: &[String]) {
        let Some(first) = class.body.first() else {
            return;
        };
        let value = format!("{}.type_params({})", self.helper, variables.join(", "));
        let is_docstring = first
            .as_expr_stmt()
            .is_some_and(|stmt| stmt.value.is_string_literal_expr());
        let (at, part) = if is_docstring {
            let text = format!("; __type_params__ = {value}");
            (first.end(), Part::Text(text))
        } else if is_simple(first) {
            let text = format!("__type_params__ = {value}; ");
            (first.start(), Part::Text(text))
        } else {
            let Some(indentation) = self.indentation(first.start()) else {
                return self.refuse(ConstructKind::TypeParams, class.start());
            };
            let line = self.line_start(first.start());
            let text = format!("{indentation}__type_params__ = {value}\n");
            (line, Part::Inserted(text))
        };
        self.edit(TextRange::empty(at), vec![part]);
    }
}
