//! F-strings: `=` (3.8) and what PEP 701 allows in the braces (3.12).

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{
    self as ast, ConversionFlag, FStringPart, InterpolatedStringElement, StringFlags,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::construct::ConstructKind;
use super::edit::{Edits, Part};
use super::rewrite::Rewriter;

impl Rewriter<'_> {
    /// An f-string whose expressions were visited; the edits in it begin at `from`.
    pub(super) fn f_string(&mut self, string: &ast::ExprFString, from: usize) {
        let mut must_join = false;
        for part in &string.value {
            let FStringPart::FString(part) = part else {
                continue;
            };
            for element in &part.elements {
                must_join |= self.debug(element, part.flags.quote_str(), from);
            }
            must_join |= self.quotes(part, from);
        }
        if must_join {
            let inside = string.range();
            // The expressions keep their edits; what replaced the quotes and braces around them does not count.
            let expressions: Vec<TextRange> = string
                .value
                .elements()
                .filter_map(|element| Some(element.as_interpolation()?.expression.range()))
                .collect();
            let is_kept =
                |range: TextRange| expressions.iter().any(|outer| outer.contains_range(range));
            let mut edits = self.edits.split_off(from.min(self.edits.len()));
            edits.retain(|edit| !edit.is_quote || is_kept(edit.range));
            self.edits.append(&mut edits);
            let mut parts = Vec::new();
            self.join_all(string, &mut parts);
            self.edit(inside, parts);
        }
    }

    /// `{x=}`; whether it takes a call. Where the expression is edited, its text is no longer what `=` shows.
    fn debug(&mut self, element: &InterpolatedStringElement, quote: &str, from: usize) -> bool {
        let InterpolatedStringElement::Interpolation(element) = element else {
            return false;
        };
        let mut must_join = false;
        if let Some(spec) = &element.format_spec {
            for inner in &spec.elements {
                must_join |= self.debug(inner, quote, from);
            }
        }
        let Some(debug) = &element.debug_text else {
            return must_join;
        };
        let range = element.expression.range();
        let mut inside = self.edits.iter().skip(from);
        let is_edited = inside.any(|edit| range.contains_range(edit.range));
        let is_new = self.found(ConstructKind::FStringDebug, element.start());
        if !is_new && !is_edited && !self.is_renamed(element.range()) {
            return must_join;
        }
        let text = debug.as_str();
        if text.contains(['\\', '\n', '\r', '#']) || text.contains(quote) {
            return true;
        }
        let brace = element.start() + TextSize::from(1);
        let length = |text: &str| TextSize::try_from(text.len()).unwrap_or_default();
        let after = brace + length(text);
        let sign = text.trim_end().len().saturating_sub(1);
        let value = TextRange::new(brace, brace + length(text.get(..sign).unwrap_or("")));
        let shown = text.replace('{', "{{").replace('}', "}}");
        let is_repr = element.conversion == ConversionFlag::None && element.format_spec.is_none();
        let parts = vec![
            Part::Text(format!("{shown}{{")),
            Part::Source(value),
            Part::Text(if is_repr { "!r" } else { "" }.to_owned()),
        ];
        self.edit(TextRange::new(element.start(), after), parts);
        if let Some(edit) = self.edits.last_mut() {
            edit.is_quote = true;
        }
        must_join
    }

    /// Gives a part other quotes if its braces need them; whether no quotes will do.
    fn quotes(&mut self, part: &ast::FString, from: usize) -> bool {
        let quote = part.flags.quote_str();
        let opener = TextRange::at(part.start(), part.flags.opener_len());
        let closer = TextRange::new(part.end() - part.flags.closer_len(), part.end());
        let content = TextRange::new(opener.end(), closer.start());
        let is_old = |this: &Self, inside: &str| {
            !inside.contains(['\\', '#']) && this.has_no_comment(content)
        };
        let braces: Vec<TextRange> = part
            .elements
            .iter()
            .filter_map(|element| element.as_interpolation().map(Ranged::range))
            .collect();
        let is_fine = |text: &str, quote: &str| {
            !text.contains(quote) && (quote.len() == 3 || !text.contains(['\n', '\r']))
        };
        let written: Vec<&str> = braces.iter().map(|range| self.slice(*range)).collect();
        let is_new = !self.has_no_comment_in(&braces)
            || is_deep(part)
            || part.elements.iter().any(|element| self.has_gap(element))
            || written.iter().any(|text| !is_fine(text, quote))
            || part
                .elements
                .iter()
                .any(|element| self.has_backslash(element));
        let must = is_new && self.found(ConstructKind::FString, part.start());
        if self.target >= ConstructKind::FString.since() {
            return false;
        }
        // What the edits inside made of it counts.
        let edits = Edits::new(
            self.text,
            self.lines,
            self.edits.iter().skip(from).cloned().collect(),
        );
        let Ok(lowered) = edits.apply(content) else {
            return true;
        };
        let is_changed = lowered != self.slice(content);
        if !must && !is_changed {
            return false;
        }
        let mut pieces = Vec::new();
        for range in &braces {
            let Ok(piece) = edits.apply(*range) else {
                return true;
            };
            pieces.push(piece);
        }
        let is_raw_fine = pieces.iter().all(|piece| is_old(self, piece));
        let has_gap = part.elements.iter().any(|element| self.has_gap(element));
        if has_gap
            || !is_raw_fine && (must || pieces.iter().any(|piece| piece.contains('\\')))
            || is_deep(part)
        {
            return true;
        }
        let fits = |quote: &str| {
            let is_closed = quote
                .chars()
                .next()
                .is_some_and(|mark| lowered.ends_with(mark) && quote.len() == 3);
            is_fine(&lowered, quote) && !is_closed
        };
        if pieces.iter().all(|piece| is_fine(piece, quote)) {
            return false;
        }
        let Some(new) = ["'", "\"", "'''", "\"\"\""]
            .into_iter()
            .find(|quote| fits(quote))
        else {
            return true;
        };
        let prefix = self.slice(opener).trim_end_matches(['"', '\'']).to_owned();
        for (range, text) in [(opener, format!("{prefix}{new}")), (closer, new.to_owned())] {
            self.edit(range, vec![Part::Text(text)]);
            if let Some(edit) = self.edits.last_mut() {
                edit.is_quote = true;
            }
        }
        false
    }

    fn has_no_comment(&self, range: TextRange) -> bool {
        let start = self.token_at(range.start());
        let inside = self.tokens.iter().skip(start);
        inside
            .take_while(|token| token.start() < range.end())
            .all(|token| token.kind() != TokenKind::Comment)
    }

    fn has_no_comment_in(&self, ranges: &[TextRange]) -> bool {
        ranges.iter().all(|range| self.has_no_comment(*range))
    }

    fn has_backslash(&self, element: &InterpolatedStringElement) -> bool {
        let InterpolatedStringElement::Interpolation(element) = element else {
            return false;
        };
        let spec = element.format_spec.as_deref();
        let end = spec.map_or(element.end(), Ranged::start);
        self.slice(TextRange::new(element.start(), end))
            .contains('\\')
            || spec.is_some_and(|spec| {
                spec.elements
                    .iter()
                    .any(|element| self.has_backslash(element))
            })
    }

    /// Whether white space follows a conversion, `{x!r }`.
    fn has_gap(&self, element: &InterpolatedStringElement) -> bool {
        let InterpolatedStringElement::Interpolation(element) = element else {
            return false;
        };
        let start = element.expression.end();
        let spec = element.format_spec.as_deref();
        let end = spec.map_or(element.end(), Ranged::start) - TextSize::from(1);
        let before = self.slice(TextRange::new(start, end.max(start)));
        element.conversion != ConversionFlag::None && before.ends_with(char::is_whitespace)
    }

    /// The string as a call.
    fn join_all(&mut self, string: &ast::ExprFString, parts: &mut Vec<Part>) {
        let helper = self.helper();
        parts.push(Part::Text(format!("{helper}.join(")));
        let mut count = 0;
        for part in &string.value {
            match part {
                FStringPart::Literal(literal) => {
                    separate(count, parts);
                    count += 1;
                    parts.push(Part::Line(literal.start()));
                    self.literal(&literal.value, literal.range(), parts);
                }
                FStringPart::FString(part) => {
                    for element in &part.elements {
                        separate(count, parts);
                        count += 1;
                        self.piece(element, parts);
                    }
                }
            }
        }
        parts.push(Part::Line(string.end()));
        parts.push(Part::Text(")".to_owned()));
    }

    fn piece(&mut self, element: &InterpolatedStringElement, parts: &mut Vec<Part>) {
        let element = match element {
            InterpolatedStringElement::Literal(literal) => {
                parts.push(Part::Line(literal.start()));
                return self.literal(&literal.value, literal.range(), parts);
            }
            InterpolatedStringElement::Interpolation(element) => element,
        };
        let helper = self.helper();
        let mut conversion = element.conversion.to_char();
        if let Some(debug) = &element.debug_text {
            if element.format_spec.is_none() && conversion.is_none() {
                conversion = Some('r');
            }
            let text = self.without_comments(element.start() + TextSize::from(1), debug.as_str());
            parts.push(Part::Text(format!("{}, ", quoted(&with_newlines(&text)))));
        }
        parts.push(Part::Text(format!("{helper}.format(")));
        parts.push(Part::Line(element.expression.start()));
        let is_bare = match &*element.expression {
            ast::Expr::Tuple(tuple) => !tuple.parenthesized,
            ast::Expr::Yield(_) | ast::Expr::YieldFrom(_) | ast::Expr::Generator(_) => true,
            _ => false,
        };
        let (open, close) = if is_bare { ("(", ")") } else { ("", "") };
        parts.push(Part::Text(open.to_owned()));
        parts.push(Part::Source(element.expression.range()));
        let conversion = match (conversion, &element.format_spec) {
            (Some(conversion), _) => format!("{close}, \"{conversion}\""),
            (None, Some(_)) => format!("{close}, None"),
            (None, None) => close.to_owned(),
        };
        parts.push(Part::Text(conversion));
        if let Some(spec) = &element.format_spec {
            let pieces: Vec<_> = spec.elements.iter().collect();
            let is_plain = matches!(pieces[..], [InterpolatedStringElement::Literal(_)]);
            let (open, close) = if is_plain { ("", "") } else { ("join(", ")") };
            let name = if is_plain {
                String::new()
            } else {
                format!("{helper}.")
            };
            parts.push(Part::Text(format!(", {name}{open}")));
            for (index, element) in pieces.into_iter().enumerate() {
                separate(index, parts);
                self.piece(element, parts);
            }
            parts.push(Part::Text(close.to_owned()));
        }
        parts.push(Part::Text(")".to_owned()));
    }

    /// What `=` shows of `text`, which begins at `offset`.
    fn without_comments(&self, offset: TextSize, text: &str) -> String {
        let range = TextRange::at(offset, TextSize::try_from(text.len()).unwrap_or_default());
        let mut shown = String::new();
        let mut at = offset;
        for token in self.tokens.iter().skip(self.token_at(offset)) {
            if token.end() > range.end() {
                break;
            }
            if token.kind() == TokenKind::Comment {
                shown.push_str(self.slice(TextRange::new(at, token.start())));
                at = token.end();
            }
        }
        shown + self.slice(TextRange::new(at, range.end()))
    }

    fn literal(&mut self, value: &str, range: TextRange, parts: &mut Vec<Part>) {
        let source = self.slice(range);
        let lower = source.to_ascii_lowercase();
        // Half of a surrogate pair is no character of a Rust string.
        let mut is_lost = lower.contains("\\ud");
        if source.contains('\r') {
            // Line ends are `\n` for Python, and what an escape makes is not.
            let escapes = [
                "\\r",
                "\\x0d",
                "\\u000d",
                "\\u0000000d",
                "\\15",
                "\\015",
                "\\n{",
            ];
            is_lost |= escapes.iter().any(|escape| lower.contains(escape));
        }
        if is_lost {
            self.refuse(ConstructKind::FString, range.start());
        }
        let value = if source.contains('\r') {
            with_newlines(value)
        } else {
            value.to_owned()
        };
        parts.push(Part::Text(quoted(&value)));
    }
}

/// The text with the line ends that Python gives to all.
fn with_newlines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn separate(index: usize, parts: &mut Vec<Part>) {
    if index > 0 {
        parts.push(Part::Text(", ".to_owned()));
    }
}

/// Whether a format specification nests deeper than 3.11 takes it.
fn is_deep(part: &ast::FString) -> bool {
    let specs = |element: &InterpolatedStringElement| {
        let spec = element.as_interpolation()?.format_spec.as_deref()?;
        Some(spec.elements.iter().any(|inner| {
            inner
                .as_interpolation()
                .is_some_and(|inner| inner.format_spec.is_some())
        }))
    };
    part.elements.iter().filter_map(specs).any(|deep| deep)
}

/// A string literal on one line.
fn quoted(value: &str) -> String {
    use std::fmt::Write;
    let mut out = "\"".to_owned();
    for character in value.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            _ if character.is_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}
