//! The scopes of a file, flat: what the index keeps of the syntax tree.

use crate::names::Symbol;

/// A scope's place in [`Index::scopes`](crate::index::Index). Scopes are numbered as the visitor enters them, so a
/// scope's descendants are the numbers from its own up to its `end`.
pub(crate) type ScopeId = u32;

/// The module's own scope.
pub(crate) const MODULE: ScopeId = 0;

/// What opens a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Module,
    Class,
    Def {
        is_async: bool,
    },
    Lambda,
    Comprehension(Brackets),
    /// The scope of `[T]` around a generic class, function or alias (3.12).
    TypeParams(Owner),
    /// A bound or default of a type parameter, compiled to a function of its own (3.12).
    TypeParamValue,
    /// The value of a `type` statement, compiled to a function of its own (3.12).
    TypeAlias,
    /// Annotations: part of the enclosing scope up to 3.13, the function `__annotate__` from 3.14 on.
    Annotation(Annotated),
}

/// Which comprehension: they differ in what inlines them (3.12) and in how a header opens them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Brackets {
    List,
    Set,
    Dict,
    Generator,
}

/// What the type parameters belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Class,
    Def,
    Alias,
}

/// What is annotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Annotated {
    Parameters,
    Variable,
}

/// One scope.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) kind: ScopeKind,
    pub(crate) parent: ScopeId,
    /// The first scope after this one that is not inside it.
    pub(crate) end: ScopeId,
    /// As written: `__f`, not `_C__f`. For type parameters, the name of their owner.
    pub(crate) name: Symbol,
    /// As the enclosing scope binds it.
    pub(crate) mangled: Symbol,
    /// Offset of the first decorator, or of the keyword.
    pub(crate) start: u32,
    /// Offset of `def`, `async`, `class` or `lambda`.
    pub(crate) keyword: u32,
    /// Offset of the end of the last statement, or of the lambda's body.
    pub(crate) stop: u32,
    /// For [`ScopeKind::TypeParams`]: the stars and the name of each.
    pub(crate) type_params: Vec<(&'static str, Symbol)>,
    pub(crate) doc: Option<Box<str>>,
    pub(crate) uses: Vec<Use>,
    /// In a function: the names in annotations of its variables, mangled. Nothing evaluates them, but up to 3.13 they
    /// count when it comes to which names are free.
    pub(crate) annotated: Vec<Symbol>,
    pub(crate) imports: Vec<Import>,
}

impl Scope {
    /// Whether the scope's code object is what `def` or `lambda` makes.
    pub(crate) fn is_function(&self) -> bool {
        matches!(self.kind, ScopeKind::Def { .. } | ScopeKind::Lambda)
    }

    /// Whether names of the scope are visible in the scopes inside it.
    pub(crate) fn binds_for_descendants(&self) -> bool {
        !matches!(self.kind, ScopeKind::Class | ScopeKind::Module)
    }

    /// Whether code directly in this scope sees the names of a directly enclosing class.
    pub(crate) fn sees_class(&self) -> bool {
        matches!(
            self.kind,
            ScopeKind::TypeParams(_)
                | ScopeKind::TypeParamValue
                | ScopeKind::TypeAlias
                | ScopeKind::Annotation(_)
        )
    }
}

/// One occurrence of a name, in the scope whose code evaluates it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Use {
    /// Mangled.
    pub(crate) name: Symbol,
    pub(crate) how: How,
    /// `name.attribute.attribute`, if attributes were looked up right there.
    pub(crate) chain: Option<Symbol>,
}

/// What an occurrence does to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Read,
    /// Assigned, deleted, imported, a parameter ...: what makes a name local.
    Bind,
    Global,
    Nonlocal,
}

/// One imported module.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Import {
    Absolute(Symbol),
    Relative,
}
