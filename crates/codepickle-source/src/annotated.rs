//! The names in an annotation that is never evaluated.

use ruff_python_ast::Expr;
use ruff_python_ast::visitor::{self, Visitor};

/// Every name that the expression reads, as written.
pub(crate) fn names(annotation: &Expr) -> Vec<&str> {
    let mut found = Names(Vec::new());
    found.visit_expr(annotation);
    found.0
}

struct Names<'a>(Vec<&'a str>);

impl<'a> Visitor<'a> for Names<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.0.push(name.id.as_str());
        }
        visitor::walk_expr(self, expr);
    }
}
