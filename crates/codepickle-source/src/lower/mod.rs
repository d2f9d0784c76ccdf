//! Rewrites text for an older grammar, by edits of byte ranges.
//!
//! What does not change stays to the byte, and every line stays on its line, but for whole lines that are put between
//! them where the old grammar needs more ([`Lowered::inserted`]). What is new may use one name that the text does not
//! have ([`Lowered::helper`]): an object with the functions that old grammars need (`match`, `let`, ...).
//! Whoever compiles the text binds it, as a free variable (a parameter of the outermost `def` of a header, whose cell
//! is given to the function) or, for a whole module, as a global. Variables whose names begin with it are new, too.
//!
//! A lazy import becomes an import, as 3.15 itself makes of it where its filter (`sys.set_lazy_imports_filter`) says so, and
//! as PEP 810 has older versions take `__lazy_modules__`.
//!
//! Type parameters and `type` statements become calls of the helpers. A text that is executed makes them where they are
//! evaluated; in a snippet, of which only the code is wanted ([`Older`](crate::Older)), those of its own are left out, and
//! are free variables of its functions.
//!
//! What an old grammar cannot hide: the variables of type parameters show in the function or the module around, and
//! `typing.get_type_hints` does not find them for annotations that are text; a positional-only parameter has another name in messages and signatures, and in the frame unless the function
//! mentions `locals` and the like; and its annotation is not evaluated after those of the others, as CPython does it; annotations and bases beside type parameters are
//! evaluated in the scope around; the variable of a `match` shows in the frame unless the function mentions `locals`, `vars`, `dir`,
//! `eval` or `exec`, and that of an `except*`, or of a loop with a `continue` in `finally`, while this is at work; a variable that an expression assigns is a cell before
//! 3.8. What `except*` raises after its clauses has one more entry in its traceback, for the last line of the last clause;
//! `sys.exc_info()[2]` in a clause has one, too, for its first line; and what the type of a clause raises has the whole
//! exception for context, not the part before.
//!
//! ```
//! use codepickle_source::lower::lower;
//!
//! let text = "def f(x):\n    match x:\n        case [a, 1]:\n            return a\n";
//! let lowered = lower(text, 0..text.len(), (3, 7))?.unwrap();
//! assert_eq!(
//!     lowered.text,
//!     "def f(x):
//!     _ck_1 = _ck.match(x)
//!     if _ck_1.seq(0, 2) and _ck_1.unpack(0, 2, None, 1) and _ck_1[2] == 1:
//!             a = _ck_1[1]; return a
//! "
//! );
//! assert_eq!(lowered.helper.as_deref(), Some("_ck"));
//! # Ok::<(), codepickle_source::lower::LowerError>(())
//! ```

mod annotations;
mod construct;
mod edit;
mod except_star;
mod fstring;
mod generic;
mod layout;
mod loops;
mod matching;
mod module;
mod notes;
mod own;
mod reads;
mod rewrite;
mod scope;
mod small;

use std::fmt;
use std::ops::Range;

use ruff_python_ast::PythonVersion;
use ruff_python_parser::ParseOptions;
use ruff_text_size::{TextRange, TextSize};

pub use construct::{Construct, ConstructKind, Version};
pub use module::lower_module;
pub use notes::{Note, notes};

use crate::error::ParseError;
use crate::lines::Lines;
use crate::parse;
use edit::Edits;
use rewrite::Rewriter;

/// The oldest grammar that texts are lowered to.
pub const OLDEST: Version = (3, 7);

/// A text in an older grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lowered {
    /// What stands in the range's place.
    pub text: String,
    /// The name under which the text expects the helpers, if it needs any.
    pub helper: Option<String>,
    /// The lines of `text`, from 1 on and in order, that the original does not have. Where old grammar needs more
    /// lines, whoever compiles the text takes them out of the line numbers: what stands on such a line belongs to the
    /// line before it.
    pub inserted: Vec<u32>,
    /// Of what is only compiled: the type parameters that its functions read and that the text does not make, mangled and
    /// sorted; and what stands before the range in place of what did.
    pub(crate) type_params: Vec<String>,
    pub(crate) before: String,
}

/// Why a text is not lowered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LowerError {
    /// It cannot be parsed.
    Parse(ParseError),
    /// There is no lowering of this construct, at this place, to this version.
    Construct(Construct, Version),
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parse(error) => error.fmt(f),
            Self::Construct(construct, (major, minor)) => {
                write!(f, "{construct}, cannot be written for {major}.{minor}")
            }
        }
    }
}

impl std::error::Error for LowerError {}

impl From<ParseError> for LowerError {
    fn from(error: ParseError) -> Self {
        Self::Parse(error)
    }
}

/// The constructs of `text` that 3.7 does not have, by line.
///
/// # Errors
///
/// If the text is not Python, or beyond the limits on its nesting and length.
///
/// ```
/// use codepickle_source::lower::constructs;
///
/// let found = constructs("def f(x, /): return (y := x)\n")?;
/// assert_eq!(found.iter().map(|c| c.kind.since()).max(), Some((3, 8)));
/// # Ok::<(), codepickle_source::ParseError>(())
/// ```
pub fn constructs(text: &str) -> Result<Vec<Construct>, ParseError> {
    constructs_in(text, 0..text.len())
}

/// The same of a part of the text.
pub(crate) fn constructs_in(
    text: &str,
    within: Range<usize>,
) -> Result<Vec<Construct>, ParseError> {
    with_rewriter(
        text,
        range(text, within)?,
        (3, u8::MAX),
        Mode::Executed,
        |rewriter| {
            rewriter.found.sort();
            rewriter.found.dedup();
            std::mem::take(&mut rewriter.found)
        },
    )
}

