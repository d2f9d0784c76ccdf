//! Whether rules allow all that loading a pickle does.
use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use crate::read::{Argument, Kind, Oddity, Role, Value, View};
use crate::trust::heads::heads;
use crate::trust::portable::{self, groups};
use crate::trust::rules::{Allowed, Refusal, Rules};
use crate::trust::scan::most_digits;
use crate::trust::survey::{Maker, RUNTIME, Survey};
use crate::trust::twins::twins;
use crate::trust::unit::Unit;

/// How many bytes all units may take together, for each byte of the pickle: functions that refer to each other share
/// most of what they rest on, and are told of one by one.
const UNITS_PER_BYTE: usize = 64;
const UNITS_BASE: usize = 1 << 24;
const UNITS_MOST: usize = 1 << 28;

/// More refusals than anybody reads.
const MOST_REFUSALS: usize = 100;

/// What may be set on an exception by `builtins.setattr`.
const OF_EXCEPTIONS: [&str; 3] = ["__cause__", "__context__", "__suppress_context__"];

/// Whether `rules` allow what the pickle does. `hash` is SHA-256.
///
/// # Errors
/// What they do not allow.
///
/// ```
/// use codepickle_stream::{check, trace, Rules, Survey};
///
/// let read = trace(b"cos\nsystem\n(Vid\ntR.", 1 << 20);
/// let survey = Survey::of(&read, &|module, name| (module.to_owned(), name.to_owned()));
/// let refusals = check(&survey, &Rules::default(), &mut |_| [0; 32]).unwrap_err();
/// assert_eq!((refusals[0].code, refusals[0].offset), ("reference", 0));
/// ```
pub fn check(
    survey: &Survey<'_, '_>,
    rules: &Rules,
    hash: &mut dyn FnMut(&[u8]) -> [u8; 32],
) -> Result<Allowed, Vec<Refusal>> {
    let length = survey.graph().data.len();
    let mut check = Check {
        survey,
        rules,
        hash,
        budget: length
            .saturating_mul(UNITS_PER_BYTE)
            .saturating_add(UNITS_BASE)
            .min(UNITS_MOST),
        covered: HashSet::new(),
        roots: HashSet::new(),
        rejected: HashSet::new(),
        plain: HashSet::new(),
        only_called: HashMap::new(),
        refusals: Vec::new(),
        allowed: Allowed::default(),
    };
    check.stream();
    if check.refusals.is_empty() {
        check.costs();
    }
    if check.refusals.is_empty() {
        check.heads();
        check.cover();
        check.groups();
        check.twins();
        check.only_called();
        check.values();
        check.gives();
        check.edge(survey.graph().root(), survey.graph().end());
    }
    if check.refusals.is_empty() {
        check.allowed.covered = check.covered;
        Ok(check.allowed)
    } else {
        check.refusals.sort_by_key(|refusal| refusal.offset);
        Err(check.refusals)
    }
}

struct Check<'c, 'g, 'a> {
    survey: &'c Survey<'g, 'a>,
    rules: &'c Rules,
    hash: &'c mut dyn FnMut(&[u8]) -> [u8; 32],
    budget: usize,
    /// What belongs to an approved unit.
    covered: HashSet<Value>,
    /// The functions and classes that are approved themselves.
    roots: HashSet<Value>,
    /// Those that are known not to be.
    rejected: HashSet<Value>,
    /// Tuples of strings, numbers and such tuples, which are the same to everybody.
    plain: HashSet<Value>,
    /// What is called, and whether all of its calls are of the format.
    only_called: HashMap<Value, bool>,
    refusals: Vec<Refusal>,
    allowed: Allowed,
}

