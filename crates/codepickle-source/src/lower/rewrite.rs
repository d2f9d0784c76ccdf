//! The visitor that finds constructs and collects edits.

use std::collections::BTreeSet;

use ruff_python_ast::token::{Token, TokenKind};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Comprehension, Expr, ModModule, Pattern, Stmt};
use ruff_python_parser::{UnsupportedSyntaxError, UnsupportedSyntaxErrorKind as Unsupported};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::Mode;
use super::construct::{Construct, ConstructKind, Version};
use super::edit::{Edit, Part};
use super::generic::Generics;
use super::layout::Shift;
use super::reads::Owner;
use super::scope::{Kind, Scope};
use crate::lines::Lines;

/// What makes the comprehension around asynchronous, so far.
#[derive(Default)]
struct Awaiting {
    /// `await` or `async for`.
    is_said: bool,
    /// Asynchronous comprehensions in it.
    inner: Vec<TextRange>,
}

/// Collects what [`lower`](super::lower) needs.
pub(super) struct Rewriter<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token],
    pub(super) lines: &'a Lines,
    pub(super) target: Version,
    pub(super) within: TextRange,
    pub(super) edits: Vec<Edit>,
    pub(super) found: Vec<Construct>,
    /// The first construct that is newer than the target and stays.
    pub(super) refused: Option<Construct>,
    pub(super) scopes: Vec<Scope>,
    /// A name with which no name of the text begins.
    pub(super) helper: String,
    pub(super) uses_helper: bool,
    pub(super) variables: u32,
    /// Whether a `continue` here would leave a `finally` clause.
    in_finally: bool,
    awaiting: Awaiting,
    /// The loops around the visitor, with the variables of those that are entered again.
    pub(super) loops: Vec<Option<String>>,
    /// What moves the lines around the visitor.
    pub(super) shifts: Vec<Shift>,
    /// The names that functions and classes declare global, so far.
    pub(super) globals: BTreeSet<String>,
    /// Whether annotations are not evaluated.
    pub(super) has_text_annotations: bool,
    pub(super) generics: Generics<'a>,
}

impl<'a> Rewriter<'a> {
    pub(super) fn new(
        text: &'a str,
        tokens: &'a [Token],
        lines: &'a Lines,
        target: Version,
        within: TextRange,
        mode: Mode,
    ) -> Self {
        let mut helper = "_ck".to_owned();
        let mut number = 0_u32;
        while text.contains(helper.as_str()) {
            number += 1;
            helper = format!("_ck{number}");
        }
        Self {
            text,
            tokens,
            lines,
            target,
            within,
            edits: Vec::new(),
            found: Vec::new(),
            refused: None,
            scopes: vec![Scope::bare(Kind::Module)],
            helper,
            uses_helper: false,
            variables: 0,
            in_finally: false,
            awaiting: Awaiting::default(),
            loops: Vec::new(),
            shifts: Vec::new(),
            globals: BTreeSet::new(),
            has_text_annotations: matches!(
                mode,
                Mode::Definition {
                    has_text_annotations: true
                }
            ),
            generics: Generics::new(mode != Mode::Executed),
        }
    }

    pub(super) fn visit_module(&mut self, module: &'a ModModule) {
        self.has_text_annotations |= module.body.iter().any(is_annotations_import);
        self.visit_body(&module.body);
        self.refuse_shared();
    }

    /// Notes a construct; whether it must be rewritten.
    pub(super) fn found(&mut self, kind: ConstructKind, at: TextSize) -> bool {
        if !self.within.contains(at) {
            return false;
        }
        self.note(kind, at);
        kind.since() > self.target
    }

    pub(super) fn note(&mut self, kind: ConstructKind, at: TextSize) {
        let line = self.lines.line(at.to_u32());
        self.found.push(Construct { line, kind });
    }

    /// Notes that a construct stays as it is.
    pub(super) fn refuse(&mut self, kind: ConstructKind, at: TextSize) {
        let line = self.lines.line(at.to_u32());
        self.refused.get_or_insert(Construct { line, kind });
    }

    /// Notes a construct that has no lowering.
    pub(super) fn unknown(&mut self, kind: ConstructKind, at: TextSize) {
        if self.found(kind, at) {
            self.refuse(kind, at);
        }
    }

