//! The index of a file: its scopes and what happens to names in them, built in one pass over the syntax tree.

use std::collections::{BTreeSet, HashMap};

use ruff_python_ast::{ModModule, Stmt};
use ruff_python_parser::{Mode, ParseOptions};

use crate::error::ParseError;
use crate::lines::Lines;
use crate::names::{Names, Symbol};
use crate::parse;
use crate::scopes::{How, MODULE, Scope, ScopeId, ScopeKind};
use crate::visit::Builder;

/// What is known about a file. The syntax tree is gone.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) names: Names,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) futures: BTreeSet<String>,
    pub(crate) module_imports: BTreeSet<String>,
    pub(crate) module_uses_super: bool,
    /// Whether the tokens tell that 3.7 has all of the syntax.
    pub(crate) is_plain: bool,
    /// Functions by first line and name, each list in textual order.
    pub(crate) functions: HashMap<(u32, Symbol), Vec<ScopeId>>,
    pub(crate) classes: Vec<ScopeId>,
}

impl Index {
    /// Parses `text` and indexes it.
    pub(crate) fn new(text: &str, lines: &Lines) -> Result<Self, ParseError> {
        parse::with_tokens(
            text,
            &ParseOptions::from(Mode::Module),
            1,
            |parsed, tokens| Self {
                is_plain: tokens.is_plain,
                ..Self::of_tree(parsed.syntax(), text, lines)
            },
        )
    }

    fn of_tree(module: &ModModule, text: &str, lines: &Lines) -> Self {
        let mut builder = Builder::new(text);
        builder.visit_module(module);
        let mut index = builder.finish();
        for (id, scope) in (MODULE..).zip(&index.scopes) {
            if scope.is_function() {
                let place = (lines.line(scope.start), scope.name);
                index.functions.entry(place).or_default().push(id);
            } else if scope.kind == ScopeKind::Class {
                index.classes.push(id);
            }
        }
        // Defaults are visited before the lambda that they belong to.
        for candidates in index.functions.values_mut() {
            candidates.sort_by_key(|id| index.scopes.get(*id as usize).map(|scope| scope.keyword));
        }
        index
    }

    /// The scope `id`; the module's for a number that is none.
    pub(crate) fn scope(&self, id: ScopeId) -> &Scope {
        self.scopes
            .get(id as usize)
            .unwrap_or_else(|| &self.scopes[MODULE as usize])
    }

    /// The scope around `id` in which its name is bound: type parameters stand between a generic class or function
    /// and the scope that it is defined in.
    pub(crate) fn definer(&self, id: ScopeId) -> ScopeId {
        let parent = self.scope(id).parent;
        match self.scope(parent).kind {
            ScopeKind::TypeParams(_)
                if matches!(
                    self.scope(id).kind,
                    ScopeKind::Class | ScopeKind::Def { .. }
                ) =>
            {
                self.scope(parent).parent
            }
            _ => parent,
        }
    }

    /// The scopes around `id`, from the outermost inside the module to the innermost.
    pub(crate) fn chain(&self, id: ScopeId) -> Vec<ScopeId> {
        let mut chain = Vec::new();
        let mut current = self.scope(id).parent;
        while current != MODULE {
            chain.push(current);
            current = self.scope(current).parent;
        }
        chain.reverse();
        chain
    }

    /// Whether the scope `id` declares `name` as global.
    pub(crate) fn declares_global(&self, id: ScopeId, name: Symbol) -> bool {
        let declares = |used: &crate::scopes::Use| used.how == How::Global && used.name == name;
        id != MODULE && self.scope(id).uses.iter().any(declares)
    }
}

/// The docstring that `body` starts with.
pub(crate) fn docstring(body: &[Stmt]) -> Option<Box<str>> {
    let expression = body.first()?.as_expr_stmt()?;
    let string = expression.value.as_string_literal_expr()?;
    Some(string.value.to_str().into())
}
