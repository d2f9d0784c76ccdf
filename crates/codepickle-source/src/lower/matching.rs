//! `match` statements.
//!
//! The subject goes into a variable that holds it and the values that patterns take out of it, by numbers given here:
//! 0 is the subject. Each `case` becomes an `if` or `elif` at the column of `match`, and its body stays as it is.
//! The operations are those of CPython's compiler, in its order.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{self as ast, Expr, Pattern, Singleton, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::construct::ConstructKind;
use super::edit::{Part, newlines};
use super::rewrite::Rewriter;
use super::scope::{Scope, is_simple};

/// The condition of one case.
struct Case<'a> {
    matcher: &'a str,
    parts: Vec<Part>,
    /// How many values have a number.
    values: usize,
    /// Names and the numbers of what they are bound to.
    names: Vec<(String, usize)>,
    alternatives: usize,
    is_empty: bool,
    has_lines: bool,
    /// Nothing may remain of the matcher; whether this is the last case.
    tidy: Option<bool>,
}

impl Case<'_> {
    fn text(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Text(text.into()));
    }

    fn and(&mut self, text: impl Into<String>) {
        if !self.is_empty {
            self.text(" and ");
        }
        self.is_empty = false;
        self.text(text);
    }

    fn source(&mut self, range: TextRange) {
        if self.has_lines {
            self.parts.push(Part::Line(range.start()));
        }
        self.parts.push(Part::Source(range));
    }

    fn reserve(&mut self, count: usize) -> usize {
        let first = self.values;
        self.values += count;
        first
    }

    fn capture(&mut self, name: &str, value: usize) {
        if self.alternatives == 0 {
            return self.names.push((name.to_owned(), value));
        }
        // The alternatives leave the value at different numbers: it gets one of its own.
        let known = self.names.iter().find(|(known, _)| known == name);
        let place = if let Some((_, place)) = known {
            *place
        } else {
            let place = self.reserve(1);
            self.names.push((name.to_owned(), place));
            place
        };
        self.and(format!("{}.put({place}, {value})", self.matcher));
    }

    fn pattern(&mut self, pattern: &Pattern, value: usize) {
        let matcher = self.matcher;
        match pattern {
            Pattern::MatchValue(found) => {
                self.and(format!("{matcher}[{value}] == "));
                self.source(found.value.range());
            }
            Pattern::MatchSingleton(found) => {
                let name = match found.value {
                    Singleton::None => "None",
                    Singleton::True => "True",
                    Singleton::False => "False",
                };
                self.and(format!("{matcher}[{value}] is {name}"));
            }
            Pattern::MatchSequence(found) => self.sequence(&found.patterns, value),
            Pattern::MatchMapping(found) => self.mapping(found, value),
            Pattern::MatchClass(found) => self.class(found, value),
            Pattern::MatchStar(found) => {
                if let Some(name) = &found.name {
                    self.capture(name, value);
                }
            }
            Pattern::MatchAs(found) => {
                if let Some(inner) = &found.pattern {
                    self.pattern(inner, value);
                }
                if let Some(name) = &found.name {
                    self.capture(name, value);
                }
            }
            Pattern::MatchOr(found) => {
                self.and("(");
                self.alternatives += 1;
                for (index, alternative) in found.patterns.iter().enumerate() {
                    if index > 0 {
                        self.text(" or ");
                    }
                    self.is_empty = true;
                    self.pattern(alternative, value);
                    if self.is_empty {
                        self.text("True");
                    }
                }
                self.alternatives -= 1;
                self.is_empty = false;
                self.text(")");
            }
        }
    }

    /// Takes the matcher away when a case is chosen, and after the last.
    fn tidy(&mut self) {
        if let Some(is_last) = self.tidy {
            let done = format!("{0}.done(lambda: {0})", self.matcher);
            self.and(done.clone());
            if is_last {
                self.text(format!(" or {done} and False"));
            }
        }
    }

    fn sequence(&mut self, patterns: &[Pattern], value: usize) {
        let matcher = self.matcher;
        let size = patterns.len();
        let star = patterns.iter().position(Pattern::is_match_star);
        self.and(match star {
            None => format!("{matcher}.seq({value}, {size})"),
            Some(_) if size == 1 => format!("{matcher}.seq({value})"),
            Some(_) => format!("{matcher}.seq({value}, {}, True)", size - 1),
        });
        if patterns.iter().all(is_wildcard) {
            return;
        }
        let first = self.reserve(size);
        let subscripts = star.is_some_and(|star| patterns.get(star).is_some_and(is_wildcard));
        if !subscripts {
            let star = star.map_or("None".to_owned(), |star| star.to_string());
            self.and(format!(
                "{matcher}.unpack({value}, {size}, {star}, {first})"
            ));
        }
        for (index, pattern) in patterns.iter().enumerate() {
            if is_wildcard(pattern) {
                continue;
            }
            if subscripts {
                let from_end = if star < Some(index) {
                    format!("-{}", size - index)
                } else {
                    index.to_string()
                };
                self.and(format!(
                    "{matcher}.item({value}, {from_end}, {})",
                    first + index
                ));
            }
            self.pattern(pattern, first + index);
        }
    }

    fn mapping(&mut self, found: &ast::PatternMatchMapping, value: usize) {
        let matcher = self.matcher;
        let size = found.keys.len();
        self.and(format!("{matcher}.mapping({value}, {size})"));
        if size == 0 && found.rest.is_none() {
            return;
        }
        let keys = self.reserve(1);
        let first = self.reserve(size);
        self.and(format!("{matcher}.keys({value}, {keys}, ("));
        for key in &found.keys {
            self.source(key.range());
            self.text(", ");
        }
        self.text("))");
        for (index, pattern) in found.patterns.iter().enumerate() {
            self.pattern(pattern, first + index);
        }
        if let Some(rest) = &found.rest {
            let place = self.reserve(1);
            self.and(format!("{matcher}.rest({value}, {keys}, {place})"));
            self.capture(rest, place);
        }
    }

    fn class(&mut self, found: &ast::PatternMatchClass, value: usize) {
        let positional = &found.arguments.patterns;
        let keywords = &found.arguments.keywords;
        let first = self.reserve(positional.len() + keywords.len());
        self.and(format!("{}.cls({value}, ", self.matcher));
        self.source(found.cls.range());
        let names = keywords.iter().fold(String::new(), |all, keyword| {
            all + ", \"" + keyword.attr.as_str() + "\""
        });
        self.text(format!(", {}, {first}{names})", positional.len()));
        let patterns = keywords.iter().map(|keyword| &keyword.pattern);
        for (index, pattern) in positional.iter().chain(patterns).enumerate() {
            self.pattern(pattern, first + index);
        }
    }
}

