//! Classes with type parameters in a loop.
//!
//! The next turn of the loop gives the variables other values. So each function that the body of the class makes, and that
//! reads them, gets cells of its own when it is made: by a decorator on a line of its own, or by a call around a lambda.

use std::collections::BTreeSet;

use ruff_python_ast as ast;
use ruff_python_ast::token::TokenKind;
use ruff_text_size::{Ranged, TextRange};

use super::construct::ConstructKind;
use super::edit::Part;
use super::rewrite::Rewriter;

impl<'a> Rewriter<'a> {
    /// What gives a function here cells of its own, if it needs any.
    pub(super) fn own(&mut self, range: TextRange) -> Option<String> {
        if self.generics.owned.is_empty() {
            return None;
        }
        let reads = self.generics.reads.range(range.start()..range.end());
        let variables: BTreeSet<&str> = reads
            .map(|(_, variable)| variable.as_str())
            .filter(|variable| self.generics.owned.iter().any(|owned| owned == variable))
            .collect();
        let variables: Vec<&str> = variables.into_iter().collect();
        let call = format!(".own({})", variables.join(", "));
        (!variables.is_empty()).then(|| self.helper() + &call)
    }

    /// Gives a method of a class whose type parameters are made again in a loop cells of its own.
    pub(super) fn own_method(&mut self, def: &'a ast::StmtFunctionDef) {
        if let Some(own) = self.own(def.range())
            && self.insert_decorator(def, &own).is_none()
        {
            self.refuse(ConstructKind::TypeParams, def.start());
        }
    }

    /// Puts a decorator on a line of its own before the `def`.
    pub(super) fn insert_decorator(
        &mut self,
        def: &'a ast::StmtFunctionDef,
        decorator: &str,
    ) -> Option<()> {
        let keyword = match def.decorator_list.last() {
            None => def.start(),
            Some(last) => {
                let kind = if def.is_async {
                    TokenKind::Async
                } else {
                    TokenKind::Def
                };
                self.token_after(last.end(), kind).start()
            }
        };
        let line = self.line_start(keyword);
        let indentation = self.indentation(keyword)?;
        if !self.within.contains(line) {
            return None;
        }
        let text = format!("{indentation}@{decorator}\n");
        self.edit(TextRange::empty(line), vec![Part::Above(text)]);
        Some(())
    }
}
