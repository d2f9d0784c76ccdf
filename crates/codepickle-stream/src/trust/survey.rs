//! Which calls a pickle makes, of what.
use std::collections::HashMap;

use crate::read::{Graph, Kind, Trace, Value, View};
use crate::trust::portable;

/// The module whose functions payloads call.
pub(crate) const RUNTIME: &str = "codepickle._runtime";

/// No module or attribute has a longer name; what is longer is not looked at.
pub(crate) const LONGEST_NAME: usize = 4096;

/// What a function of the wire format (docs/wire-format.md) does when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Maker {
    /// `c`, or `f` with its arguments alone: compiles a text.
    Source,
    /// `d`, or `f` with its arguments alone: takes the code of a method out of that of its class.
    Method,
    /// `b`: reads bytecode.
    Bytecode,
    /// `f`: makes a function.
    Function,
    /// `t`, `e`, `n`, `o`: make classes.
    Class,
    /// `l`, `p`, `j`, `w`, `w1`, `q`, `y`: make what stands around functions, and type variables.
    Wrapper,
    /// `k`, `v`, `z`, `z1`, `f1`, `t1`, `h`, `vars`: make what only functions and classes need.
    Part,
    /// `m`: imports a module.
    Module,
    /// `g`: imports a name.
    Name,
    /// `u`: a lazy import.
    Lazy,
    /// `a`, `r`, `s`, `x`, `x1`, `a1`, `d1`, `g1`, `setattr`: change their first argument.
    Change,
    /// `i`: a view of a dict.
    DictView,
    /// `codepickle._portable.inner`: a portable function, within the payload of its group.
    Member,
}

impl Maker {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "c" => Self::Source,
            "d" => Self::Method,
            "b" => Self::Bytecode,
            "f" => Self::Function,
            "t" | "e" | "n" | "o" => Self::Class,
            "l" | "p" | "j" | "w" | "w1" | "q" | "y" => Self::Wrapper,
            "k" | "v" | "z" | "z1" | "f1" | "t1" | "h" => Self::Part,
            "m" => Self::Module,
            "g" => Self::Name,
            "u" => Self::Lazy,
            "a" | "r" | "s" | "x" | "x1" | "a1" | "d1" | "g1" => Self::Change,
            "i" => Self::DictView,
            _ => return None,
        })
    }
}

/// Python 3's names for what protocols below 3 call by those of Python 2: module and name to module and name.
pub type Names<'n> = &'n dyn Fn(&str, &str) -> (String, String);

/// The globals and calls of a pickle.
#[derive(Debug)]
pub struct Survey<'g, 'a> {
    /// What was read.
    pub trace: &'g Trace<'a>,
    names: Vec<(String, String)>,
    globals: HashMap<Value, usize>,
    makers: HashMap<Value, Maker>,
    changes: HashMap<Value, Vec<Value>>,
}

impl<'g, 'a> Survey<'g, 'a> {
    /// Looks at all globals and calls.
    ///
    /// ```
    /// use codepickle_stream::{trace, Maker, Survey};
    ///
    /// let read = trace(b"ccodepickle._runtime\nm\n(Vos\ntR.", 1 << 20);
    /// let survey = Survey::of(&read, &|module, name| (module.to_owned(), name.to_owned()));
    /// assert_eq!(survey.maker(read.graph.root()), Some(Maker::Module));
    /// ```
    #[must_use]
    pub fn of(trace: &'g Trace<'a>, renamed: Names<'_>) -> Self {
        let mut survey = Self {
            trace,
            names: Vec::new(),
            globals: HashMap::new(),
            makers: HashMap::new(),
            changes: HashMap::new(),
        };
        let graph = &trace.graph;
        let mut seen: HashMap<(Option<(Value, Value)>, bool), usize> = HashMap::new();
        for value in graph.values() {
            match graph.view(value) {
                View::Global => {
                    let mut inputs = graph.inputs(value);
                    let key = inputs.next().zip(inputs.next());
                    let old = trace.protocol_at(graph.offset(value)) < 3;
                    let known = seen.get(&(key, old)).filter(|_| key.is_some());
                    let index = if let Some(index) = known {
                        *index
                    } else {
                        let Some((module, name)) = graph.global_within(value, LONGEST_NAME) else {
                            continue;
                        };
                        survey.names.push(if old {
                            renamed(&module, &name)
                        } else {
                            (module.into_owned(), name.into_owned())
                        });
                        survey.names.len() - 1
                    };
                    seen.insert((key, old), index);
                    survey.globals.insert(value, index);
                }
                View::Call {
                    function,
                    arguments,
                } => survey.call(value, function, arguments),
                _ => {}
            }
        }
        survey.aliases();
        survey
    }

