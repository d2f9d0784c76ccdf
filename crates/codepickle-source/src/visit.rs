//! The pass over the syntax tree: enters scopes as the compiler's symbol table does.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    self as ast, AnyParameterRef, ExceptHandler, Expr, ExprContext, ModModule, Pattern, Stmt,
    TypeParam, TypeParams,
};
use ruff_text_size::{Ranged, TextRange};

use crate::annotated;
use crate::index::{Index, docstring};
use crate::names::{Names, Symbol, mangle};
use crate::scopes::{
    Annotated, Brackets, How, Import, MODULE, Owner, Scope, ScopeId, ScopeKind, Use,
};

/// Future features that every supported Python has anyway. Importing one changes nothing, but passing its flag to
/// `compile()` would set it in `co_flags`.
const MANDATORY_FEATURES: [&str; 8] = [
    "nested_scopes",
    "generators",
    "division",
    "absolute_import",
    "with_statement",
    "print_function",
    "unicode_literals",
    "generator_stop",
];

/// Builds an [`Index`].
pub(crate) struct Builder<'a> {
    text: &'a str,
    index: Index,
    current: ScopeId,
    /// The class whose name mangles `__x` here.
    class: Option<&'a str>,
}

/// Where a new scope is in the text.
struct Place {
    start: u32,
    keyword: u32,
    stop: u32,
}

impl Place {
    fn of(range: TextRange) -> Self {
        Self {
            start: range.start().to_u32(),
            keyword: range.start().to_u32(),
            stop: range.end().to_u32(),
        }
    }
}

