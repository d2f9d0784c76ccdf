//! The header: the smallest text that puts a snippet into the scopes that it was compiled in.
//!
//! A code object depends on the scopes around it in few ways: the qualified name, `CO_NESTED`, `CO_METHOD` (3.14), which
//! names are free, name mangling and `__class__`. So the header mirrors the chain of scopes with their names and
//! nothing else; an additional scope or name would change the code as surely as a missing one.
//!
//! Classes and functions are blocks, one line and one more column each. What is inside expressions, such as a lambda in
//! a comprehension in a lambda, follows as brackets that the header opens and the trailer closes.

use std::fmt::Write;

use crate::index::Index;
use crate::names::is_bindable;
use crate::scopes::{Annotated, Brackets, How, Owner, Scope, ScopeId, ScopeKind};

/// Free variables that the compiler makes by itself, given a class.
const OF_CLASS: [&str; 3] = ["__class__", "__classdict__", "__conditional_annotations__"];

/// Header and trailer.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    pub(crate) header: String,
    pub(crate) trailer: String,
}

impl Frame {
    /// The frame of the scope `id`, whose text is indented by `indentation`.
    pub(crate) fn new(index: &Index, id: ScopeId, indentation: &str, freevars: &[&str]) -> Self {
        let target = index.scope(id);
        let is_block = target.kind != ScopeKind::Lambda;
        let chain = index.chain(id);
        let mut writer = Writer {
            index,
            frame: Self::default(),
            indentation: if is_block { indentation } else { "" },
            free: free_names(index, &chain, freevars),
        };
        let mut rest = chain.as_slice();
        let mut depth = 0;
        while let Some(after) = writer.block(rest, id, depth, is_block) {
            rest = after;
            depth += 1;
        }
        if is_block {
            if depth == 0 && !indentation.is_empty() {
                writer.frame.header.push_str("if 1:\n");
            }
        } else {
            writer.indent(depth);
            writer.expressions(rest);
        }
        writer.frame
    }
}

