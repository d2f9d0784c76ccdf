//! `continue` in `finally`, for 3.7.
//!
//! 3.7 leaves a `finally` clause by `break` alone, so that the loop is left and entered again, where it was:
//!
//! ```text
//!                                        for _ck_1 in _ck.loop():
//! for a in b:                             for a in _ck_1.rest or _ck_1.over(b):
//!     try: c                                  try: c
//!     finally: continue                       finally: _ck_1.again(); break
//!                                         else: _ck_1.end()
//! else:                                  if _ck_1.is_ended:
//!     d                                      d
//! ```

use ruff_python_ast::statement_visitor::{self, StatementVisitor};
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::construct::ConstructKind;
use super::edit::Part;
use super::layout::Shift;
use super::rewrite::Rewriter;
use super::scope::Scope;

const KIND: ConstructKind = ConstructKind::ContinueInFinally;

impl<'a> Rewriter<'a> {
    /// The body of a loop, and its `else` clause.
    pub(super) fn loop_body(&mut self, stmt: &'a Stmt, body: &'a [Stmt], orelse: &'a [Stmt]) {
        let is_left = self.is_entered_again(stmt, body);
        let variable = is_left.then(|| self.variable());
        let room = variable
            .as_deref()
            .and_then(|variable| self.entered_again(stmt, body, variable));
        self.shifts.push(room.unwrap_or_default());
        self.loops.push(variable);
        let in_loop = std::mem::replace(&mut self.generics.in_loop, true);
        self.with_finally(false, |rewriter| rewriter.visit_body(body));
        self.generics.in_loop = in_loop;
        let variable = self.loops.pop().flatten();
        self.shifts.pop();
        if let (Some(variable), Some(last)) = (variable, body.last()) {
            self.ended(stmt.start(), last, !orelse.is_empty(), &variable);
        }
        self.visit_body(orelse);
    }

    /// Whether a loop is put into another one.
    pub(super) fn is_entered_again(&self, stmt: &Stmt, body: &[Stmt]) -> bool {
        KIND.since() > self.target
            && self.within.contains(stmt.start())
            && has_continue_in_finally(body)
    }

    /// `continue`, where it leaves a `finally` clause.
    pub(super) fn continue_in_finally(&mut self, stmt: &ast::StmtContinue) {
        if !self.found(KIND, stmt.start()) {
            return;
        }
        match self.loops.last() {
            Some(Some(variable)) => {
                let text = format!("{variable}.again(); break");
                self.edit(stmt.range(), vec![Part::Text(text)]);
            }
            _ => self.refuse(KIND, stmt.start()),
        }
    }

    /// Puts the loop into another one.
    fn entered_again(&mut self, stmt: &Stmt, body: &[Stmt], variable: &str) -> Option<Shift> {
        let start = stmt.start();
        let indentation = self.indentation(start);
        let room = self.make_room(start, body, 1);
        let (Some(indentation), Some(room)) = (indentation, room) else {
            self.refuse(KIND, start);
            return None;
        };
        let helper = self.helper();
        let line = format!("{indentation}for {variable} in {helper}.loop():\n");
        let place = TextRange::empty(self.line_start(start));
        self.edit(place, vec![Part::Inserted(line)]);
        self.edit(TextRange::empty(start), vec![Part::Text(" ".to_owned())]);
        if let Stmt::For(each) = stmt {
            self.iterable(each, variable);
        }
        Some(room)
    }

    /// What follows the loop: its `else` clause, if there is one.
    fn ended(&mut self, start: TextSize, last: &Stmt, has_else: bool, variable: &str) {
        let indentation = self.indentation(start).unwrap_or_default();
        // Where a variable can be seen, it goes.
        let is_watched = self.scopes.last().is_some_and(Scope::is_watched);
        let ended = if is_watched {
            format!("{variable}.done(lambda: {variable})")
        } else {
            format!("{variable}.is_ended")
        };
        if has_else {
            let keyword = self.token_after(last.end(), TokenKind::Else);
            let line = format!("{indentation} else: {variable}.end()\n");
            let place = TextRange::empty(self.line_start(keyword.start()));
            self.edit(place, vec![Part::Inserted(line)]);
            self.edit(keyword, vec![Part::Text(format!("if {ended}"))]);
        } else if is_watched {
            self.insert_after(last, format!("{indentation}{ended}\n"));
        }
    }

    /// What the loop is over: at first what it says, then the rest of that.
    fn iterable(&mut self, each: &ast::StmtFor, variable: &str) {
        let range = each.iter.range();
        let is_bare = matches!(&*each.iter, Expr::Tuple(tuple) if !tuple.parenthesized);
        let (open, close) = if is_bare { ("(", ")") } else { ("", "") };
        let over = if each.is_async { "over_async" } else { "over" };
        let parts = vec![
            Part::Text(format!("{variable}.rest or {variable}.{over}({open}")),
            Part::Source(range),
            Part::Text(format!("{close})")),
        ];
        self.edit(range, parts);
    }
}

/// Whether the body of a loop has a `continue` that leaves a `finally` clause. No statement is looked at for two loops.
fn has_continue_in_finally(body: &[Stmt]) -> bool {
    struct Search {
        in_finally: bool,
        is_found: bool,
    }
    impl<'a> StatementVisitor<'a> for Search {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            match stmt {
                Stmt::Continue(_) => self.is_found |= self.in_finally,
                Stmt::Try(attempt) => {
                    self.visit_body(&attempt.body);
                    for ast::ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
                        self.visit_body(&handler.body);
                    }
                    self.visit_body(&attempt.orelse);
                    let outer = std::mem::replace(&mut self.in_finally, true);
                    self.visit_body(&attempt.finalbody);
                    self.in_finally = outer;
                }
                Stmt::For(ast::StmtFor { orelse, .. })
                | Stmt::While(ast::StmtWhile { orelse, .. }) => self.visit_body(orelse),
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                _ => statement_visitor::walk_stmt(self, stmt),
            }
        }
    }
    let mut search = Search {
        in_finally: false,
        is_found: false,
    };
    search.visit_body(body);
    search.is_found
}