/// Rewrites the part `within` of `text` for the grammar of `target`; None if that has all of it already.
///
/// `within` is all of the text, or a definition in it. What results can be executed.
///
/// # Errors
///
/// If the text cannot be parsed, and if `within` has a construct that cannot be expressed in `target`.
///
/// ```
/// use codepickle_source::lower::lower;
///
/// let text = "def f(*x):\n    return 0, *x\n";
/// assert_eq!(lower(text, 0..text.len(), (3, 8))?, None);
/// let lowered = lower(text, 0..text.len(), (3, 7))?.unwrap();
/// assert_eq!(lowered.text, "def f(*x):\n    return (0, *x)\n");
/// assert_eq!(lowered.helper, None);
/// # Ok::<(), codepickle_source::lower::LowerError>(())
/// ```
pub fn lower(
    text: &str,
    within: Range<usize>,
    target: Version,
) -> Result<Option<Lowered>, LowerError> {
    lower_as(text, within, target, Mode::Executed)
}

/// Rewrites a definition that nobody will execute: code objects are taken out of it.
///
/// What is evaluated around its functions does not count. So their type parameters, and those of what is around the
/// definition, need not be made: the functions have them in their closures, and whoever compiles the text binds
/// [`Lowered::type_params`] as it does other free variables. Definitions inside of the functions are as in [`lower`].
///
/// `has_text_annotations` says that annotations are kept as text though `text` has no future import.
pub(crate) fn lower_definition(
    text: &str,
    within: Range<usize>,
    target: Version,
    has_text_annotations: bool,
) -> Result<Option<Lowered>, LowerError> {
    let mode = Mode::Definition {
        has_text_annotations,
    };
    lower_as(text, within, target, mode)
}

/// What a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// It is executed.
    Executed,
    /// Code is taken out of it.
    Definition { has_text_annotations: bool },
}

fn lower_as(
    text: &str,
    within: Range<usize>,
    target: Version,
    mode: Mode,
) -> Result<Option<Lowered>, LowerError> {
    let within = range(text, within)?;
    with_rewriter(text, within, target, mode, |rewriter| {
        let wanted = |construct: &&Construct| construct.kind.since() > target;
        let Some(first) = rewriter.found.iter().filter(wanted).min().copied() else {
            return Ok(None);
        };
        let refused = |construct| LowerError::Construct(construct, target);
        if let Some(construct) = rewriter.refused {
            return Err(refused(construct));
        }
        let edits = Edits::new(text, rewriter.lines, std::mem::take(&mut rewriter.edits));
        let lowered = edits.apply_all(within).map_err(|_| refused(first))?;
        let (mut before, after) = (
            text.get(..within.start().to_usize())
                .unwrap_or("")
                .to_owned(),
            text.get(within.end().to_usize()..).unwrap_or(""),
        );
        let mut checked = before.len();
        if mode != Mode::Executed {
            let around = TextRange::up_to(within.start());
            before = edits.apply(around).map_err(|_| refused(first))?;
            checked = 0;
        }
        let whole = format!("{before}{}{after}", lowered.text);
        let end = before.len() + lowered.text.len();
        if !is_accepted(&whole, checked, end - checked, target) {
            return Err(refused(first));
        }
        Ok(Some(Lowered {
            text: lowered.text,
            inserted: lowered.inserted,
            before,
            type_params: std::mem::take(&mut rewriter.generics.released)
                .into_keys()
                .collect(),
            helper: rewriter.uses_helper.then(|| rewriter.helper.clone()),
        }))
    })?
}

/// Whether nothing in the result is newer than `target`.
fn is_accepted(text: &str, start: usize, length: usize, target: Version) -> bool {
    let start = TextSize::try_from(start).unwrap_or_default();
    let length = TextSize::try_from(length).unwrap_or_default();
    with_rewriter(
        text,
        TextRange::at(start, length),
        (3, u8::MAX),
        Mode::Executed,
        |rewriter| {
            rewriter
                .found
                .iter()
                .all(|found| found.kind.since() <= target)
        },
    )
    .unwrap_or(false)
}

/// The part of the range that is in the text.
fn range(text: &str, within: Range<usize>) -> Result<TextRange, ParseError> {
    let end = TextSize::try_from(text.len()).map_err(|_| ParseError::size())?;
    let offset = |at: usize| u32::try_from(at).map_or(end, |at| end.min(at.into()));
    let start = offset(within.start);
    Ok(TextRange::new(start, offset(within.end).max(start)))
}

/// Parses `text`, collects constructs and edits, and hands them to `then`.
fn with_rewriter<T>(
    text: &str,
    within: TextRange,
    target: Version,
    mode: Mode,
    then: impl FnOnce(&mut Rewriter) -> T,
) -> Result<T, ParseError> {
    let options = ParseOptions::from(ruff_python_parser::Mode::Module)
        .with_target_version(PythonVersion::PY37);
    // Parts of an edit are emitted recursively, beside the visitor's own frames.
    parse::module(text, &options, 2, |parsed| {
        let lines = Lines::new(text);
        let mut rewriter = Rewriter::new(text, parsed.tokens(), &lines, target, within, mode);
        rewriter.visit_module(parsed.syntax());
        rewriter.cross_check(parsed.unsupported_syntax_errors());
        then(&mut rewriter)
    })
}