fn is_wildcard(pattern: &Pattern) -> bool {
    match pattern {
        Pattern::MatchAs(found) => found.pattern.is_none() && found.name.is_none(),
        Pattern::MatchStar(found) => found.name.is_none(),
        _ => false,
    }
}

impl Rewriter<'_> {
    /// The statement and its cases; their bodies are visited as usual.
    pub(super) fn match_statement(&mut self, stmt: &ast::StmtMatch) {
        if !self.found(ConstructKind::Match, stmt.start()) {
            return;
        }
        let Some(indentation) = self.original_indentation(stmt.start()) else {
            return self.refuse(ConstructKind::Match, stmt.start());
        };
        let is_tidy = self.scopes.last().is_some_and(Scope::is_watched);
        let matcher = self.variable();
        self.subject(stmt, &matcher);
        for (index, case) in stmt.cases.iter().enumerate() {
            let place = (index == 0, index + 1 == stmt.cases.len(), is_tidy);
            self.case(case, place, indentation, &matcher);
        }
    }

    fn subject(&mut self, stmt: &ast::StmtMatch, matcher: &str) {
        let keyword = stmt.start() + TextSize::from(5);
        let colon = self.colon(stmt.subject.end());
        let subject = self.trimmed(TextRange::new(keyword, colon.start()));
        let is_bare = match &*stmt.subject {
            Expr::Tuple(tuple) => !tuple.parenthesized,
            _ => false,
        };
        let (open, close) = if is_bare { ("(", ")") } else { ("", "") };
        let helper = self.helper();
        let parts = vec![
            Part::Text(format!("{matcher} = {helper}.match({open}")),
            Part::Line(subject.start()),
            Part::Source(subject),
            Part::Line(colon.end()),
            Part::Text(format!("{close})")),
        ];
        self.edit(TextRange::new(stmt.start(), colon.end()), parts);
    }

    /// The colon that ends a clause whose last expression or pattern ends at `offset`.
    fn colon(&self, offset: TextSize) -> TextRange {
        self.token_after(offset, TokenKind::Colon)
    }

    fn case(
        &mut self,
        case: &ast::MatchCase,
        (is_first, is_last, is_tidy): (bool, bool, bool),
        indentation: &str,
        matcher: &str,
    ) {
        let guard = case.guard.as_deref();
        let colon = self.colon(guard.map_or(case.pattern.end(), Ranged::end));
        let kept = TextSize::of(indentation);
        let extra = self.original_indentation(case.start());
        if extra.is_none_or(|extra| !extra.starts_with(indentation)) {
            return self.refuse(ConstructKind::Match, case.start());
        }
        let range = TextRange::new(self.line_start(case.start()) + kept, colon.start());
        let mut condition = Case {
            matcher,
            parts: Vec::new(),
            values: 1,
            names: Vec::new(),
            alternatives: 0,
            is_empty: true,
            has_lines: newlines(self.slice(range)) > 0,
            tidy: is_tidy.then_some(is_last),
        };
        condition.pattern(&case.pattern, 0);
        let names = std::mem::take(&mut condition.names);
        if !names.is_empty() {
            self.bindings(case, &names, &mut condition);
        }
        if let Some(guard) = guard {
            let is_simple = matches!(
                guard,
                Expr::Name(_) | Expr::Call(_) | Expr::Compare(_) | Expr::Attribute(_)
            );
            condition.and(if is_simple { "" } else { "(" });
            condition.source(guard.range());
            condition.text(if is_simple { "" } else { ")" });
        }
        condition.tidy();
        let keyword = if is_first { "if" } else { "elif" };
        let mut parts = Vec::new();
        if condition.is_empty && !is_first && !condition.has_lines {
            parts.push(Part::Text("else".to_owned()));
        } else {
            if condition.is_empty {
                condition.text("True");
            }
            let (open, close) = if condition.has_lines {
                ("(", ")")
            } else {
                ("", "")
            };
            parts.push(Part::Text(format!("{keyword} {open}")));
            parts.append(&mut condition.parts);
            if condition.has_lines {
                parts.push(Part::Line(range.end()));
            }
            parts.push(Part::Text(close.to_owned()));
        }
        self.edit(range, parts);
    }

    /// Binds the names: in the first statement of the body, or, where the guard sees them or there is no simple
    /// statement, in the condition.
    fn bindings(&mut self, case: &ast::MatchCase, names: &[(String, usize)], condition: &mut Case) {
        let matcher = condition.matcher;
        let first = case.body.first().filter(|stmt| is_simple(stmt));
        // ruff takes `match = x` for a statement of its own unless it comes first on its line.
        let is_plain = condition.tidy.is_none() && names.iter().all(|(name, _)| name != "match");
        if let (None, Some(first), true) = (&case.guard, first, is_plain) {
            let targets: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
            let values: Vec<String> = names
                .iter()
                .map(|(_, value)| format!("{matcher}[{value}]"))
                .collect();
            let text = format!("{} = {}; ", targets.join(", "), values.join(", "));
            let at = Stmt::start(first);
            return self.edit(TextRange::empty(at), vec![Part::Text(text)]);
        }
        condition.and("[");
        for (index, (name, value)) in names.iter().enumerate() {
            if index > 0 {
                condition.text(", ");
            }
            let value = Part::Text(format!("{matcher}[{value}]"));
            let mut parts = self.bind(name, value, case.start(), ConstructKind::Match);
            condition.parts.append(&mut parts);
        }
        condition.text("]");
    }
}
