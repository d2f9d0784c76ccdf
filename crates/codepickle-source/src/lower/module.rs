//! Whole modules: the helpers become a global, by an import.

use ruff_python_ast::{ModModule, Stmt, StmtImportFrom};
use ruff_python_parser::{Mode, ParseOptions};
use ruff_text_size::Ranged;

use super::scope::is_simple;
use super::{LowerError, Lowered, Version, lower};
use crate::lines::Lines;
use crate::parse;

/// Rewrites a module for the grammar of `target`; None if that has all of it already.
///
/// Where the text needs helpers, it imports them: after the docstring and the future imports, on a line that is there.
/// Only where there is none, above a first line that begins a block, a line is inserted.
///
/// # Errors
///
/// As [`lower`].
///
/// ```
/// use codepickle_source::lower::lower_module;
///
/// let lowered = lower_module("'Doc.'\nx = [y := 1, y]\n", (3, 7))?.unwrap();
/// assert_eq!(
///     lowered.text,
///     "'Doc.'; import codepickle._lowered as _ck\nx = [_ck.let(lambda: y, 1), y]\n"
/// );
/// # Ok::<(), codepickle_source::lower::LowerError>(())
/// ```
pub fn lower_module(text: &str, target: Version) -> Result<Option<Lowered>, LowerError> {
    let Some(mut lowered) = lower(text, 0..text.len(), target)? else {
        return Ok(None);
    };
    if let Some(helper) = &lowered.helper {
        let import = format!("import codepickle._lowered as {helper}");
        let options = ParseOptions::from(Mode::Module);
        let (at, import) = parse::module(&lowered.text, &options, 1, |parsed| {
            place(&lowered.text, parsed.syntax(), &import)
        })?;
        if import.ends_with('\n') {
            let new = Lines::new(&lowered.text).line(u32::try_from(at).unwrap_or(u32::MAX));
            for line in lowered.inserted.iter_mut().filter(|line| **line >= new) {
                *line += 1;
            }
            lowered.inserted.push(new);
            lowered.inserted.sort_unstable();
        }
        lowered.text.insert_str(at, &import);
    }
    Ok(Some(lowered))
}

/// Where the import goes, and what separates it from its neighbours.
fn place(text: &str, module: &ModModule, import: &str) -> (usize, String) {
    let is_docstring =
        |stmt: &Stmt| matches!(stmt, Stmt::Expr(expr) if expr.value.is_string_literal_expr());
    let is_future = |stmt: &Stmt| matches!(stmt, Stmt::ImportFrom(StmtImportFrom { module: Some(module), .. }) if module == "__future__");
    let prologue = module
        .body
        .iter()
        .enumerate()
        .take_while(|(index, stmt)| (*index == 0 && is_docstring(stmt)) || is_future(stmt))
        .count();
    if let Some(last) = prologue
        .checked_sub(1)
        .and_then(|index| module.body.get(index))
    {
        return (last.end().to_usize(), format!("; {import}"));
    }
    match module.body.first() {
        Some(first) if is_simple(first) => (first.start().to_usize(), format!("{import}; ")),
        Some(first) => above(text, first.start().to_usize(), import),
        None => (text.len(), import.to_owned()),
    }
}

/// A blank line or a comment of its own above the block at `start`; before the block if there is none.
fn above(text: &str, start: usize, import: &str) -> (usize, String) {
    let head = text.get(..start).unwrap_or("");
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let lines = head.get(at..).unwrap_or("").split_inclusive('\n');
    for (index, line) in lines.enumerate() {
        // The first two may name the encoding or the interpreter.
        if line.trim().is_empty() && line.ends_with('\n') {
            return (at, import.to_owned());
        }
        if index > 1 && line.starts_with('#') {
            return (at, format!("{import}  "));
        }
        at += line.len();
    }
    let line = Lines::new(text).start(u32::try_from(start).unwrap_or(u32::MAX));
    (line as usize, format!("{import}\n"))
}
