//! Annotated names and parameters.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::construct::ConstructKind;
use super::edit::Part;
use super::reads::full;
use super::rewrite::Rewriter;
use super::scope::Kind;

impl<'a> Rewriter<'a> {
    /// `x: tuple = 1, 2`
    pub(super) fn annotated(&mut self, assign: &ast::StmtAnnAssign) {
        let Some(value) = assign.value.as_deref() else {
            return;
        };
        let is_bare = match value {
            Expr::Tuple(tuple) => !tuple.parenthesized,
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                self.previous(value.start()) == Some(TokenKind::Equal)
            }
            _ => false,
        };
        if is_bare && self.found(ConstructKind::AnnotatedTuple, value.start()) {
            self.wrap(value.range(), "(", ")");
        }
    }

    /// `global x` in a function or class
    pub(super) fn declared_global(&mut self, global: &ast::StmtGlobal) {
        if let Some(scope) = self.scopes.last()
            && scope.kind != Kind::Module
        {
            let class = scope.class.as_deref();
            let names = global.names.iter().map(|name| full(class, name));
            self.globals.extend(names);
        }
    }

    /// `x: int = 1`, where a function above declares `x` global: 3.7 takes that for a declaration here.
    pub(super) fn annotated_global(&mut self, assign: &ast::StmtAnnAssign) {
        let in_module = self.scopes.last().map(|scope| scope.kind) == Some(Kind::Module);
        let Expr::Name(name) = &*assign.target else {
            return;
        };
        let is_global = assign.simple && in_module && self.globals.contains(name.id.as_str());
        if !is_global || !self.found(ConstructKind::AnnotatedGlobal, assign.start()) {
            return;
        }
        let colon = self.token_after(name.end(), TokenKind::Colon).end();
        let mut parts = Vec::new();
        let mut end = assign.end();
        if assign.value.is_some() {
            let equal = self.token_after(assign.annotation.end(), TokenKind::Equal);
            let value = self.trimmed(TextRange::new(equal.end(), assign.end()));
            end = equal.start();
            parts = vec![
                Part::Text(format!("{} = ", name.id)),
                Part::Source(value),
                Part::Text("; ".to_owned()),
            ];
        }
        // The name of a variable that there is never, for the compiler to note the annotation as it does.
        let variable = self.variable();
        let annotation = self.trimmed(TextRange::new(colon, end));
        parts.extend([
            Part::Text(format!("{variable}: ")),
            Part::Source(annotation),
            Part::Text(format!(
                "; __annotations__[\"{}\"] = __annotations__.pop(",
                name.id
            )),
            Part::Line(assign.end()),
            Part::Text(format!("\"{variable}\")")),
        ]);
        self.edit(assign.range(), parts);
    }

    /// `*args: *Ts`
    pub(super) fn star_annotation(&mut self, def: &'a ast::StmtFunctionDef) {
        let annotation = def
            .parameters
            .vararg
            .as_deref()
            .and_then(|vararg| vararg.annotation());
        let Some(Expr::Starred(star)) = annotation else {
            return;
        };
        let kind = ConstructKind::StarAnnotation;
        if !self.found(kind, star.start()) {
            return;
        }
        // Kept as text, unless whoever takes the definition alone cares for annotations himself.
        if self.has_text_annotations && self.within.start() < def.start() {
            let name = def.parameters.vararg.as_deref().map(|vararg| &vararg.name);
            let class = self.scopes.last().and_then(|scope| scope.class.as_deref());
            let name = name.map_or(String::new(), |name| full(class, name));
            let decorator = format!("{}.starred(\"{name}\")", self.helper());
            if self.insert_decorator(def, &decorator).is_none() {
                self.refuse(kind, star.start());
            }
            let asterisk = TextRange::at(star.start(), TextSize::from(1));
            return self.edit(asterisk, Vec::new());
        }
        let helper = self.helper();
        let value = TextRange::new(star.start() + TextSize::from(1), star.end());
        let parts = vec![
            Part::Text(format!("{helper}.only(")),
            Part::Source(value),
            Part::Text(")".to_owned()),
        ];
        self.edit(star.range(), parts);
    }
}