    /// What a call returns that is a part of its argument (the namespace of a module, a method of a class), and is changed:
    /// that changes the argument, too.
    fn aliases(&mut self) {
        let graph = self.graph();
        let mut found = Vec::new();
        for (call, maker) in &self.makers {
            let changed = !self.changes(*call).is_empty()
                || graph.states(*call).next().is_some()
                || graph.items(*call).next().is_some()
                || graph.pairs(*call).next().is_some();
            if *maker == Maker::Part
                && changed
                && let Some(whole) = self.arguments(*call, 1).first().copied()
                && whole.is_node()
            {
                found.push((whole, *call));
            }
        }
        found.sort_unstable();
        for (whole, call) in found {
            self.changes.entry(whole).or_default().push(call);
        }
    }

    fn call(&mut self, value: Value, function: Value, arguments: Value) {
        let maker = match self.global(function) {
            Some((RUNTIME, name)) => Maker::named(name),
            Some((portable::MODULE, "inner")) => Some(Maker::Member),
            Some(("builtins", "vars")) => Some(Maker::Part),
            Some(("builtins", "setattr")) => Some(Maker::Change),
            _ => None,
        };
        let Some(mut maker) = maker else { return };
        if maker == Maker::Function
            && self.graph().items(arguments).nth(1).is_none()
            && let Some((_, made)) = self.code_of(value)
        {
            maker = made;
        }
        self.makers.insert(value, maker);
        if maker == Maker::Change
            && let Some(target) = self.graph().items(arguments).next()
        {
            self.changes.entry(target).or_default().push(value);
        }
    }

    /// What was read.
    #[must_use]
    pub fn graph(&self) -> &'g Graph<'a> {
        &self.trace.graph
    }

    /// Module and name of a global, as Python 3 calls them; None where they are computed, or too long for any.
    #[must_use]
    pub fn global(&self, value: Value) -> Option<(&str, &str)> {
        let index = *self.globals.get(&value)?;
        let (module, name) = self.names.get(index)?;
        Some((module, name))
    }

    /// What a call does, if it is one of the wire format.
    #[must_use]
    pub fn maker(&self, value: Value) -> Option<Maker> {
        self.makers.get(&value).copied()
    }

    /// The tuple that a call of `f` has in the place of a code object, and what makes one of its items.
    #[must_use]
    pub fn code_of(&self, call: Value) -> Option<(Value, Maker)> {
        let graph = self.graph();
        let View::Call {
            function,
            arguments,
        } = graph.view(call)
        else {
            return None;
        };
        let code = graph.items(arguments).next()?;
        let tuples = [arguments, code].map(|value| graph.kind(value)) == [Some(Kind::Tuple); 2];
        if self.global(function) != Some((RUNTIME, "f")) || !tuples {
            return None;
        }
        // As the runtime tells them apart.
        let first = graph.items(code).next()?;
        let text = !first.is_node() && matches!(graph.view(first), View::Str(_));
        Some((code, if text { Maker::Source } else { Maker::Method }))
    }

    /// The calls of the wire format that change the value, or return a part of it that is changed.
    #[must_use]
    pub fn changes(&self, value: Value) -> &[Value] {
        self.changes.get(&value).map_or(&[], Vec::as_slice)
    }

    /// The arguments of a call; at most `most`. Those of a code object are what it is made of, also where `f` makes it.
    #[must_use]
    pub fn arguments(&self, call: Value, most: usize) -> Vec<Value> {
        if let Some(Maker::Source | Maker::Method) = self.maker(call)
            && let Some((code, _)) = self.code_of(call)
        {
            return self.graph().items(code).take(most).collect();
        }
        match self.graph().view(call) {
            View::Call { arguments, .. } => self.graph().items(arguments).take(most).collect(),
            _ => Vec::new(),
        }
    }

    /// What a call of `m`, `g` or `u` refers to: a module, and what is taken from it.
    #[must_use]
    pub fn referred(&self, call: Value) -> Option<(String, Option<String>)> {
        let arguments = self.arguments(call, 3);
        let text = |at: usize| {
            let name = self.graph().name(*arguments.get(at)?, LONGEST_NAME)?;
            Some(name.into_owned())
        };
        match (self.maker(call)?, arguments.len()) {
            (Maker::Name, 2) => Some((text(0)?, Some(text(1)?))),
            (Maker::Module | Maker::Lazy, 1) => Some((text(0)?, None)),
            (Maker::Lazy, 2) => {
                let (name, binds) = (text(0)?, text(1)?);
                match name.rsplit_once('.') {
                    Some((module, attribute)) if Some(binds.as_str()) != name.split('.').next() => {
                        Some((module.to_owned(), Some(attribute.to_owned())))
                    }
                    _ => Some((name, None)),
                }
            }
            _ => None,
        }
    }
}
