//! A file, and what can be found in it.

use std::collections::BTreeSet;

use crate::error::ParseError;
use crate::index::Index;
use crate::lines::Lines;
use crate::scopes::{ScopeId, ScopeKind};
use crate::snippet::Snippet;

/// The number of a `def`, `lambda` or `class` in its file.
pub type DefinitionId = u32;

/// A text, parsed and indexed once.
///
/// ```
/// use codepickle_source::SourceFile;
///
/// let file = SourceFile::parse("twice = [lambda x: 2 * x, lambda x: x + x]\n")?;
/// let candidates = file.functions(1, "<lambda>");
/// let texts: Vec<_> = candidates
///     .iter()
///     .filter_map(|id| file.snippet(*id, &[]))
///     .map(|snippet| snippet.text)
///     .collect();
/// assert_eq!(texts, ["lambda x: 2 * x", "lambda x: x + x"]);
/// # Ok::<(), codepickle_source::ParseError>(())
/// ```
#[derive(Debug)]
pub struct SourceFile {
    pub(crate) text: String,
    pub(crate) lines: Lines,
    pub(crate) index: Index,
}

/// What a class statement is called, and where it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassInfo {
    /// The qualified name.
    pub qualname: String,
    /// The 1-based line of the first decorator, or of `class`.
    pub first_line: u32,
    /// The name in the statement.
    pub name: String,
}

/// A `def` directly in a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// The name in the statement.
    pub name: String,
    /// The 1-based line of the first decorator, or of `def`.
    pub first_line: u32,
    /// The number by which the file knows it.
    pub id: DefinitionId,
}

impl SourceFile {
    /// Parses and indexes `text`.
    ///
    /// # Errors
    ///
    /// If the text is not Python, or beyond the limits on its nesting and length.
    pub fn parse(text: impl Into<String>) -> Result<Self, ParseError> {
        let text = text.into();
        let lines = Lines::new(&text);
        let index = Index::new(&text, &lines)?;
        Ok(Self { text, lines, index })
    }

    /// The future features that the module imports, without those that are mandatory since 3.7 or earlier: these change
    /// nothing.
    ///
    /// ```
    /// let file = codepickle_source::SourceFile::parse("from __future__ import annotations\n")?;
    /// assert!(file.futures().contains("annotations"));
    /// # Ok::<(), codepickle_source::ParseError>(())
    /// ```
    #[must_use]
    pub fn futures(&self) -> &BTreeSet<String> {
        &self.index.futures
    }

    /// The names that import statements bind at module level.
    ///
    /// From 3.11, CPython compiles `name.f()` differently for these.
    ///
    /// ```
    /// let file = codepickle_source::SourceFile::parse("import os.path, sys as s\n")?;
    /// assert_eq!(file.module_imports().iter().collect::<Vec<_>>(), ["os", "s"]);
    /// # Ok::<(), codepickle_source::ParseError>(())
    /// ```
    #[must_use]
    pub fn module_imports(&self) -> &BTreeSet<String> {
        &self.index.module_imports
    }

    /// Whether `super` occurs as a name at module level.
    ///
    /// From 3.12, CPython compiles `super().f()` differently then.
    ///
    /// ```
    /// assert!(codepickle_source::SourceFile::parse("old = super\n")?.module_uses_super());
    /// # Ok::<(), codepickle_source::ParseError>(())
    /// ```
    #[must_use]
    pub fn module_uses_super(&self) -> bool {
        self.index.module_uses_super
    }

