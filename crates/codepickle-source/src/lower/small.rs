//! Constructs that take a pair of brackets, a call or a clause.

use ruff_python_ast::token::{Token, TokenKind};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Comprehension, ExceptHandler, Expr, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::construct::ConstructKind;
use super::edit::Part;
use super::reads::full;
use super::rewrite::Rewriter;
use super::scope::{Scope, is_simple};

impl<'a> Rewriter<'a> {
    pub(super) fn wrap(&mut self, range: TextRange, before: &str, after: &str) {
        let parts = vec![
            Part::Text(before.to_owned()),
            Part::Source(range),
            Part::Text(after.to_owned()),
        ];
        self.edit(range, parts);
    }

    /// The kind of the token before `offset`.
    pub(super) fn previous(&self, offset: TextSize) -> Option<TokenKind> {
        let index = self.last_before(self.token_at(offset))?;
        Some(self.tokens.get(index)?.kind())
    }

    /// The index of the token before the one at `index`, comments and line ends left out.
    fn last_before(&self, index: usize) -> Option<usize> {
        let before = self.tokens.get(..index)?;
        before.iter().rposition(|token| !is_trivia(token))
    }

    /// `return 1, *x`, `yield 1, *x`
    pub(super) fn star_tuple(&mut self, value: &Expr) {
        if is_bare_with_star(value) && self.found(ConstructKind::StarTuple, value.start()) {
            self.wrap(value.range(), "(", ")");
        }
    }

    /// `for x in 1, *y:`
    pub(super) fn star_in_for(&mut self, each: &ast::StmtFor) {
        if is_bare_with_star(&each.iter) && self.found(ConstructKind::StarInFor, each.iter.start())
        {
            self.wrap(each.iter.range(), "(", ")");
        }
    }

    /// `except A, B:`
    pub(super) fn except_tuple(&mut self, handler: &ExceptHandler) {
        let ExceptHandler::ExceptHandler(handler) = handler;
        let Some(types) = handler.type_.as_deref() else {
            return;
        };
        if types
            .as_tuple_expr()
            .is_some_and(|tuple| !tuple.parenthesized)
            && self.found(ConstructKind::ExceptTuple, types.start())
        {
            self.wrap(types.range(), "(", ")");
        }
    }

    /// `@a[0]`
    pub(super) fn decorator(&mut self, decorator: &ast::Decorator) {
        let after = decorator.start() + TextSize::from(1);
        let range = self.trimmed(TextRange::new(after, decorator.end()));
        let named = match &decorator.expression {
            Expr::Call(call) => &*call.func,
            expression => expression,
        };
        let is_old = is_dotted_name(named) && range.start() == decorator.expression.start();
        if !is_old && self.found(ConstructKind::RelaxedDecorator, decorator.start()) {
            let helper = self.helper();
            self.wrap(range, &format!("{helper}.same("), ")");
        }
    }

    /// `{x := 1}`, `{x := y for y in z}`
    pub(super) fn walrus_in_set(&mut self, item: &Expr) {
        self.bare_walrus(item, ConstructKind::WalrusInSet);
    }

    fn bare_walrus(&mut self, item: &Expr, kind: ConstructKind) {
        if !item.is_named_expr() || self.previous(item.start()) == Some(TokenKind::Lpar) {
            return;
        }
        // Where the whole expression becomes a call, no brackets are needed.
        if self.found(kind, item.start()) && self.target >= ConstructKind::Walrus.since() {
            self.wrap(item.range(), "(", ")");
        }
    }

    /// `a[x := 1]`, `a[*b]`
    pub(super) fn subscript(&mut self, subscript: &ast::ExprSubscript) {
        match &*subscript.slice {
            Expr::Tuple(tuple) if !tuple.parenthesized => {
                for item in &tuple.elts {
                    self.bare_walrus(item, ConstructKind::WalrusInIndex);
                }
                if tuple.elts.iter().any(Expr::is_starred_expr)
                    && self.found(ConstructKind::StarInIndex, tuple.start())
                {
                    for item in &tuple.elts {
                        self.slice_item(item);
                    }
                    for item in &tuple.elts {
                        self.star_operand(item);
                    }
                    let range = self.trimmed(tuple.range());
                    let is_alone = tuple.elts.len() == 1 && !self.slice(range).ends_with(',');
                    self.wrap(range, "(", if is_alone { ",)" } else { ")" });
                }
            }
            item @ Expr::Starred(star) => {
                if self.found(ConstructKind::StarInIndex, star.start()) {
                    self.wrap(star.range(), "(", ",)");
                    self.star_operand(item);
                }
            }
            item => self.bare_walrus(item, ConstructKind::WalrusInIndex),
        }
    }