impl<'a> Builder<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut names = Names::default();
        let name = names.intern("<module>");
        let module = Scope {
            kind: ScopeKind::Module,
            parent: MODULE,
            end: 1,
            name,
            mangled: name,
            start: 0,
            keyword: 0,
            stop: u32::try_from(text.len()).unwrap_or(u32::MAX),
            type_params: Vec::new(),
            doc: None,
            uses: Vec::new(),
            annotated: Vec::new(),
            imports: Vec::new(),
        };
        Self {
            text,
            index: Index {
                names,
                scopes: vec![module],
                futures: std::collections::BTreeSet::new(),
                module_imports: std::collections::BTreeSet::new(),
                module_uses_super: false,
                is_plain: false,
                functions: std::collections::HashMap::new(),
                classes: Vec::new(),
            },
            current: MODULE,
            class: None,
        }
    }

    pub(crate) fn visit_module(&mut self, module: &'a ModModule) {
        self.visit_body(&module.body);
        self.index.scopes[MODULE as usize].end = self.next_id();
    }

    pub(crate) fn finish(self) -> Index {
        self.index
    }

    fn next_id(&self) -> ScopeId {
        ScopeId::try_from(self.index.scopes.len()).unwrap_or(ScopeId::MAX)
    }

    /// Enters a scope for as long as `inside` runs.
    fn scope(
        &mut self,
        kind: ScopeKind,
        name: &str,
        place: &Place,
        inside: impl FnOnce(&mut Self),
    ) {
        let parent = self.current;
        let id = self.next_id();
        let mangled = self.mangled(name);
        let name = self.index.names.intern(name);
        self.index.scopes.push(Scope {
            kind,
            parent,
            end: id + 1,
            name,
            mangled,
            start: place.start,
            keyword: place.keyword,
            stop: place.stop,
            type_params: Vec::new(),
            doc: None,
            uses: Vec::new(),
            annotated: Vec::new(),
            imports: Vec::new(),
        });
        self.current = id;
        inside(self);
        let end = self.next_id();
        self.here().end = end;
        self.current = parent;
    }

    fn here(&mut self) -> &mut Scope {
        &mut self.index.scopes[self.current as usize]
    }

    fn mangled(&mut self, name: &str) -> Symbol {
        match mangle(self.class, name) {
            Some(mangled) => self.index.names.intern(&mangled),
            None => self.index.names.intern(name),
        }
    }

    fn record(&mut self, name: &str, how: How) {
        if name == "super" {
            self.note_super(how);
        }
        let name = self.mangled(name);
        let chain = None;
        self.here().uses.push(Use { name, how, chain });
    }

    fn bind(&mut self, name: &str) {
        self.record(name, How::Bind);
    }

    /// The compiler looks for `super` in the module's symbol table (3.12). Comprehensions are inlined into it, and
    /// `global super` enters it there from anywhere.
    fn note_super(&mut self, how: How) {
        let mut scope = &self.index.scopes[self.current as usize];
        while let ScopeKind::Comprehension(Brackets::List | Brackets::Set | Brackets::Dict)
        | ScopeKind::Annotation(_) = scope.kind
        {
            scope = &self.index.scopes[scope.parent as usize];
        }
        if scope.kind == ScopeKind::Module || how == How::Global {
            self.index.module_uses_super = true;
        }
    }

    /// A walrus binds outside of comprehensions.
    fn bind_named(&mut self, name: &str) {
        let inner = self.current;
        while let ScopeKind::Comprehension(_) = self.here().kind {
            self.current = self.here().parent;
        }
        self.bind(name);
        self.current = inner;
    }

    fn visit_function(&mut self, def: &'a ast::StmtFunctionDef) {
        self.bind(&def.name);
        for decorator in &def.decorator_list {
            self.visit_decorator(decorator);
        }
        self.visit_defaults(&def.parameters);
        let place = self.place(def.range, &def.decorator_list, &def.name);
        self.with_type_params(
            Owner::Def,
            &def.name,
            def.type_params.as_deref(),
            &place,
            |builder| {
                builder.visit_signature(def);
                let kind = ScopeKind::Def {
                    is_async: def.is_async,
                };
                builder.scope(kind, &def.name, &place, |builder| {
                    builder.bind_parameters(&def.parameters);
                    builder.here().doc = docstring(&def.body);
                    builder.visit_body(&def.body);
                });
            },
        );
    }

    /// Annotations of parameters and of the returned value.
    fn visit_signature(&mut self, def: &'a ast::StmtFunctionDef) {
        let mut annotations: Vec<&Expr> = def
            .parameters
            .iter()
            .filter_map(|parameter| parameter.as_parameter().annotation.as_deref())
            .collect();
        annotations.extend(def.returns.as_deref());
        if annotations.is_empty() {
            return;
        }
        let kind = ScopeKind::Annotation(Annotated::Parameters);
        self.scope(kind, &def.name, &Place::of(def.range), |builder| {
            for annotation in annotations {
                builder.visit_expr(annotation);
            }
        });
    }

    fn visit_class(&mut self, class: &'a ast::StmtClassDef) {
        self.bind(&class.name);
        for decorator in &class.decorator_list {
            self.visit_decorator(decorator);
        }
        let place = self.place(class.range, &class.decorator_list, &class.name);
        self.with_type_params(
            Owner::Class,
            &class.name,
            class.type_params.as_deref(),
            &place,
            |builder| {
                if let Some(arguments) = &class.arguments {
                    builder.visit_arguments(arguments);
                }
                let outer = builder.class;
                builder.scope(ScopeKind::Class, &class.name, &place, |builder| {
                    builder.class = Some(&class.name);
                    builder.here().doc = docstring(&class.body);
                    builder.visit_body(&class.body);
                });
                builder.class = outer;
            },
        );
    }

    /// Where a `def` or `class` statement is; its range starts at the first decorator.
    fn place(
        &self,
        range: TextRange,
        decorators: &[ast::Decorator],
        name: &ast::Identifier,
    ) -> Place {
        let mut place = Place::of(range);
        if let Some(last) = decorators.last() {
            place.keyword =
                self.skip_blank(last.range().end().to_u32(), name.range.start().to_u32());
        }
        if let Some(first) = decorators.first() {
            // `co_firstlineno` is the line of the decorator's expression, not of an `@` continued on the next line.
            let expression = first.expression.range().start().to_u32();
            let between = self
                .text
                .get(place.start as usize..expression as usize)
                .unwrap_or("");
            if between.contains(['\n', '\r']) {
                place.start = expression;
            }
        }
        place
    }

    /// The first offset between `from` and `to` that is neither white space, nor a continuation, nor in a comment.
    fn skip_blank(&self, from: u32, to: u32) -> u32 {
        let between = self.text.get(from as usize..to as usize).unwrap_or("");
        let mut comment = false;
        for (offset, character) in (from..).zip(between.bytes()) {
            match character {
                b'\n' | b'\r' => comment = false,
                b'#' => comment = true,
                b' ' | b'\t' | b'\x0c' | b'\\' => {}
                _ if !comment => return offset,
                _ => {}
            }
        }
        to
    }

    fn with_type_params(
        &mut self,
        owner: Owner,
        name: &'a str,
        params: Option<&'a TypeParams>,
        place: &Place,
        inside: impl FnOnce(&mut Self),
    ) {
        let Some(params) = params else {
            return inside(self);
        };
        let outer = self.class;
        self.scope(ScopeKind::TypeParams(owner), name, place, |builder| {
            if owner == Owner::Class {
                builder.class = Some(name);
            }
            for param in &params.type_params {
                let (stars, name) = match param {
                    TypeParam::TypeVar(param) => ("", &param.name),
                    TypeParam::TypeVarTuple(param) => ("*", &param.name),
                    TypeParam::ParamSpec(param) => ("**", &param.name),
                };
                builder.bind(name);
                let symbol = builder.index.names.intern(name);
                builder.here().type_params.push((stars, symbol));
            }
            for param in &params.type_params {
                let (name, values) = match param {
                    TypeParam::TypeVar(param) => (
                        &param.name,
                        [param.bound.as_deref(), param.default.as_deref()],
                    ),
                    TypeParam::TypeVarTuple(param) => {
                        (&param.name, [None, param.default.as_deref()])
                    }
                    TypeParam::ParamSpec(param) => (&param.name, [None, param.default.as_deref()]),
                };
                for value in values.into_iter().flatten() {
                    let place = Place::of(value.range());
                    builder.scope(ScopeKind::TypeParamValue, name, &place, |builder| {
                        builder.visit_expr(value);
                    });
                }
            }
            inside(builder);
        });
        self.class = outer;
    }

    fn visit_defaults(&mut self, parameters: &'a ast::Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }

    fn bind_parameters(&mut self, parameters: &'a ast::Parameters) {
        for parameter in parameters.iter().map(AnyParameterRef::as_parameter) {
            self.bind(&parameter.name);
        }
    }

    fn visit_lambda(&mut self, lambda: &'a ast::ExprLambda) {
        if let Some(parameters) = &lambda.parameters {
            self.visit_defaults(parameters);
        }
        self.scope(
            ScopeKind::Lambda,
            "<lambda>",
            &Place::of(lambda.range),
            |builder| {
                if let Some(parameters) = &lambda.parameters {
                    builder.bind_parameters(parameters);
                }
                builder.visit_expr(&lambda.body);
            },
        );
    }

    fn visit_brackets(
        &mut self,
        brackets: Brackets,
        range: TextRange,
        generators: &'a [ast::Comprehension],
        elements: [Option<&'a Expr>; 2],
    ) {
        let name = match brackets {
            Brackets::List => "<listcomp>",
            Brackets::Set => "<setcomp>",
            Brackets::Dict => "<dictcomp>",
            Brackets::Generator => "<genexpr>",
        };
        // The outermost iterable is evaluated outside.
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        self.scope(
            ScopeKind::Comprehension(brackets),
            name,
            &Place::of(range),
            |builder| {
                for (number, generator) in generators.iter().enumerate() {
                    if number > 0 {
                        builder.visit_expr(&generator.iter);
                    }
                    builder.visit_expr(&generator.target);
                    for condition in &generator.ifs {
                        builder.visit_expr(condition);
                    }
                }
                for element in elements.into_iter().flatten() {
                    builder.visit_expr(element);
                }
            },
        );
    }

    fn visit_attribute(&mut self, attribute: &'a ast::ExprAttribute) {
        let mut attributes = vec![attribute.attr.as_str()];
        let mut value = &*attribute.value;
        while let Expr::Attribute(inner) = value {
            attributes.push(&inner.attr);
            value = &inner.value;
        }
        let Expr::Name(name) = value else {
            return self.visit_expr(value);
        };
        self.record(&name.id, How::Read);
        let mut chain = mangle(self.class, &name.id).unwrap_or_else(|| name.id.to_string());
        for attribute in attributes.into_iter().rev() {
            chain.push('.');
            chain.push_str(&mangle(self.class, attribute).unwrap_or_else(|| attribute.to_owned()));
        }
        let chain = self.index.names.intern(&chain);
        if let Some(last) = self.here().uses.last_mut() {
            last.chain = Some(chain);
        }
    }

    fn visit_import(&mut self, import: &'a ast::StmtImport) {
        for alias in &import.names {
            let module = self.index.names.intern(&alias.name);
            self.here().imports.push(Import::Absolute(module));
            let bound = match &alias.asname {
                Some(name) => name,
                None => alias.name.split('.').next().unwrap_or_default(),
            };
            self.bind_import(bound);
        }
    }

    fn visit_import_from(&mut self, import: &'a ast::StmtImportFrom) {
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        if import.level > 0 {
            self.here().imports.push(Import::Relative);
        } else {
            let symbol = self.index.names.intern(module);
            self.here().imports.push(Import::Absolute(symbol));
        }
        for alias in &import.names {
            let is_future = import.level == 0 && module == "__future__" && self.current == MODULE;
            if is_future && !MANDATORY_FEATURES.contains(&alias.name.as_str()) {
                self.index.futures.insert(alias.name.to_string());
            }
            if alias.name.as_str() != "*" {
                self.bind_import(alias.asname.as_ref().unwrap_or(&alias.name));
            }
        }
    }

    fn bind_import(&mut self, name: &str) {
        if self.current == MODULE {
            self.index.module_imports.insert(name.to_owned());
        }
        self.bind(name);
    }

    fn visit_annotated(&mut self, assignment: &'a ast::StmtAnnAssign) {
        if let Some(value) = &assignment.value {
            self.visit_expr(value);
        }
        // `(x): int` makes no variable, `x: int` does.
        if assignment.simple || assignment.value.is_some() || !assignment.target.is_name_expr() {
            self.visit_expr(&assignment.target);
        }
        // In a function, annotations of variables are never evaluated, and no code is compiled for them.
        if matches!(self.here().kind, ScopeKind::Module | ScopeKind::Class) {
            let kind = ScopeKind::Annotation(Annotated::Variable);
            let place = Place::of(assignment.annotation.range());
            self.scope(kind, "__annotate__", &place, |builder| {
                builder.visit_expr(&assignment.annotation);
            });
        } else {
            for name in annotated::names(&assignment.annotation) {
                let name = self.mangled(name);
                self.here().annotated.push(name);
            }
        }
    }
}

impl<'a> Visitor<'a> for Builder<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => self.visit_function(def),
            Stmt::ClassDef(class) => self.visit_class(class),
            Stmt::Import(import) => self.visit_import(import),
            Stmt::ImportFrom(import) => self.visit_import_from(import),
            Stmt::AnnAssign(assignment) => self.visit_annotated(assignment),
            Stmt::Global(global) => {
                for name in &global.names {
                    self.record(name, How::Global);
                }
            }
            Stmt::Nonlocal(nonlocal) => {
                for name in &nonlocal.names {
                    self.record(name, How::Nonlocal);
                }
            }
            Stmt::AugAssign(assignment) => {
                if let Expr::Name(name) = &*assignment.target {
                    self.record(&name.id, How::Read);
                }
                visitor::walk_stmt(self, stmt);
            }
            Stmt::TypeAlias(alias) => {
                self.visit_expr(&alias.name);
                let Expr::Name(name) = &*alias.name else {
                    return;
                };
                let place = Place::of(alias.range);
                self.with_type_params(
                    Owner::Alias,
                    &name.id,
                    alias.type_params.as_deref(),
                    &place,
                    |builder| {
                        builder.scope(ScopeKind::TypeAlias, &name.id, &place, |builder| {
                            builder.visit_expr(&alias.value);
                        });
                    },
                );
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => match name.ctx {
                ExprContext::Load => self.record(&name.id, How::Read),
                ExprContext::Store | ExprContext::Del => self.bind(&name.id),
                ExprContext::Invalid => {}
            },
            Expr::Attribute(attribute) => self.visit_attribute(attribute),
            Expr::Lambda(lambda) => self.visit_lambda(lambda),
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                if let Expr::Name(name) = &*named.target {
                    self.bind_named(&name.id);
                }
            }
            Expr::ListComp(comp) => {
                self.visit_brackets(
                    Brackets::List,
                    comp.range,
                    &comp.generators,
                    [Some(&comp.elt), None],
                );
            }
            Expr::SetComp(comp) => {
                self.visit_brackets(
                    Brackets::Set,
                    comp.range,
                    &comp.generators,
                    [Some(&comp.elt), None],
                );
            }
            Expr::DictComp(comp) => {
                let elements = [comp.key.as_deref(), Some(&*comp.value)];
                self.visit_brackets(Brackets::Dict, comp.range, &comp.generators, elements);
            }
            Expr::Generator(comp) => {
                self.visit_brackets(
                    Brackets::Generator,
                    comp.range,
                    &comp.generators,
                    [Some(&comp.elt), None],
                );
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(clause) = handler;
        if let Some(name) = &clause.name {
            self.bind(name);
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
            self.bind(name);
        }
        visitor::walk_pattern(self, pattern);
    }
}