    pub(super) fn edit(&mut self, range: TextRange, parts: Vec<Part>) {
        self.edits.push(Edit {
            range,
            parts,
            is_quote: false,
        });
    }

    pub(super) fn helper(&mut self) -> String {
        self.uses_helper = true;
        self.helper.clone()
    }

    pub(super) fn slice(&self, range: TextRange) -> &'a str {
        let range = range.start().to_usize()..range.end().to_usize();
        self.text.get(range).unwrap_or("")
    }

    /// `range` without white space and line continuations at its ends.
    pub(super) fn trimmed(&self, range: TextRange) -> TextRange {
        let slice = self.slice(range);
        let blank = |c: char| c.is_ascii_whitespace() || c == '\\';
        let start = slice.len() - slice.trim_start_matches(blank).len();
        let end = slice.trim_end_matches(blank).len().max(start);
        let at = |offset: usize| range.start() + TextSize::try_from(offset).unwrap_or_default();
        TextRange::new(at(start), at(end))
    }

    /// The index of the first token that begins at `offset` or later.
    pub(super) fn token_at(&self, offset: TextSize) -> usize {
        self.tokens.partition_point(|token| token.start() < offset)
    }

    /// The range of the first token of this kind at `offset` or later.
    pub(super) fn token_after(&self, offset: TextSize, kind: TokenKind) -> TextRange {
        let rest = self.tokens.get(self.token_at(offset)..).unwrap_or(&[]);
        rest.iter()
            .find(|token| token.kind() == kind)
            .map_or(TextRange::empty(offset), Ranged::range)
    }

    fn in_scope(&mut self, scope: Scope, visit: impl FnOnce(&mut Self)) {
        self.in_class(scope, None, visit);
    }

    fn in_class(&mut self, mut scope: Scope, name: Option<&str>, visit: impl FnOnce(&mut Self)) {
        scope.enclose(self.scopes.last(), name);
        let scope_kind = scope.kind;
        self.scopes.push(scope);
        let in_finally = std::mem::take(&mut self.in_finally);
        let lazy = self.generics.lazy.take();
        let is_function = scope_kind == Kind::Function;
        let owned = is_function.then(|| std::mem::take(&mut self.generics.owned));
        let from = self.edits.len();
        visit(self);
        self.in_finally = in_finally;
        self.generics.lazy = lazy;
        if let Some(owned) = owned {
            self.generics.owned = owned;
        }
        let Some(scope) = self.scopes.pop() else {
            return;
        };
        if scope.kind == Kind::Function && !scope.locals.is_empty() {
            let Some(edit) = self.declarations(&scope) else {
                return self.refuse(ConstructKind::TypeParams, scope.first);
            };
            let is_line = edit
                .parts
                .iter()
                .any(|part| matches!(part, Part::Inserted(_)));
            // Before all that is inserted at its place, but for lines that belong to the statement after them.
            let same = |other: &Edit| is_line && other.range == edit.range;
            let at = self.edits.iter().position(same);
            self.edits
                .insert(at.unwrap_or(from.min(self.edits.len())), edit);
        }
    }

    pub(super) fn with_finally(&mut self, in_finally: bool, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.in_finally, in_finally);
        visit(self);
        self.in_finally = outer;
    }

    fn visit_function(&mut self, def: &'a ast::StmtFunctionDef) {
        for decorator in &def.decorator_list {
            self.decorator(decorator);
            self.visit_expr(&decorator.expression);
        }
        self.type_params(Owner::Function(def));
        self.own_method(def);
        let is_renamed = self.positional_only(&def.parameters);
        if is_renamed {
            self.renamed_annotations(def);
        }
        self.star_annotation(def);
        self.visit_parameters(&def.parameters);
        if let Some(returns) = &def.returns {
            self.visit_annotation(returns);
        }
        let mut scope = Scope::of_body(Kind::Function, &def.body);
        scope.range = def.range();
        let running = self.generics.running;
        // The decorators of what is only compiled are not in it.
        self.generics.running += u32::from(self.within.contains(def.name.start()));
        let in_loop = std::mem::take(&mut self.generics.in_loop);
        self.in_scope(scope, |rewriter| {
            if is_renamed {
                rewriter.restore_names(&def.parameters, &def.body);
            }
            rewriter.visit_body(&def.body);
        });
        self.generics.in_loop = in_loop;
        self.generics.running = running;
    }

    fn visit_class(&mut self, class: &'a ast::StmtClassDef) {
        for decorator in &class.decorator_list {
            self.decorator(decorator);
            self.visit_expr(&decorator.expression);
        }
        let owned = self.generics.owned.len();
        self.type_params(Owner::Class(class));
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
        let mut scope = Scope::of_body(Kind::Class, &class.body);
        scope.line = self.first_line(&class.body);
        self.generics.classes.push((&class.name, &class.body));
        self.in_class(scope, Some(&class.name), |rewriter| {
            rewriter.visit_body(&class.body);
        });
        self.generics.classes.pop();
        self.generics.owned.truncate(owned);
    }

    /// A comprehension: its elements, and its clauses, the first iterable of which belongs to the scope around it.
    fn comprehension(
        &mut self,
        expr: &'a Expr,
        generators: &'a [Comprehension],
        elements: [Option<&'a Expr>; 2],
    ) {
        let Some((first, rest)) = generators.split_first() else {
            return;
        };
        self.visit_expr(&first.iter);
        let is_nested = self
            .scopes
            .last()
            .is_some_and(|scope| scope.kind == Kind::Comprehension);
        let outer = std::mem::take(&mut self.awaiting);
        self.awaiting.is_said = generators.iter().any(|generator| generator.is_async);
        self.in_scope(Scope::bare(Kind::Comprehension), |rewriter| {
            for element in elements.into_iter().flatten() {
                rewriter.visit_expr(element);
            }
            rewriter.visit_expr(&first.target);
            for test in &first.ifs {
                rewriter.visit_expr(test);
            }
            for generator in rest {
                rewriter.visit_comprehension(generator);
            }
        });
        let awaiting = std::mem::replace(&mut self.awaiting, outer);
        if !awaiting.is_said {
            self.async_comprehensions(&awaiting.inner);
        }
        let is_async = awaiting.is_said || !awaiting.inner.is_empty();
        if is_nested && is_async && !expr.is_generator_expr() {
            self.awaiting.inner.push(expr.range());
        }
    }

    /// Constructs that the parser knows and the visitor has not seen are not lowered.
    pub(super) fn cross_check(&mut self, errors: &[UnsupportedSyntaxError]) {
        use ConstructKind as C;
        let seen: BTreeSet<C> = self.found.iter().map(|found| found.kind).collect();
        for error in errors {
            let kind = match error.kind {
                Unsupported::Match => C::Match,
                Unsupported::Walrus => C::Walrus,
                Unsupported::ExceptStar => C::ExceptStar,
                Unsupported::StarTuple(_) => C::StarTuple,
                Unsupported::RelaxedDecorator(_) => C::RelaxedDecorator,
                Unsupported::PositionalOnlyParameter => C::PositionalOnly,
                Unsupported::TypeParameterList => C::TypeParams,
                Unsupported::LazyImportStatement => C::LazyImport,
                Unsupported::TypeAliasStatement => C::TypeAlias,
                Unsupported::TypeParamDefault => C::TypeParamDefault,
                Unsupported::Pep701FString(_) => C::FString,
                Unsupported::ParenthesizedContextManager => C::ParenthesizedWith,
                Unsupported::StarExpressionInIndex => C::StarInIndex,
                Unsupported::StarAnnotation => C::StarAnnotation,
                Unsupported::UnpackingInComprehension(_) => C::UnpackingComprehension,
                Unsupported::UnparenthesizedUnpackInFor => C::StarInFor,
                Unsupported::UnparenthesizedExceptionTypes => C::ExceptTuple,
                Unsupported::TemplateStrings => C::TemplateString,
                Unsupported::ParenthesizedKeywordArgumentName
                | Unsupported::UnparenthesizedNamedExpr(_) => continue,
            };
            if !seen.contains(&kind) {
                self.unknown(kind, error.range.start());
            }
        }
    }
}

