//! What a snippet says to grammars that are older than its syntax.

use std::ops::Range;

use crate::error::ParseError;
use crate::lower::{
    Construct, ConstructKind, LowerError, Lowered, Version, constructs_in, lower_definition,
};

/// A snippet as `docs/wire-format.md` has it, under *Code*.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// The text of a `def`, `lambda` or `class`.
    pub text: &'a str,
    /// Lines that mirror the enclosing scopes.
    pub header: &'a str,
    /// What closes the brackets that the header opened.
    pub trailer: &'a str,
    /// The 1-based line of the text in its file: constructs are reported with theirs.
    pub line: u32,
    /// For a lambda, the column in bytes at which the text starts; otherwise 0.
    pub column: u32,
    /// How many characters of the text are decorators. They are not compiled.
    pub decorators: usize,
    /// Whether the future feature `annotations` is on.
    pub has_text_annotations: bool,
}

/// What older grammars get in place of a snippet's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Older {
    /// The first version whose grammar has all of the text, and means by it what the text says.
    pub needs: Version,
    /// The text in the grammars of [`Form::oldest`], the newest first.
    pub forms: Vec<Form>,
    /// What cannot be written for the version that was wanted.
    pub refused: Option<Construct>,
}

/// A lowered text, as what is different in it, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The oldest version whose grammar it is.
    pub oldest: Version,
    /// The name under which it expects the helpers, if it needs any.
    pub helper: Option<String>,
    /// The lines that differ from the original's, or that it does not have, each with its end; counted from 0 in the
    /// form.
    pub changes: Vec<(u32, String)>,
    /// The lines, counted from 0, that the original does not have.
    pub inserted: Vec<u32>,
    /// Type parameters that the text no longer makes and its functions have in their closures, mangled and sorted.
    pub type_params: Vec<String>,
    /// What the header is in this grammar, where it is another one.
    pub header: Option<String>,
}

impl Older {
    /// Lowers a snippet for `wanted`, or for the oldest version that it can be written for; None if `wanted` can read it
    /// as it is.
    ///
    /// One form does for all versions from there on, but for parameters that are positional-only: 3.8 can express them, and
    /// shows their names.
    ///
    /// `producer` is the version for which the text was compiled: what later ones mean by the same text is not looked at.
    ///
    /// # Errors
    ///
    /// If the text cannot be parsed.
    ///
    /// ```
    /// use codepickle_source::{Older, Parts};
    ///
    /// let text = "def f(x):\n    if (y := x) > 1:\n        return y";
    /// let parts = Parts { text, header: "", trailer: "", line: 9, column: 0, decorators: 0, has_text_annotations: false };
    /// let older = Older::of(&parts, (3, 13), (3, 7))?.unwrap();
    /// assert_eq!(older.needs, (3, 8));
    /// assert_eq!(older.forms[0].changes[0], (1, "    if (_ck.let(lambda: y, x)) > 1:\n".to_owned()));
    /// assert_eq!(Older::of(&parts, (3, 13), (3, 8))?, None);
    /// # Ok::<(), codepickle_source::ParseError>(())
    /// ```
    pub fn of(
        parts: &Parts<'_>,
        producer: Version,
        wanted: Version,
    ) -> Result<Option<Self>, ParseError> {
        let whole = parts.whole();
        let mut found = constructs_in(&whole.text, 0..whole.within.end)?;
        found.retain(|construct| {
            construct.kind != ConstructKind::DictComprehensionOrder
                || construct.kind.since() <= producer
        });
        let Some(needs) = found.iter().map(|construct| construct.kind.since()).max() else {
            return Ok(None);
        };
        if needs <= wanted {
            return Ok(None);
        }
        let mut older = Self {
            needs,
            forms: Vec::new(),
            refused: None,
        };
        let shows_names = found
            .iter()
            .any(|construct| construct.kind == ConstructKind::PositionalOnly);
        for minor in wanted.1..needs.1 {
            let target = (wanted.0, minor);
            let within = whole.within.clone();
            match lower_definition(&whole.text, within, target, parts.has_text_annotations) {
                Ok(Some(lowered)) => older.forms.extend(form(parts, &lowered, target)),
                Ok(None) => break,
                Err(LowerError::Construct(construct, _)) => {
                    older.refused.get_or_insert(placed(parts, construct));
                }
                Err(LowerError::Parse(error)) => return Err(error),
            }
            let is_last = !shows_names || target >= ConstructKind::PositionalOnly.since();
            if is_last && !older.forms.is_empty() {
                break;
            }
        }
        older.forms.reverse();
        Ok(Some(older))
    }
}