    /// `1:2` in a tuple that gets brackets.
    fn slice_item(&mut self, item: &Expr) {
        let Expr::Slice(slice) = item else {
            return;
        };
        let mut parts = vec![Part::Text(format!("{}.slice(", self.helper()))];
        for part in [&slice.lower, &slice.upper, &slice.step] {
            match part.as_deref() {
                Some(part) => {
                    let is_yield = matches!(part, Expr::Yield(_) | Expr::YieldFrom(_));
                    let (open, close) = if is_yield { ("(", ")") } else { ("", "") };
                    parts.extend([
                        Part::Line(part.start()),
                        Part::Text(open.to_owned()),
                        Part::Source(part.range()),
                        Part::Text(close.to_owned()),
                    ]);
                }
                None => parts.push(Part::Text("None".to_owned())),
            }
            parts.push(Part::Text(", ".to_owned()));
        }
        parts.pop();
        parts.push(Part::Line(slice.end()));
        parts.push(Part::Text(")".to_owned()));
        self.edit(slice.range(), parts);
    }

    /// `*a or b`, which a subscript takes and a tuple does not.
    fn star_operand(&mut self, item: &Expr) {
        let Expr::Starred(star) = item else {
            return;
        };
        if matches!(
            &*star.value,
            Expr::BoolOp(_) | Expr::Compare(_) | Expr::If(_) | Expr::Lambda(_)
        ) || star
            .value
            .as_unary_op_expr()
            .is_some_and(|found| found.op == ast::UnaryOp::Not)
        {
            let after = star.start() + TextSize::from(1);
            let range = self.trimmed(TextRange::new(after, star.end()));
            self.wrap(range, "(", ")");
        }
    }

    /// `[*x for x in y]`; `last` is the last clause of a list or set.
    pub(super) fn unpacking(&mut self, item: &Expr, last: Option<&Comprehension>) {
        let Expr::Starred(star) = item else {
            return;
        };
        let kind = ConstructKind::UnpackingComprehension;
        if !self.found(kind, item.start()) {
            return;
        }
        let Some(last) = last else {
            return self.refuse(kind, item.start());
        };
        let value = TextRange::new(star.start() + TextSize::from(1), star.end());
        let variable = self.variable();
        let (mut clauses, value) = self.unpacked(value);
        let mut parts = vec![
            Part::Text(variable.clone()),
            Part::Source(TextRange::new(star.end(), last.end())),
        ];
        parts.append(&mut clauses);
        parts.push(Part::Text(format!(" for {variable} in (")));
        parts.push(value);
        parts.push(Part::Text(")".to_owned()));
        self.edit(TextRange::new(star.start(), last.end()), parts);
    }

    /// What an element unpacks, as it can stand in the iterable of another loop; and clauses before that loop, since an
    /// iterable takes no assignment expression, and a condition does.
    fn unpacked(&mut self, value: TextRange) -> (Vec<Part>, Part) {
        if !self.slice(value).contains(":=") {
            return (Vec::new(), Part::Source(value));
        }
        let (helper, name) = (self.helper(), self.variable());
        let clauses = vec![
            Part::Text(format!(" for {name} in [{helper}.box()] if {name}.put(")),
            Part::Source(value),
            Part::Text(")".to_owned()),
        ];
        (clauses, Part::Text(format!("{name}.value")))
    }

    /// `{**x for x in y}`
    fn unpacking_dict(&mut self, comp: &ast::ExprDictComp) {
        let kind = ConstructKind::UnpackingComprehension;
        if !self.found(kind, comp.start()) {
            return;
        }
        let asterisks = self.token_after(comp.start(), TokenKind::DoubleStar);
        let (Some(first), Some(last)) = (comp.generators.first(), comp.generators.last()) else {
            return;
        };
        // Up to the brackets around it, and no comment.
        let end = self.last_before(self.token_at(first.start()));
        let Some(end) = end.and_then(|index| self.tokens.get(index)) else {
            return;
        };
        let value = self.trimmed(TextRange::new(asterisks.end(), end.end()));
        let (key, item) = (self.variable(), self.variable());
        let mut parts = vec![
            Part::Text(format!("{key}: {item}")),
            Part::Source(TextRange::new(value.end(), last.end())),
        ];
        let (mut clauses, value) = self.unpacked(value);
        parts.append(&mut clauses);
        let helper = self.helper();
        parts.push(Part::Text(format!(" for {key}, {item} in {helper}.items(")));
        parts.push(value);
        parts.push(Part::Text(")".to_owned()));
        self.edit(TextRange::new(asterisks.start(), last.end()), parts);
    }