impl<'a> Visitor<'a> for Rewriter<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => return self.visit_function(def),
            Stmt::ClassDef(class) => return self.visit_class(class),
            Stmt::For(each) => {
                self.star_in_for(each);
                self.visit_expr(&each.iter);
                self.visit_expr(&each.target);
                return self.loop_body(stmt, &each.body, &each.orelse);
            }
            Stmt::While(each) => {
                self.visit_expr(&each.test);
                return self.loop_body(stmt, &each.body, &each.orelse);
            }
            Stmt::Try(attempt) => {
                self.visit_body(&attempt.body);
                self.except_clauses(attempt);
                self.visit_body(&attempt.orelse);
                return self.with_finally(true, |rewriter| rewriter.visit_body(&attempt.finalbody));
            }
            Stmt::Continue(stmt) if self.in_finally => {
                self.continue_in_finally(stmt);
            }
            Stmt::Return(stmt) => {
                if let Some(value) = &stmt.value {
                    self.star_tuple(value);
                }
            }
            Stmt::AnnAssign(assign) => {
                self.annotated(assign);
                self.annotated_global(assign);
            }
            Stmt::Global(global) => self.declared_global(global),
            Stmt::With(with) => self.with_items(with),
            Stmt::Match(found) => self.match_statement(found),
            Stmt::TypeAlias(alias) => return self.alias(alias),
            Stmt::Import(import) if import.is_lazy => self.lazy_import(import.range()),
            Stmt::ImportFrom(import) if import.is_lazy => self.lazy_import(import.range()),
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => self.name(name),
            Expr::Named(named) => self.named(named),
            Expr::Lambda(lambda) => {
                let mut renamed = Vec::new();
                if let Some(parameters) = &lambda.parameters {
                    if self.positional_only(parameters) {
                        renamed.extend(
                            parameters
                                .posonlyargs
                                .iter()
                                .map(|found| found.name().to_string()),
                        );
                    }
                    self.visit_parameters(parameters);
                }
                let mut scope = Scope::bare(Kind::Lambda);
                scope.enclose(self.scopes.last(), None);
                self.scopes.push(scope);
                let lazy = self.generics.lazy.take();
                if let Some(own) = self.own(lambda.range()) {
                    self.wrap(lambda.range(), &format!("{own}("), ")");
                }
                let owned = std::mem::take(&mut self.generics.owned);
                let from = self.edits.len();
                self.visit_expr(&lambda.body);
                self.generics.lazy = lazy;
                self.generics.owned = owned;
                if let Some(scope) = self.scopes.pop() {
                    self.lambda_names(lambda, renamed, scope, from);
                }
                return;
            }
            Expr::Await(_) => self.awaiting.is_said = true,
            Expr::Yield(found) => {
                if let Some(value) = &found.value {
                    self.star_tuple(value);
                }
            }
            Expr::ListComp(comp) => {
                self.unpacking(&comp.elt, comp.generators.last());
                return self.comprehension(expr, &comp.generators, [Some(&comp.elt), None]);
            }
            Expr::SetComp(comp) => {
                self.walrus_in_set(&comp.elt);
                self.unpacking(&comp.elt, comp.generators.last());
                return self.comprehension(expr, &comp.generators, [Some(&comp.elt), None]);
            }
            Expr::Generator(comp) => {
                if self.own(expr.range()).is_some() {
                    // What it reads, it may read after the next class has been made.
                    self.refuse(ConstructKind::TypeParams, expr.start());
                }
                self.unpacking(&comp.elt, comp.generators.last());
                return self.comprehension(expr, &comp.generators, [Some(&comp.elt), None]);
            }
            Expr::DictComp(comp) => {
                self.dict_comprehension(comp);
                return self.comprehension(
                    expr,
                    &comp.generators,
                    [comp.key.as_deref(), Some(&comp.value)],
                );
            }
            Expr::Set(set) => set.elts.iter().for_each(|item| self.walrus_in_set(item)),
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::FString(string) => {
                let from = self.edits.len();
                visitor::walk_expr(self, expr);
                return self.f_string(string, from);
            }
            Expr::TString(string) => self.unknown(ConstructKind::TemplateString, string.start()),
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchValue(found) => self.plus_in_pattern(&found.value),
            Pattern::MatchMapping(found) => {
                found.keys.iter().for_each(|key| self.plus_in_pattern(key));
            }
            _ => {}
        }
        visitor::walk_pattern(self, pattern);
    }
}

/// `from __future__ import annotations`
fn is_annotations_import(stmt: &Stmt) -> bool {
    stmt.as_import_from_stmt().is_some_and(|import| {
        let mut names = import.names.iter();
        import.level == 0
            && import.module.as_deref() == Some("__future__")
            && names.any(|alias| alias.name.as_str() == "annotations")
    })
}