impl Check<'_, '_, '_> {
    fn refuse(&mut self, code: &'static str, offset: usize, message: impl Display) {
        if self.refusals.len() < MOST_REFUSALS {
            self.refusals.push(Refusal {
                code,
                offset,
                message: message.to_string(),
            });
        }
    }

    fn limit(
        &mut self,
        code: &'static str,
        offset: usize,
        found: impl Display,
        most: impl Display,
    ) {
        self.refuse(
            code,
            offset,
            format_args!("{found} is more than the {most} allowed"),
        );
    }

    /// What the stream itself must not have.
    fn stream(&mut self) {
        let trace = self.survey.trace;
        if let Some(error) = &trace.error {
            let code = if error.is_limit() {
                "limit-memory"
            } else {
                "malformed"
            };
            self.refuse(code, error.offset(), error);
        }
        for (oddity, offset) in &trace.oddities {
            // `pickle` itself pops marks in protocol 0.
            if *oddity != Oddity::MarkPopped {
                self.refuse(oddity.code(), *offset, "no pickler writes this");
            }
        }
        let limits = &self.rules.limits;
        let end = trace.graph.end();
        for (code, found, most) in [
            ("limit-opcodes", trace.opcodes, limits.opcodes),
            ("limit-memo", trace.memo, limits.memo),
            ("limit-objects", trace.graph.len(), limits.objects),
        ] {
            if found > most {
                self.limit(code, end, found, most);
            }
        }
    }

    /// Depth, and what hashing costs. Both of what an object is made of, which is there before it.
    fn costs(&mut self) {
        let graph = self.survey.graph();
        let limits = self.rules.limits;
        let mut depths: HashMap<Value, (u32, u64)> = HashMap::new();
        for value in graph.values() {
            let parts = graph.inputs(value).chain(graph.items(value));
            let whole = !matches!(graph.kind(value), Some(Kind::List | Kind::Set | Kind::Dict));
            let (mut depth, mut cost, mut plain) =
                (0_u32, 1_u64, graph.kind(value) == Some(Kind::Tuple));
            for part in parts.filter(|_| whole) {
                let (below, each) = depths.get(&part).copied().unwrap_or((0, 1));
                depth = depth.max(below);
                cost = cost.saturating_add(each);
                plain = plain && (!part.is_node() || self.plain.contains(&part));
            }
            if plain {
                self.plain.insert(value);
            }
            depths.insert(value, (depth + 1, cost));
            if depth >= limits.depth {
                let offset = graph.offset(value);
                self.limit("limit-depth", offset, depth + 1, limits.depth);
                return;
            }
        }
        let (mut hashing, mut long) = (0_u64, 0);
        for give in graph.gives.iter().flatten() {
            let node = Value::node(give.node);
            let (hashed, step) = match (graph.kind(node), give.role) {
                (Some(Kind::Set | Kind::FrozenSet), Role::Items) => (true, 1),
                (_, Role::Pairs) => (true, 2),
                _ => (false, 1),
            };
            for value in graph.given(give).iter().step_by(step).filter(|_| hashed) {
                hashing = hashing.saturating_add(depths.get(value).map_or(1, |(_, cost)| *cost));
                long += usize::from(!value.is_node() && graph.view(*value) == View::BigInt);
            }
        }
        // A view of a dict is made of its items.
        for value in graph.values() {
            if self.survey.maker(value) != Some(Maker::DictView) {
                continue;
            }
            let items = self.survey.arguments(value, 2).get(1).copied();
            for item in items.into_iter().flat_map(|items| graph.items(items)) {
                hashing = hashing.saturating_add(depths.get(&item).map_or(1, |(_, cost)| *cost));
                if hashing > limits.hashing {
                    break;
                }
            }
        }
        let end = graph.end();
        if hashing > limits.hashing {
            self.limit("limit-hashing", end, hashing, limits.hashing);
        }
        if long > limits.long_keys {
            self.limit("limit-long-keys", end, long, limits.long_keys);
        }
    }

    /// Finds the heads of self-contained payloads that are known, to the byte.
    fn heads(&mut self) {
        let heads = heads(self.survey);
        for (value, whole) in heads {
            if self.rules.heads.contains(&(self.hash)(&whole)) {
                self.allowed.heads.insert(value);
            }
        }
    }

    /// Finds the groups of portable functions whose runtime is known. Those that belong to something approved are covered as
    /// they are.
    fn groups(&mut self) {
        let (groups, members) = groups(self.survey);
        for group in groups {
            let known = self.rules.heads.contains(&(self.hash)(&group.programs));
            if known && !self.covered.contains(&group.call) {
                self.allowed.groups.push(group);
            }
        }
        let known: HashSet<Value> = self.allowed.groups.iter().map(|group| group.call).collect();
        let members = members.into_iter();
        self.allowed.members = members.filter(|(_, group)| known.contains(group)).collect();
    }

    /// Whether the call makes a group whose runtime is known, or takes a function out of one.
    fn is_portable(&self, call: Value) -> bool {
        self.allowed.members.contains_key(&call)
            || self.allowed.groups.iter().any(|group| group.call == call)
    }

    fn twins(&mut self) {
        for (_, twin) in twins(self.survey) {
            self.refuse(
                "twin",
                self.survey.graph().offset(twin),
                "a class that the runtime takes for another one of this payload",
            );
        }
    }

    /// Whether the value is a function, a class or a wrapper: what can be approved.
    fn is_unit(&self, value: Value) -> bool {
        let maker = self.survey.maker(value);
        matches!(maker, Some(Maker::Function | Maker::Class | Maker::Wrapper))
    }

    /// Finds what is approved, and all that belongs to it.
    fn cover(&mut self) {
        if self.rules.approvals.is_empty() {
            return;
        }
        for value in self.survey.graph().values() {
            if self.is_unit(value) && !self.covered.contains(&value) {
                self.approve(value);
            }
        }
    }

    /// Whether the unit that begins at the value is approved itself.
    fn approve(&mut self, value: Value) -> bool {
        if self.roots.contains(&value) {
            return true;
        }
        if self.rejected.contains(&value) || self.rules.approvals.is_empty() {
            return false;
        }
        let Some(unit) = Unit::of(self.survey, value, &mut self.budget) else {
            self.rejected.insert(value);
            return false;
        };
        if !self.rules.approvals.contains(&(self.hash)(&unit.bytes)) {
            self.rejected.insert(value);
            return false;
        }
        self.covered.extend(unit.members);
        self.roots.insert(value);
        true
    }

    fn values(&mut self) {
        for value in self.survey.graph().values() {
            if self.covered.contains(&value) {
                self.code(value);
            } else {
                self.value(value);
            }
        }
    }

    /// What approved code may cost. Its place is not approved, and must be one.
    fn code(&mut self, value: Value) {
        let (survey, graph) = (self.survey, self.survey.graph());
        let offset = graph.offset(value);
        match survey.maker(value) {
            Some(Maker::Bytecode) => {
                self.refuse(
                    "bytecode",
                    offset,
                    "bytecode cannot be reviewed, and is never allowed",
                );
            }
            Some(Maker::Source | Maker::Function) => {}
            _ => return,
        }
        let limits = self.rules.limits;
        let arguments = match survey.code_of(value) {
            Some((code, Maker::Source)) => graph.items(code).take(16).collect(),
            Some(_) => return,
            None if survey.maker(value) == Some(Maker::Function) => return,
            None => survey.arguments(value, 16),
        };
        let line = arguments.get(1).map(|line| graph.view(*line));
        let path = arguments.get(2).and_then(|path| graph.name(*path, 4096));
        let placed = matches!(line, Some(View::Int(line)) if (1..=limits.line).contains(&line));
        // Spaces as many as the column says are put before the text.
        let column = arguments.get(5).map(|column| graph.view(*column));
        let at = column.is_none_or(
            |column| matches!(column, View::Int(column) if (0..=limits.line).contains(&column)),
        );
        if !placed || !at || path.is_none_or(|path| !path.chars().all(is_visible)) {
            self.refuse("limit-place", offset, "the place of the code is none");
        }
        let mut pending = arguments;
        let mut length = 0_usize;
        let mut visited = 0;
        while let Some(part) = pending.pop() {
            visited += 1;
            if visited > 100_000 {
                self.limit("limit-source", offset, visited, 100_000);
                return;
            }
            if let View::Str(text) = graph.view(part) {
                length = length.saturating_add(text.len());
                if length > limits.source {
                    self.limit("limit-source", offset, length, limits.source);
                    return;
                }
                let digits = most_digits(&text);
                if digits > limits.digits {
                    self.limit("limit-digits", offset, digits, limits.digits);
                }
                self.allowed.texts.push((offset, text.into_owned()));
            } else if part.is_node() {
                pending.extend(graph.items(part));
            }
        }
    }

    /// Something that no approval covers.
    fn value(&mut self, value: Value) {
        let (survey, graph) = (self.survey, self.survey.graph());
        let offset = graph.offset(value);
        match graph.view(value) {
            View::Global => self.global(value, offset),
            View::Extension(code) => {
                self.refuse("extension", offset, format_args!("extension code {code}"));
            }
            View::Persistent { .. } => {
                self.refuse("persistent-id", offset, "a persistent identifier");
            }
            View::Call {
                function,
                arguments,
            } => {
                self.arguments(arguments, None, offset);
                self.call(value, function, offset);
            }
            View::New {
                class,
                arguments,
                keywords,
            } => {
                self.arguments(arguments, keywords, offset);
                self.callable(class, offset);
            }
            View::Instance { class } => self.callable(class, offset),
            _ => {}
        }
        let called = match graph.view(value) {
            View::Call { .. } | View::New { .. } | View::Instance { .. } | View::Global => 1,
            _ => 0,
        };
        if survey.maker(value) == Some(Maker::Change) || self.allowed.heads.contains(&value) {
            return;
        }
        let all = graph.inputs(value).skip(called);
        let all = all.chain(graph.items(value)).chain(graph.states(value));
        let pairs = graph.pairs(value).flat_map(<[Value; 2]>::from);
        for part in all.chain(pairs) {
            self.edge(part, offset);
        }
    }

    fn arguments(&mut self, positional: Value, keywords: Option<Value>, offset: usize) {
        let graph = self.survey.graph();
        let dict = keywords.is_none_or(|keywords| graph.view(keywords) == View::Dict);
        if graph.view(positional) != View::Tuple || !dict {
            self.refuse("arguments", offset, "the arguments of a call are no tuple");
        }
    }

    fn global(&mut self, value: Value, offset: usize) {
        match self.survey.global(value) {
            None => self.refuse(
                "computed-name",
                offset,
                "a name that is computed while loading",
            ),
            Some((RUNTIME, name)) => {
                // What they make is looked at where they are called.
                if !is_wire_name(name) {
                    self.refuse("reference", offset, format_args!("{RUNTIME}.{name}"));
                }
            }
            Some((module, name)) if !self.rules.allow(module, Some(name)) => {
                // The functions that only heads, portable functions and exceptions call.
                let special = matches!((module, name), ("builtins", "setattr" | "exec" | "eval"))
                    || (self.rules.nested && (module, name) == (portable::MODULE, "inner"));
                let called = special && self.only_called.get(&value) == Some(&true);
                if !called {
                    self.refuse("reference", offset, format_args!("{module}.{name}"));
                }
            }
            Some(_) => {}
        }
    }

    /// Finds the uses of `exec` and `setattr` that are all of the format: heads, approved code, exceptions.
    fn only_called(&mut self) {
        let graph = self.survey.graph();
        for value in graph.values() {
            let View::Call { function, .. } = graph.view(value) else {
                continue;
            };
            let good = self.allowed.heads.contains(&value)
                || self.covered.contains(&value)
                || self.is_portable(value)
                || self.survey.maker(value) == Some(Maker::Member)
                || self.is_exceptions_change(value);
            *self.only_called.entry(function).or_insert(true) &= good;
        }
    }

    /// Whether the call sets what an exception was raised from.
    fn is_exceptions_change(&self, call: Value) -> bool {
        let (survey, graph) = (self.survey, self.survey.graph());
        let View::Call { function, .. } = graph.view(call) else {
            return false;
        };
        let [target, name, _] = survey.arguments(call, 4)[..] else {
            return false;
        };
        survey.global(function) == Some(("builtins", "setattr"))
            && !self.covered.contains(&target)
            && self.is_instance(target)
            && graph
                .name(name, 32)
                .is_some_and(|name| OF_EXCEPTIONS.contains(&&*name))
    }

    /// Whether the value is what a call made that is not one of the wire format.
    fn is_instance(&self, value: Value) -> bool {
        let made = matches!(
            self.survey.graph().kind(value),
            Some(Kind::Call | Kind::New | Kind::NewWithKeywords | Kind::Instance)
        );
        made && self.survey.maker(value).is_none()
            && !self.allowed.heads.contains(&value)
            && !self.is_portable(value)
    }

    fn call(&mut self, value: Value, function: Value, offset: usize) {
        if self.allowed.heads.contains(&value) || self.is_portable(value) {
            return;
        }
        match self.survey.maker(value) {
            Some(Maker::DictView) => {}
            Some(Maker::Member) if self.is_member(value) => {}
            Some(Maker::Module | Maker::Name | Maker::Lazy) => {
                let allowed = self.survey.referred(value).is_some_and(|(module, name)| {
                    module != RUNTIME && self.rules.allow(&module, name.as_deref())
                });
                if !allowed {
                    let shown = self.survey.referred(value).map_or_else(
                        || "a name that is computed while loading".to_owned(),
                        |(module, name)| match name {
                            Some(name) => format!("{module}.{name}"),
                            None => module,
                        },
                    );
                    self.refuse("reference", offset, shown);
                }
            }
            Some(Maker::Change) if self.is_exceptions_change(value) => {
                for part in self.survey.arguments(value, 4) {
                    self.edge(part, offset);
                }
            }
            Some(_) => self.refuse("unapproved-code", offset, "code that no approval covers"),
            None => self.callable(function, offset),
        }
    }

    /// Whether the call stands for a function of the group that is being loaded.
    fn is_member(&self, call: Value) -> bool {
        let [index] = self.survey.arguments(call, 2)[..] else {
            return false;
        };
        self.rules.nested
            && self.survey.maker(call) == Some(Maker::Member)
            && matches!(self.survey.graph().view(index), View::Int(0..))
    }

    /// What may be called: a name that is allowed, or an approved class.
    fn callable(&mut self, function: Value, offset: usize) {
        let class = self.survey.maker(function) == Some(Maker::Class);
        let named = match self.survey.global(function) {
            Some((module, _)) => module != RUNTIME,
            None => {
                self.survey.maker(function) == Some(Maker::Name)
                    && !self.covered.contains(&function)
            }
        };
        if named || (class && self.approve(function)) {
            self.edge(function, offset);
            return;
        }
        self.refuse(
            "call",
            offset,
            "a call of what is neither an allowed name nor an approved class",
        );
    }

    /// Whether what no approval covers may refer to the value.
    fn edge(&mut self, value: Value, offset: usize) {
        let graph = self.survey.graph();
        if !value.is_node() {
            let digits = graph.maker(value).map_or(0, |at| match at.argument {
                Argument::Line(line) if graph.view(value) == View::BigInt => line.len(),
                _ => 0,
            });
            let most = self.rules.limits.digits;
            if digits > most {
                self.limit("limit-digits", graph.offset(value), digits, most);
            }
            return;
        }
        if let Some((module, name)) = self.survey.global(value) {
            if module == RUNTIME || !self.rules.allow(module, Some(name)) {
                let shown = format!("{module}.{name}");
                self.refuse("reference", offset, shown);
            }
        } else if !self.covered.contains(&value) || self.plain.contains(&value) {
            // Looked at where it is made.
        } else if self.is_unit(value) {
            self.by_itself(value, offset);
        } else if self.is_member(value) {
            // It is what the function inside is.
            for function in graph.states(value).take(2) {
                self.by_itself(function, offset);
            }
        } else if let Some((module, name)) = self.survey.referred(value) {
            if !self.rules.allow(&module, name.as_deref()) {
                self.refuse("reference", offset, module);
            }
        } else {
            self.refuse(
                "shared",
                offset,
                "an object that belongs to approved code is used outside of it, too",
            );
        }
    }

    fn by_itself(&mut self, value: Value, offset: usize) {
        if !self.approve(value) {
            self.refuse(
                "inner-code",
                offset,
                "a function or class that is approved as a part of another, not by itself",
            );
        }
    }

    /// What is given to objects after they were made.
    fn gives(&mut self) {
        let graph = self.survey.graph();
        for give in graph.gives.iter().flatten() {
            let node = Value::node(give.node);
            let new =
                give.after == give.node.saturating_add(1) && give.offset == graph.offset(node);
            let kind = graph.kind(node);
            let good = match (kind, give.role) {
                (Some(Kind::Tuple | Kind::FrozenSet), Role::Items) => new,
                (Some(Kind::List | Kind::Set), Role::Items) | (Some(Kind::Dict), Role::Pairs) => {
                    true
                }
                (_, Role::States) if self.is_member(node) => true,
                _ => self.covered.contains(&node) || self.is_instance(node),
            };
            if !good {
                self.refuse(
                    "change",
                    give.offset,
                    "a change of what takes none, or is not of this pickle",
                );
            }
            if give.role == Role::States && !self.covered.contains(&node) {
                for state in graph.given(give) {
                    self.state(*state, give.offset);
                }
            }
        }
    }

    /// A state's second part is set attribute by attribute: not the class.
    fn state(&mut self, state: Value, offset: usize) {
        let graph = self.survey.graph();
        let slots = graph.items(state).nth(1);
        if let Some(slots) = slots.filter(|_| graph.view(state) == View::Tuple) {
            let special = graph.pairs(slots).any(|(key, _)| {
                graph
                    .name(key, 4096)
                    .is_none_or(|key| key.starts_with("__") && key.ends_with("__"))
            });
            if special {
                self.refuse("state", offset, "a state that sets special attributes");
            }
        }
    }
}

/// Whether a character in a path shows itself: tracebacks print it.
fn is_visible(character: char) -> bool {
    let hidden = matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    !hidden && !character.is_control()
}

/// Whether the runtime's name is one of the wire format.
fn is_wire_name(name: &str) -> bool {
    Maker::named(name).is_some()
}