    /// `{f(x): g(x) for x in y}`: 3.7 calls `g` first.
    pub(super) fn dict_comprehension(&mut self, comp: &ast::ExprDictComp) {
        let (Some(key), Some(last)) = (comp.key.as_deref(), comp.generators.last()) else {
            return self.unpacking_dict(comp);
        };
        let is_seen = has_effects(key) && has_effects(&comp.value);
        if !is_seen || !self.found(ConstructKind::DictComprehensionOrder, comp.start()) {
            return;
        }
        let variable = self.variable();
        let parts = vec![
            Part::Text(variable.clone()),
            Part::Source(TextRange::new(key.end(), last.end())),
            Part::Text(format!(" for {variable} in [")),
            Part::Source(key.range()),
            Part::Text("]".to_owned()),
        ];
        self.edit(TextRange::new(key.start(), last.end()), parts);
    }

    /// `[[x async for x in y] for y in z]`: up to 3.10 the outer one awaits only if that is said in it.
    pub(super) fn async_comprehensions(&mut self, inner: &[TextRange]) {
        for (index, range) in inner.iter().enumerate() {
            if self.found(ConstructKind::AsyncComprehension, range.start()) && index == 0 {
                let helper = self.helper();
                self.wrap(*range, &format!("(await {helper}.now("), "))");
            }
        }
    }

    /// `case +1:`, `case +1 + 2j:`
    pub(super) fn plus_in_pattern(&mut self, value: &Expr) {
        let number = match value {
            Expr::BinOp(complex) => &*complex.left,
            number => number,
        };
        // The parser is given a blank for it.
        let number = number.start();
        let before = self.token_at(number).checked_sub(1);
        let before = before.and_then(|index| self.tokens.get(index));
        let gap = TextRange::new(before.map_or(number, Ranged::end), number);
        let Some(place) = self.slice(gap).find('+') else {
            return;
        };
        let plus = gap.start() + TextSize::try_from(place).unwrap_or_default();
        if self.found(ConstructKind::PlusInPattern, plus) {
            let sign = TextRange::at(plus, TextSize::from(1));
            self.edit(sign, vec![Part::Text(" ".to_owned())]);
        }
    }

    /// `lazy import x`: what 3.15 does itself where `sys.set_lazy_imports_filter` says so, and, by PEP 810, what older
    /// versions do with modules that are named in `__lazy_modules__`.
    pub(super) fn lazy_import(&mut self, import: TextRange) {
        let kind = ConstructKind::LazyImport;
        if !self.found(kind, import.start()) {
            return;
        }
        let keyword = self.token_after(import.start(), TokenKind::Lazy);
        let next = self.tokens.get(self.token_at(keyword.end()));
        let range = TextRange::new(keyword.start(), next.map_or(keyword.end(), Ranged::start));
        if self.slice(range).contains('\\') {
            return self.refuse(kind, import.start());
        }
        self.edit(range, Vec::new());
    }

    /// A name that is new.
    pub(super) fn variable(&mut self) -> String {
        self.variables += 1;
        format!("{}_{}", self.helper, self.variables)
    }