    /// Whether 3.7 has all of the syntax: if so, that is told by the tokens alone. Where they do not tell, it may still have it.
    ///
    /// ```
    /// assert!(codepickle_source::SourceFile::parse("def f(x): return x * 2\n")?.is_plain());
    /// assert!(!codepickle_source::SourceFile::parse("def f(x, /): return x\n")?.is_plain());
    /// # Ok::<(), codepickle_source::ParseError>(())
    /// ```
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.index.is_plain
    }

    /// The functions whose code object has `line` as its first line and `name` as its name, in textual order.
    ///
    /// ```
    /// let file = codepickle_source::SourceFile::parse("@property\ndef f(self): pass\n")?;
    /// assert_eq!(file.functions(1, "f").len(), 1);
    /// assert_eq!(file.functions(2, "f").len(), 0);
    /// # Ok::<(), codepickle_source::ParseError>(())
    /// ```
    #[must_use]
    pub fn functions(&self, line: u32, name: &str) -> &[DefinitionId] {
        let name = self.index.names.find(name);
        name.and_then(|name| self.index.functions.get(&(line, name)))
            .map_or(&[], Vec::as_slice)
    }

    /// All functions and classes, in textual order; a decorated one is where its keyword is.
    ///
    /// ```
    /// let file = codepickle_source::SourceFile::parse("class C:\n def f(self, key=lambda: 0): pass\n")?;
    /// let names = file.definitions().into_iter().filter_map(|id| file.snippet(id, &[]));
    /// assert_eq!(names.map(|snippet| snippet.name).collect::<Vec<_>>(), ["C", "f", "<lambda>"]);
    /// # Ok::<(), codepickle_source::ParseError>(())
    /// ```
    #[must_use]
    pub fn definitions(&self) -> Vec<DefinitionId> {
        let scopes = (0..).zip(&self.index.scopes);
        let mut found: Vec<(u32, DefinitionId)> = scopes
            .filter(|(_, scope)| scope.is_function() || scope.kind == ScopeKind::Class)
            .map(|(id, scope)| (scope.keyword, id))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// The class whose body directly contains the function `id`.
    ///
    /// ```
    /// let file = codepickle_source::SourceFile::parse("class C:\n if 1:\n  def f(self): pass\n")?;
    /// let method = file.functions(3, "f")[0];
    /// assert_eq!(file.enclosing_class(method), file.classes("C").first().copied());
    /// # Ok::<(), codepickle_source::ParseError>(())
    /// ```
    #[must_use]
    pub fn enclosing_class(&self, id: DefinitionId) -> Option<DefinitionId> {
        self.index
            .scopes
            .get(id as usize)
            .filter(|scope| scope.is_function())?;
        let definer = self.index.definer(id);
        (self.index.scope(definer).kind == ScopeKind::Class).then_some(definer)
    }

    /// The class statements with this qualified name, in textual order.
    ///
    /// ```
    /// let file = codepickle_source::SourceFile::parse("def f():\n class C: pass\n")?;
    /// assert_eq!(file.classes("f.<locals>.C").len(), 1);
    /// # Ok::<(), codepickle_source::ParseError>(())
    /// ```
    #[must_use]
    pub fn classes(&self, qualname: &str) -> Vec<DefinitionId> {
        let has_name = |id: &ScopeId| {
            // Most classes differ in the last part of the name already.
            qualname.ends_with(self.index.names.get(self.index.scope(*id).name))
                && self.index.qualname(*id) == qualname
        };
        self.index
            .classes
            .iter()
            .copied()
            .filter(has_name)
            .collect()
    }

    /// Name and place of the class `id`; None if `id` is no class.
    ///
    /// ```
    /// let file = codepickle_source::SourceFile::parse("class A:\n class B: pass\n")?;
    /// let info = file.class_info(file.classes("A.B")[0]).unwrap();
    /// assert_eq!((info.qualname.as_str(), info.first_line, info.name.as_str()), ("A.B", 2, "B"));
    /// # Ok::<(), codepickle_source::ParseError>(())
    /// ```
    #[must_use]
    pub fn class_info(&self, id: DefinitionId) -> Option<ClassInfo> {
        let scope = self.index.scopes.get(id as usize)?;
        (scope.kind == ScopeKind::Class).then(|| ClassInfo {
            qualname: self.index.qualname(id),
            first_line: self.lines.line(scope.start),
            name: self.index.names.get(scope.name).to_owned(),
        })
    }

    /// The `def` statements directly in the class `id`, in textual order.
    ///
    /// ```
    /// let file = codepickle_source::SourceFile::parse("class C:\n def f(self):\n  def g(): pass\n")?;
    /// let methods = file.methods(file.classes("C")[0]);
    /// assert_eq!(methods.len(), 1);
    /// assert_eq!(methods[0].name, "f");
    /// # Ok::<(), codepickle_source::ParseError>(())
    /// ```
    #[must_use]
    pub fn methods(&self, id: DefinitionId) -> Vec<Method> {
        let Some(class) = self
            .index
            .scopes
            .get(id as usize)
            .filter(|scope| scope.kind == ScopeKind::Class)
        else {
            return Vec::new();
        };
        (id + 1..class.end)
            .filter(|member| matches!(self.index.scope(*member).kind, ScopeKind::Def { .. }))
            .filter(|member| self.index.definer(*member) == id)
            .map(|member| Method {
                name: self
                    .index
                    .names
                    .get(self.index.scope(member).name)
                    .to_owned(),
                first_line: self.lines.line(self.index.scope(member).start),
                id: member,
            })
            .collect()
    }

    /// The snippet of the function or class `id`, whose live code has the free variables `freevars`.
    ///
    /// None if `id` is neither.
    ///
    /// ```
    /// use codepickle_source::SourceFile;
    ///
    /// let file = SourceFile::parse("class A:\n  def outer(n):\n    def inner(): return n\n")?;
    /// let snippet = file.snippet(file.functions(3, "inner")[0], &["n"]).unwrap();
    /// assert_eq!(snippet.header, "class A:\n def outer(n):\n");
    /// assert_eq!(snippet.text, "    def inner(): return n");
    /// assert_eq!(snippet.qualname, "A.outer.<locals>.inner");
    /// # Ok::<(), codepickle_source::ParseError>(())
    /// ```
    #[must_use]
    pub fn snippet(&self, id: DefinitionId, freevars: &[&str]) -> Option<Snippet> {
        Snippet::cut(self, id, freevars)
    }
}