/// The free variables that the outermost function of the chain has to bind, sorted: their order differs between
/// versions, and the header must not.
fn free_names<'a>(index: &'a Index, chain: &[ScopeId], freevars: &[&'a str]) -> Vec<&'a str> {
    let scopes = || chain.iter().map(|id| index.scope(*id));
    let in_class = scopes().any(|scope| scope.kind == ScopeKind::Class);
    let is_type_param = |name: &str| {
        scopes()
            .filter(|scope| matches!(scope.kind, ScopeKind::TypeParams(_)))
            .flat_map(|scope| &scope.uses)
            .any(|used| used.how == How::Bind && index.names.get(used.name) == name)
    };
    let mut names: Vec<&str> = freevars
        .iter()
        .copied()
        .filter(|name| is_bindable(name) && !is_type_param(name))
        .filter(|name| !(in_class && OF_CLASS.contains(name)))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

struct Writer<'a> {
    index: &'a Index,
    frame: Frame,
    /// The indentation of the snippet's text, of which every block of the header has a shorter prefix.
    indentation: &'a str,
    /// What the outermost function still has to bind.
    free: Vec<&'a str>,
}

impl Writer<'_> {
    /// Writes the block that `rest` starts with, if it does, and returns what is left.
    fn block<'c>(
        &mut self,
        rest: &'c [ScopeId],
        target: ScopeId,
        depth: usize,
        to_block: bool,
    ) -> Option<&'c [ScopeId]> {
        let (params, rest) = match rest.split_first() {
            Some((first, after)) if self.opens_block(*first, after, target) => {
                (Some(*first), after)
            }
            _ => (None, rest),
        };
        let (id, after) = rest.split_first()?;
        let scope = self.index.scope(*id);
        let keyword = match scope.kind {
            ScopeKind::Class => "class",
            ScopeKind::Def { is_async: true } => "async def",
            ScopeKind::Def { is_async: false } => "def",
            _ => return None,
        };
        self.indent(depth);
        let name = self.index.names.get(scope.name);
        let type_params = params.map_or(String::new(), |params| {
            self.type_params(self.index.scope(params))
        });
        let parameters = if scope.kind == ScopeKind::Class {
            String::new()
        } else {
            format!("({})", self.take_free())
        };
        let _ = writeln!(
            self.frame.header,
            "{keyword} {name}{type_params}{parameters}:"
        );
        self.global(*id, after, target, depth + 1, to_block);
        Some(after)
    }

    /// Whether `first` holds the type parameters of a class or function that is next in the chain.
    fn opens_block(&self, first: ScopeId, after: &[ScopeId], target: ScopeId) -> bool {
        let next = after.first().copied().unwrap_or(target);
        matches!(
            self.index.scope(first).kind,
            ScopeKind::TypeParams(Owner::Class | Owner::Def)
        ) && next != target
            && matches!(
                self.index.scope(next).kind,
                ScopeKind::Class | ScopeKind::Def { .. }
            )
    }

    /// `global x` where the source has it for the next scope in the chain: that makes its qualified name start anew.
    fn global(
        &mut self,
        id: ScopeId,
        after: &[ScopeId],
        target: ScopeId,
        depth: usize,
        to_block: bool,
    ) {
        let is_named = |id: &ScopeId| {
            matches!(
                self.index.scope(*id).kind,
                ScopeKind::Class | ScopeKind::Def { .. }
            )
        };
        let is_params =
            |id: &ScopeId| matches!(self.index.scope(*id).kind, ScopeKind::TypeParams(_));
        let next = after
            .iter()
            .copied()
            .find(|id| !is_params(id))
            .unwrap_or(target);
        if !is_named(&next)
            || !self
                .index
                .declares_global(id, self.index.scope(next).mangled)
        {
            return;
        }
        if next == target && to_block {
            // The line must stand at the very column of the text.
            self.frame.header.push_str(self.indentation);
        } else {
            self.indent(depth);
        }
        let name = self.index.names.get(self.index.scope(next).mangled);
        let _ = writeln!(self.frame.header, "global {name}");
    }

    fn indent(&mut self, depth: usize) {
        let prefix: String = if self.indentation.is_empty() {
            " ".repeat(depth)
        } else {
            self.indentation.chars().take(depth).collect()
        };
        self.frame.header.push_str(&prefix);
    }

    fn take_free(&mut self) -> String {
        std::mem::take(&mut self.free).join(",")
    }

    /// `[T, *Ts, **P]`: the names are enough.
    fn type_params(&self, scope: &Scope) -> String {
        let params: Vec<String> = scope
            .type_params
            .iter()
            .map(|(stars, name)| format!("{stars}{}", self.index.names.get(*name)))
            .collect();
        format!("[{}]", params.join(","))
    }

    /// Opens a bracket for each scope of `rest` and one for the text.
    fn expressions(&mut self, rest: &[ScopeId]) {
        let scopes: Vec<&Scope> = rest.iter().map(|id| self.index.scope(*id)).collect();
        let (open, close, used) = self.statement(&scopes);
        self.frame.header.push_str(&open);
        let mut closers = vec![close];
        for scope in scopes.into_iter().skip(used) {
            let (open, close) = self.expression(scope);
            self.frame.header.push_str(&open);
            closers.push(close);
        }
        self.frame.header.push('\n');
        self.frame.trailer = closers.into_iter().rev().collect();
    }

    /// The statement that contains the text, and how many of `scopes` it stands for.
    fn statement(&self, scopes: &[&Scope]) -> (String, String, usize) {
        let name = |scope: &Scope| self.index.names.get(scope.name);
        let Some((first, rest)) = scopes.split_first() else {
            return ("(".to_owned(), ")".to_owned(), 0);
        };
        let (open, close, used) = match (first.kind, rest.first()) {
            (ScopeKind::Annotation(Annotated::Parameters), _) => {
                (format!("def {}(_:(", name(first)), ")):0", 1)
            }
            (ScopeKind::Annotation(Annotated::Variable), _) => ("_:(".to_owned(), ")", 1),
            (ScopeKind::TypeAlias, _) => (format!("type {}=(", name(first)), ")", 1),
            (ScopeKind::TypeParams(owner), Some(value))
                if value.kind == ScopeKind::TypeParamValue =>
            {
                let (open, close) = self.type_param_value(first, owner, value);
                return (open, close, 2);
            }
            (ScopeKind::TypeParams(owner), next) => {
                let generic = format!("{}{}", name(first), self.type_params(first));
                match owner {
                    Owner::Class => (format!("class {generic}(("), ")):0", 1),
                    Owner::Def => (
                        format!("def {generic}(_:("),
                        ")):0",
                        1 + usize::from(next.is_some()),
                    ),
                    Owner::Alias => (
                        format!("type {generic}=("),
                        ")",
                        1 + usize::from(next.is_some()),
                    ),
                }
            }
            _ => ("(".to_owned(), ")", 0),
        };
        (open, close.to_owned(), used)
    }

    /// The text is inside a bound or a default in `[...]`.
    fn type_param_value(&self, params: &Scope, owner: Owner, value: &Scope) -> (String, String) {
        let (keyword, end) = match owner {
            Owner::Class => ("class", ":0"),
            Owner::Def => ("def", "():0"),
            Owner::Alias => ("type", "=0"),
        };
        let mut open = format!("{keyword} {}[", self.index.names.get(params.name));
        let mut close = ")".to_owned();
        let mut is_open = false;
        for (stars, param) in &params.type_params {
            let name = self.index.names.get(*param);
            if is_open {
                let _ = write!(close, ",{stars}{name}");
            } else if *param == value.name {
                let sign = if stars.is_empty() { ":" } else { "=" };
                let _ = write!(open, "{stars}{name}{sign}(");
                is_open = true;
            } else {
                let _ = write!(open, "{stars}{name},");
            }
        }
        (open, format!("{close}]{end}"))
    }

    fn expression(&mut self, scope: &Scope) -> (String, String) {
        let free = self.take_free();
        let ScopeKind::Comprehension(brackets) = scope.kind else {
            let gap = if free.is_empty() { "" } else { " " };
            return (format!("lambda{gap}{free}:("), ")".to_owned());
        };
        let (open, close) = match brackets {
            Brackets::List => ("[(", "]"),
            Brackets::Set => ("{(", "}"),
            Brackets::Dict => ("{0:(", "}"),
            Brackets::Generator => ("((", ")"),
        };
        // `[]` is a target that binds no name.
        (open.to_owned(), format!(")for[{free}]in(){close}"))
    }
}