    /// `with (a as b, c as d):`
    pub(super) fn with_items(&mut self, with: &ast::StmtWith) {
        let keyword = self.token_after(with.start(), TokenKind::With);
        let open = self.token_at(keyword.end());
        let Some(close) = self.closing(open) else {
            return;
        };
        let kind = |index: usize| self.tokens.get(index).map(Token::kind);
        let comma = self
            .last_before(close)
            .filter(|index| kind(*index) == Some(TokenKind::Comma));
        let has_name = with.items.iter().any(|item| item.optional_vars.is_some());
        if kind(close + 1) != Some(TokenKind::Colon)
            || !(with.items.len() > 1 || comma.is_some() || has_name)
        {
            return;
        }
        // One item without a name and comma: brackets around an expression, unless the name is inside.
        if !self.found(ConstructKind::ParenthesizedWith, with.start()) {
            return;
        }
        let tokens = self.tokens;
        let mut depth = 0_usize;
        for (index, token) in tokens.iter().enumerate().take(close + 1).skip(open) {
            let mut drop = index == open || index == close || Some(index) == comma;
            match token.kind() {
                TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => depth += 1,
                TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                    depth = depth.saturating_sub(1);
                }
                TokenKind::Comment if depth == 1 => drop = true,
                TokenKind::NonLogicalNewline if depth == 1 => {
                    let at = TextRange::empty(token.start());
                    self.edit(at, vec![Part::Text("\\".to_owned())]);
                }
                _ => {}
            }
            if drop {
                let is_glued = index == open && token.start() == keyword.end();
                let gap = if is_glued { " " } else { "" };
                self.edit(token.range(), vec![Part::Text(gap.to_owned())]);
            }
        }
    }

    /// The index of the bracket that closes the one at `open`.
    fn closing(&self, open: usize) -> Option<usize> {
        if self.tokens.get(open)?.kind() != TokenKind::Lpar {
            return None;
        }
        let mut depth = 0_usize;
        for (index, token) in self.tokens.iter().enumerate().skip(open) {
            match token.kind() {
                TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => depth += 1,
                TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(index);
                    }
                }
                TokenKind::Newline => return None,
                _ => {}
            }
        }
        None
    }

    /// `def f(a, /)`: another name for the parameter; whether the body needs the variable.
    pub(super) fn positional_only(&mut self, parameters: &ast::Parameters) -> bool {
        let Some(last) = parameters.posonlyargs.last() else {
            return false;
        };
        let kind = ConstructKind::PositionalOnly;
        if !self.found(kind, parameters.start()) {
            return false;
        }
        self.drop_slash(last.end());
        for parameter in &parameters.posonlyargs {
            let name = &parameter.parameter.name;
            let hidden = format!("{}_{name}", self.helper);
            self.edit(name.range(), vec![Part::Text(hidden)]);
        }
        true
    }

    /// Gives the annotations of renamed parameters their names, where they are evaluated.
    pub(super) fn renamed_annotations(&mut self, def: &'a ast::StmtFunctionDef) {
        if self.is_only_compiled() {
            return;
        }
        let class = self.scopes.last().and_then(|scope| scope.class.as_deref());
        let annotated = def.parameters.posonlyargs.iter();
        let annotated = annotated.filter(|found| found.annotation().is_some());
        let renamed: Vec<String> = annotated
            .map(|found| {
                let name = found.name().as_str();
                format!("{}_{name}=\"{}\"", self.helper, full(class, name))
            })
            .collect();
        if !renamed.is_empty() {
            let decorator = format!("{}.renamed({})", self.helper(), renamed.join(", "));
            if self.insert_decorator(def, &decorator).is_none() {
                self.refuse(ConstructKind::PositionalOnly, def.parameters.start());
            }
        }
    }

    /// Gives the variables of renamed parameters their values, before anything else is evaluated.
    pub(super) fn restore_names(&mut self, parameters: &ast::Parameters, body: &[Stmt]) {
        let parameter_names = parameters
            .posonlyargs
            .iter()
            .map(|found| &found.parameter.name);
        let names: Vec<String> = parameter_names.map(ToString::to_string).collect();
        let hidden = |name: &String| format!("{}_{name}", self.helper);
        let values: Vec<String> = names.iter().map(hidden).collect();
        let mut assignment = format!("{} = {}", names.join(", "), values.join(", "));
        let is_watched = self.scopes.last().is_some_and(Scope::is_watched);
        if is_watched {
            assignment = format!("{assignment}; del {}", values.join(", "));
        }
        let mut rest = body;
        // Nothing is evaluated between a `try` and its first statement, nor by a plain `def`.
        let first = loop {
            match rest.split_first() {
                Some((Stmt::Try(attempt), _)) => rest = &attempt.body,
                Some((Stmt::FunctionDef(def), after))
                    if is_inert(def) && !names.iter().any(|name| *name == def.name.as_str()) =>
                {
                    rest = after;
                }
                first => break first.map(|(first, _)| first),
            }
        };
        let evaluated = match first {
            Some(Stmt::If(stmt)) => &*stmt.test,
            // A loop that is entered again asks for its iterable again.
            Some(stmt @ Stmt::For(each)) if !self.is_entered_again(stmt, &each.body) => &*each.iter,
            Some(Stmt::With(ast::StmtWith { items, .. })) if !items.is_empty() => {
                &items[0].context_expr
            }
            Some(stmt) if is_simple(stmt) || stmt.is_match_stmt() => {
                let is_docstring = stmt
                    .as_expr_stmt()
                    .is_some_and(|stmt| stmt.value.is_string_literal_expr());
                let (at, text) = if is_docstring {
                    (stmt.end(), format!("; {assignment}"))
                } else {
                    (stmt.start(), format!("{assignment}; "))
                };
                return self.edit(TextRange::empty(at), vec![Part::Text(text)]);
            }
            _ => {
                let Some((line, indentation)) = self.first_line(body) else {
                    return self.refuse(ConstructKind::PositionalOnly, parameters.start());
                };
                let text = format!("{indentation}{assignment}\n");
                return self.edit(TextRange::empty(line), vec![Part::Inserted(text)]);
            }
        };
        let mut parts = vec![Part::Text("[".to_owned())];
        for (name, value) in names.iter().zip(values) {
            let hidden = value.clone();
            let value = Part::Text(value);
            let mut bound = self.bind(
                name,
                value,
                parameters.start(),
                ConstructKind::PositionalOnly,
            );
            parts.append(&mut bound);
            parts.push(Part::Text(", ".to_owned()));
            if is_watched {
                let helper = self.helper();
                parts.push(Part::Text(format!("{helper}.drop(lambda: {hidden}), ")));
            }
        }
        let range = evaluated.range();
        // `if a or b` asks each once whether it is true: the test stays one.
        let is_test = first.is_some_and(Stmt::is_if_stmt);
        let is_bare = evaluated
            .as_tuple_expr()
            .is_some_and(|tuple| !tuple.parenthesized);
        let (open, close) = match (is_test, is_bare) {
            (true, _) => ("] and (", ")"),
            (false, true) => ("(", ")][-1]"),
            (false, false) => ("", "][-1]"),
        };
        parts.push(Part::Text(open.to_owned()));
        parts.push(Part::Source(range));
        parts.push(Part::Text(close.to_owned()));
        self.edit(range, parts);
    }

    /// Takes `/` out, with the comma after it, or that before it.
    fn drop_slash(&mut self, after: TextSize) {
        let slash = self.token_after(after, TokenKind::Slash);
        let index = self.token_at(slash.start());
        let mut rest = self.tokens.iter().skip(index + 1);
        let next = rest.find(|token| !is_trivia(token));
        let range = if let Some(comma) = next.filter(|token| token.kind() == TokenKind::Comma) {
            let rest = self.slice(TextRange::new(comma.end(), self.end_of_text()));
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            TextRange::new(
                slash.start(),
                comma.end() + TextSize::try_from(blanks).unwrap_or_default(),
            )
        } else {
            let comma = self.token_after(after, TokenKind::Comma);
            TextRange::new(comma.start().min(slash.start()), slash.end())
        };
        self.edit(range, vec![Part::Line(range.end())]);
    }

    fn end_of_text(&self) -> TextSize {
        TextSize::try_from(self.text.len()).unwrap_or_default()
    }
}

