//! `except*`.
//!
//! The clauses become statements within one `except`, each of which raises the part of the group that it is for, so that
//! it is the exception under way in the body of the clause, as CPython has it:
//!
//! ```text
//! try:                                   try:
//!     a                                      a
//!                                        except BaseException as _ck_1:
//!                                         _ck_1 = _ck.except_star(_ck_1)
//! except* B as e:                         with _ck_1.clause(B):
//!                                          try: raise _ck_1.part
//!                                          except _ck_1.caught as e:
//!     c                                      c
//!                                         if _ck_1.passes: raise
//!                                         with _ck_1: raise _ck_1.left
//! ```
//!
//! `_ck_1` collects what the bodies raise. `else` and `finally` stay as they are.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{self as ast, ExceptHandler};
use ruff_text_size::{Ranged, TextRange};

use super::construct::ConstructKind;
use super::edit::Part;
use super::rewrite::Rewriter;

/// How much deeper than `try` the innermost `except` stands.
const DEPTH: usize = 2;

impl<'a> Rewriter<'a> {
    /// The clauses of a `try` whose body has been visited.
    pub(super) fn except_clauses(&mut self, attempt: &'a ast::StmtTry) {
        let is_lowered = attempt.is_star && self.found(ConstructKind::ExceptStar, attempt.start());
        let variable = if is_lowered {
            self.variable()
        } else {
            String::new()
        };
        let mut is_first = true;
        let mut last = None;
        for handler in &attempt.handlers {
            self.except_tuple(handler);
            let ExceptHandler::ExceptHandler(clause) = handler;
            if !is_lowered {
                self.visit_except_handler(handler);
                continue;
            }
            if let Some(types) = &clause.type_ {
                self.visit_expr(types);
            }
            let indentation = self.indentation(clause.start());
            let room = self.make_room(clause.start(), &clause.body, DEPTH);
            let (Some(indentation), Some(room)) = (indentation, room) else {
                return self.refuse(ConstructKind::ExceptStar, attempt.start());
            };
            self.except_clause(clause, &indentation, &variable);
            if std::mem::take(&mut is_first) {
                let helper = self.helper();
                let lines = format!(
                    "{indentation}except BaseException as {variable}:\n\
                     {indentation} {variable} = {helper}.except_star({variable})\n"
                );
                let place = TextRange::empty(self.line_start(clause.start()));
                self.edit(place, vec![Part::Inserted(lines)]);
            }
            self.shifts.push(room);
            self.visit_body(&clause.body);
            self.shifts.pop();
            last = clause.body.last().map(|stmt| (stmt, indentation));
        }
        if let Some((stmt, indentation)) = last {
            let lines = format!(
                "{indentation} if {variable}.passes: raise\n\
                 {indentation} with {variable}: raise {variable}.left\n"
            );
            self.insert_after(stmt, lines);
        }
    }

    /// `except* A as e:`
    fn except_clause(
        &mut self,
        clause: &ast::ExceptHandlerExceptHandler,
        indentation: &str,
        variable: &str,
    ) {
        let Some(types) = clause.type_.as_deref() else {
            return;
        };
        let star = self.token_after(clause.start(), TokenKind::Star);
        let after = if clause.name.is_some() {
            self.token_after(types.end(), TokenKind::As)
        } else {
            self.token_after(types.end(), TokenKind::Colon)
        };
        let colon = self.token_after(after.start(), TokenKind::Colon);
        let types = self.trimmed(TextRange::new(star.end(), after.start()));
        let name = clause.name.as_ref();
        let name = name.map_or(String::new(), |name| format!(" as {name}"));
        let parts = vec![
            Part::Text(format!(" with {variable}.clause(")),
            Part::Line(types.start()),
            Part::Source(types),
            Part::Line(colon.end()),
            Part::Text("):".to_owned()),
            Part::Inserted(format!(
                "{indentation}  try: raise {variable}.part\n\
                 {indentation}  except {variable}.caught{name}:\n"
            )),
        ];
        self.edit(TextRange::new(clause.start(), colon.end()), parts);
    }
}