/// What is compiled for a snippet, at line 1.
struct Whole {
    text: String,
    /// The snippet's text in it, without its decorators.
    within: Range<usize>,
}

impl Parts<'_> {
    /// What is compiled for the snippet, below lines that make the lines its file's.
    ///
    /// ```
    /// use codepickle_source::SourceFile;
    ///
    /// let file = SourceFile::parse("class C:\n  @a(\n  )\n  def f(self): pass\n")?;
    /// let snippet = file.snippet(file.functions(2, "f")[0], &[]).unwrap();
    /// assert_eq!(snippet.parts().assembled(), "class C:\n  @_\n\n  def f(self): pass\n");
    /// # Ok::<(), codepickle_source::ParseError>(())
    /// ```
    #[must_use]
    pub fn assembled(&self) -> String {
        self.whole().text
    }

    fn whole(&self) -> Whole {
        let (decorators, rest) = split(self);
        let mut text = self.header.to_owned();
        if !decorators.is_empty() {
            // As on the receiver: decorators never run, and an old grammar may not know them.
            let indentation: String = self
                .text
                .chars()
                .take_while(|c| matches!(c, ' ' | '\t' | '\x0c'))
                .collect();
            text.push_str(&indentation);
            text.push_str("@_");
            text.push_str(&"\n".repeat(line_ends(decorators)));
        }
        text.extend(std::iter::repeat_n(' ', self.column as usize));
        let start = text.len();
        text.push_str(rest);
        let within = start..text.len();
        text.push_str(self.trailer);
        text.push('\n');
        Whole { text, within }
    }
}

fn form(parts: &Parts<'_>, lowered: &Lowered, oldest: Version) -> Option<Form> {
    let (decorators, original) = split(parts);
    if has_lone_return(parts.text) && !lowered.inserted.is_empty() {
        // It ends a line as well, but not where changes are counted.
        return None;
    }
    let above = u32::try_from(decorators.matches('\n').count()).ok()?;
    let inserted: Vec<u32> = lowered.inserted.iter().map(|line| line - 1).collect();
    let mut old = original.split_inclusive('\n');
    let mut changes = Vec::new();
    for (index, line) in (0..).zip(lowered.text.split_inclusive('\n')) {
        if inserted.binary_search(&index).is_ok() || old.next()? != line {
            changes.push((above + index, line.to_owned()));
        }
    }
    old.next().is_none().then(|| Form {
        oldest,
        helper: lowered.helper.clone(),
        changes,
        inserted: inserted.into_iter().map(|index| above + index).collect(),
        type_params: lowered.type_params.clone(),
        header: header(parts, lowered),
    })
}

/// The header in the older grammar, if that is another one: it has as many lines.
fn header(parts: &Parts<'_>, lowered: &Lowered) -> Option<String> {
    let count = parts.header.split_inclusive('\n').count();
    let lines = lowered.before.split_inclusive('\n');
    let header: String = lines.take(count).collect();
    (header != parts.header).then_some(header)
}

/// The construct at its line in the file.
fn placed(parts: &Parts<'_>, construct: Construct) -> Construct {
    let above = u32::try_from(parts.header.matches('\n').count()).unwrap_or(0);
    Construct {
        line: (construct.line + parts.line).saturating_sub(above + 1),
        ..construct
    }
}

/// The decorators' lines, and the rest of the text.
fn split<'a>(parts: &Parts<'a>) -> (&'a str, &'a str) {
    let mut places = parts.text.char_indices().map(|(at, _)| at);
    let at = places.nth(parts.decorators).unwrap_or(parts.text.len());
    parts.text.split_at_checked(at).unwrap_or(("", parts.text))
}

/// Line ends as the tokenizer counts them.
fn line_ends(text: &str) -> usize {
    text.matches(['\n', '\r']).count() - text.matches("\r\n").count()
}

fn has_lone_return(text: &str) -> bool {
    text.matches('\r').count() > text.matches("\r\n").count()
}