fn is_trivia(token: &Token) -> bool {
    matches!(
        token.kind(),
        TokenKind::Comment | TokenKind::NonLogicalNewline
    )
}

fn is_bare_with_star(value: &Expr) -> bool {
    let tuple = value.as_tuple_expr();
    tuple.is_some_and(|tuple| !tuple.parenthesized && tuple.elts.iter().any(Expr::is_starred_expr))
}

fn is_dotted_name(expr: &Expr) -> bool {
    let mut inner = expr;
    while let Expr::Attribute(attribute) = inner {
        inner = &attribute.value;
    }
    inner.is_name_expr()
}

/// Whether the statement makes a function and evaluates nothing.
fn is_inert(def: &ast::StmtFunctionDef) -> bool {
    let mut parameters = def.parameters.iter();
    def.decorator_list.is_empty()
        && def.returns.is_none()
        && parameters.all(|found| found.default().is_none() && found.annotation().is_none())
}

/// Whether it can be seen when the expression is evaluated.
fn has_effects(expr: &Expr) -> bool {
    struct Effects(bool);
    impl<'a> Visitor<'a> for Effects {
        fn visit_expr(&mut self, expr: &'a Expr) {
            match expr {
                Expr::Name(_)
                | Expr::NumberLiteral(_)
                | Expr::StringLiteral(_)
                | Expr::BytesLiteral(_)
                | Expr::BooleanLiteral(_)
                | Expr::NoneLiteral(_)
                | Expr::EllipsisLiteral(_)
                | Expr::Lambda(_) => {}
                Expr::Tuple(_) | Expr::List(_) => visitor::walk_expr(self, expr),
                _ => self.0 = true,
            }
        }
    }
    let mut effects = Effects(false);
    effects.visit_expr(expr);
    effects.0
}
