//! The constructs by version.

use std::fmt;

/// A version of the grammar: major, minor.
pub type Version = (u8, u8);

/// Syntax, or a meaning of syntax, that 3.7 does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ConstructKind {
    /// `(x := 1)`
    Walrus,
    /// `def f(x, /)`
    PositionalOnly,
    /// `f"{x=}"`
    FStringDebug,
    /// `return 1, *x` and the same after `yield`
    StarTuple,
    /// `x: tuple = 1, 2` and `x: int = yield`
    AnnotatedTuple,
    /// `x: int` at module level, after a function with `global x`
    AnnotatedGlobal,
    /// `continue` in a `finally` clause
    ContinueInFinally,
    /// Which of key and value `{f(): g() for ...}` evaluates first
    DictComprehensionOrder,
    /// `@a[0]`
    RelaxedDecorator,
    /// `with (a as b, c as d):`
    ParenthesizedWith,
    /// `for x in *a, *b:`
    StarInFor,
    /// `{x := 1}`
    WalrusInSet,
    /// `a[x := 1]`
    WalrusInIndex,
    /// `match`
    Match,
    /// `except*`
    ExceptStar,
    /// `a[*b]`
    StarInIndex,
    /// `*args: *Ts`
    StarAnnotation,
    /// An asynchronous comprehension in a synchronous one
    AsyncComprehension,
    /// `f"{"x"}"` and what else 3.12 allows in the braces
    FString,
    /// `def f[T]()`, `class C[T]`
    TypeParams,
    /// `type X = int`
    TypeAlias,
    /// `def f[T = int]()`
    TypeParamDefault,
    /// `class C: type X = lambda: 1`
    FunctionInTypeScope,
    /// `except A, B:`
    ExceptTuple,
    /// `t"{x}"`
    TemplateString,
    /// `[*x for x in y]`
    UnpackingComprehension,
    /// `case +1:`
    PlusInPattern,
    /// `lazy import x`
    LazyImport,
}

impl ConstructKind {
    /// The first version that has it.
    ///
    /// ```
    /// assert_eq!(codepickle_source::lower::ConstructKind::Match.since(), (3, 10));
    /// ```
    #[must_use]
    pub fn since(self) -> Version {
        let minor = match self {
            Self::Walrus
            | Self::PositionalOnly
            | Self::FStringDebug
            | Self::StarTuple
            | Self::AnnotatedTuple
            | Self::AnnotatedGlobal
            | Self::ContinueInFinally
            | Self::DictComprehensionOrder => 8,
            Self::RelaxedDecorator
            | Self::ParenthesizedWith
            | Self::StarInFor
            | Self::WalrusInSet => 9,
            Self::WalrusInIndex | Self::Match => 10,
            Self::ExceptStar
            | Self::StarInIndex
            | Self::StarAnnotation
            | Self::AsyncComprehension => 11,
            Self::FString | Self::TypeParams | Self::TypeAlias => 12,
            Self::TypeParamDefault | Self::FunctionInTypeScope => 13,
            Self::ExceptTuple | Self::TemplateString => 14,
            Self::UnpackingComprehension | Self::PlusInPattern | Self::LazyImport => 15,
        };
        (3, minor)
    }
}

impl fmt::Display for ConstructKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Walrus => "assignment expression",
            Self::PositionalOnly => "positional-only parameter",
            Self::FStringDebug => "f-string with `=`",
            Self::StarTuple => "star without parentheses in return or yield",
            Self::AnnotatedTuple => "annotated assignment without parentheses",
            Self::AnnotatedGlobal => "annotation of a name that a function declares global",
            Self::ContinueInFinally => "continue in finally",
            Self::DictComprehensionOrder => "order of evaluation in a dict comprehension",
            Self::RelaxedDecorator => "decorator that is no dotted name or call of one",
            Self::ParenthesizedWith => "with items in parentheses",
            Self::StarInFor => "star without parentheses in for",
            Self::WalrusInSet => "assignment expression without parentheses in a set",
            Self::WalrusInIndex => "assignment expression without parentheses in a subscript",
            Self::Match => "match statement",
            Self::ExceptStar => "except*",
            Self::StarInIndex => "star in a subscript",
            Self::StarAnnotation => "star in an annotation",
            Self::AsyncComprehension => "asynchronous comprehension in a synchronous one",
            Self::FString => "f-string of PEP 701",
            Self::TypeParams => "type parameters",
            Self::TypeAlias => "type statement",
            Self::TypeParamDefault => "default of a type parameter",
            Self::FunctionInTypeScope => "lambda or comprehension among type parameters in a class",
            Self::ExceptTuple => "except without parentheses",
            Self::TemplateString => "template string",
            Self::UnpackingComprehension => "unpacking in a comprehension",
            Self::PlusInPattern => "plus sign in a pattern",
            Self::LazyImport => "lazy import",
        })
    }
}

/// A construct and its place.
///
/// ```
/// use codepickle_source::lower::constructs;
///
/// let found = constructs("match x:\n  case 1: pass\n")?;
/// assert_eq!(found[0].to_string(), "3.10: match statement, line 1");
/// # Ok::<(), codepickle_source::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Construct {
    /// The 1-based line.
    pub line: u32,
    /// What it is.
    pub kind: ConstructKind,
}

impl fmt::Display for Construct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.kind.since();
        write!(f, "{major}.{minor}: {}, line {}", self.kind, self.line)
    }
}
