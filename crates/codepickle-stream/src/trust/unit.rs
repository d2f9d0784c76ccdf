//! All that a function or class rests on, as bytes: what an approval is a digest of.
use std::collections::HashMap;

use crate::op;
use crate::read::{Argument, Kind, Value, View};
use crate::trust::survey::{Maker, Survey};

/// A function or class with all that is bound to it.
#[derive(Debug)]
pub struct Unit {
    /// The content, without places: equal bytes mean that equal things are compiled, made and bound.
    pub bytes: Vec<u8>,
    /// Everything in it.
    pub members: Vec<Value>,
}

impl Unit {
    /// The unit that begins at `root`; None if it takes more than `budget` bytes, which is lessened by what it takes,
    /// or if it holds what is not in the pickle: a persistent object, a buffer.
    ///
    /// It covers what `root` is made of, what that is made of and so on; what is given to each of them later; and the
    /// calls of the wire format that change one of them. Of code it covers text, header, trailer, column, decorators, future features,
    /// name and lowered forms, and leaves out line and path.
    ///
    /// ```
    /// use codepickle_stream::{trace, Survey, Unit};
    ///
    /// let unit = |data: &[u8]| {
    ///     let read = trace(data, 1 << 20);
    ///     let survey = Survey::of(&read, &|module, name| (module.to_owned(), name.to_owned()));
    ///     Unit::of(&survey, read.graph.root(), &mut 1000).unwrap().bytes
    /// };
    /// let code = |line: &str| format!("ccodepickle._runtime\nc\n(Vdef f(): pass\nI{line}\nVa.py\ntR.");
    /// assert_eq!(unit(code("1").as_bytes()), unit(code("7").as_bytes()));
    /// assert_ne!(unit(code("1").as_bytes()), unit(code("1").replace('f', "g").as_bytes()));
    /// ```
    #[must_use]
    pub fn of(survey: &Survey<'_, '_>, root: Value, budget: &mut usize) -> Option<Self> {
        if *budget == 0 {
            return None;
        }
        let mut walk = Walk {
            survey,
            bytes: Vec::new(),
            members: Vec::new(),
            numbers: HashMap::new(),
            silent: Vec::new(),
        };
        walk.value(root);
        let mut next = 0;
        while let Some(value) = walk.members.get(next).copied() {
            walk.node(value)?;
            next += 1;
            if walk.bytes.len() > *budget {
                *budget = 0;
                return None;
            }
        }
        *budget -= walk.bytes.len();
        walk.members.append(&mut walk.silent);
        Some(Self {
            bytes: walk.bytes,
            members: walk.members,
        })
    }
}

struct Walk<'s, 'g, 'a> {
    survey: &'s Survey<'g, 'a>,
    bytes: Vec<u8>,
    members: Vec<Value>,
    numbers: HashMap<Value, u32>,
    /// What has no number, as its place says nothing: functions and arguments of calls that are told of at once.
    silent: Vec<Value>,
}

impl Walk<'_, '_, '_> {
    fn sized(&mut self, tag: u8, content: &[u8]) {
        self.bytes.push(tag);
        self.bytes
            .extend_from_slice(&(content.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(content);
    }

    /// A value where it is used: content, or the number of a node, each of which is told of once.
    fn value(&mut self, value: Value) {
        let graph = self.survey.graph();
        if value.is_node() {
            if graph.kind(value) == Some(Kind::Tuple) && graph.items(value).next().is_none() {
                self.bytes.push(b')');
                return;
            }
            let next = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
            let number = *self.numbers.entry(value).or_insert(next);
            if number == next {
                self.members.push(value);
            }
            self.bytes.push(b'#');
            self.bytes.extend_from_slice(&number.to_le_bytes());
            return;
        }
        match graph.view(value) {
            View::None => self.bytes.push(b'N'),
            View::Bool(value) => self.bytes.extend_from_slice(&[b'?', value.into()]),
            View::Int(number) => {
                self.bytes.push(b'i');
                self.bytes.extend_from_slice(&number.to_le_bytes());
            }
            View::Float(number) => {
                self.bytes.push(b'd');
                self.bytes
                    .extend_from_slice(&number.to_bits().to_le_bytes());
            }
            View::Str(text) => {
                // `STRING` and its like are of Python 2: what they mean is for the reader to choose.
                let opcode = graph.maker(value).map_or(0, |at| at.opcode);
                let old = matches!(
                    opcode,
                    op::STRING | op::BINSTRING | op::SHORT_BINSTRING | op::PERSID
                );
                self.sized(if old { b'S' } else { b's' }, &text);
            }
            View::Bytes(bytes) => self.sized(b'b', bytes),
            View::ByteArray(bytes) => self.sized(b'B', bytes),
            View::Tuple => self.bytes.push(b')'),
            _ => match graph.maker(value).map(|at| (at.opcode, at.argument)) {
                Some((opcode, Argument::Bytes(bytes) | Argument::Line(bytes))) => {
                    self.bytes.push(opcode);
                    self.sized(b'I', bytes);
                }
                other => self.sized(b'!', format!("{other:?}").as_bytes()),
            },
        }
    }

    fn values(&mut self, tag: u8, values: impl Iterator<Item = Value>) {
        let values: Vec<Value> = values.collect();
        self.bytes.push(tag);
        self.bytes
            .extend_from_slice(&(values.len() as u64).to_le_bytes());
        for value in values {
            self.value(value);
        }
    }

    fn node(&mut self, value: Value) -> Option<()> {
        let (survey, graph) = (self.survey, self.survey.graph());
        let kind = graph.kind(value)?;
        self.bytes.extend_from_slice(&[b'\n', tag(kind)]);
        match kind {
            Kind::Persistent | Kind::Buffer | Kind::ReadOnly | Kind::Extension => return None,
            Kind::Global => {
                let (module, name) = survey.global(value)?;
                self.sized(b'm', module.as_bytes());
                self.sized(b'n', name.as_bytes());
            }
            Kind::Call => match survey.maker(value) {
                Some(maker @ (Maker::Source | Maker::Method)) => {
                    self.silent.extend(graph.inputs(value));
                    self.silent
                        .extend(survey.code_of(value).map(|(code, _)| code));
                    self.code(maker, survey.arguments(value, usize::MAX))?;
                }
                Some(Maker::Function) => self.function(value)?,
                _ => self.values(b'<', graph.inputs(value)),
            },
            _ => self.values(b'<', graph.inputs(value)),
        }
        self.values(b'[', graph.items(value));
        self.values(b'{', graph.pairs(value).flat_map(<[Value; 2]>::from));
        self.values(b'=', graph.states(value));
        self.values(b'~', survey.changes(value).iter().copied());
        Some(())
    }

    /// A function. What its code is made of is told of here: the tuple may be used elsewhere as what it is, and counts as such
    /// there, with line and path.
    fn function(&mut self, value: Value) -> Option<()> {
        let (survey, graph) = (self.survey, self.survey.graph());
        let Some((code, maker)) = survey.code_of(value) else {
            self.values(b'<', graph.inputs(value));
            return Some(());
        };
        self.silent.extend(graph.inputs(value));
        self.silent.push(code);
        self.bytes.push(b'F');
        self.code(maker, graph.items(code).collect())?;
        let others = survey.arguments(value, usize::MAX);
        self.values(b'f', others.into_iter().skip(1));
        Some(())
    }

    /// A code object, made of these arguments; without its place.
    fn code(&mut self, maker: Maker, arguments: Vec<Value>) -> Option<()> {
        if maker == Maker::Method {
            return self.method(&arguments);
        }
        let count = arguments.len();
        let kept = arguments.into_iter().enumerate();
        self.bytes.extend_from_slice(&(count as u64).to_le_bytes());
        self.values(
            b'c',
            kept.filter(|(at, _)| !matches!(at, 1 | 2))
                .map(|(_, value)| value),
        );
        Some(())
    }

    /// A method: its line counts from that of its class.
    fn method(&mut self, arguments: &[Value]) -> Option<()> {
        let survey = self.survey;
        let number = |value: Value| match survey.graph().view(value) {
            View::Int(number) => Some(number),
            _ => None,
        };
        let [unit, name, line] = *arguments else {
            return None;
        };
        let first = match survey.maker(unit)? {
            Maker::Source => number(*survey.arguments(unit, 2).get(1)?)?,
            // A method of a class in a class.
            Maker::Method => number(*survey.arguments(unit, 3).get(2)?)?,
            _ => return None,
        };
        self.values(b'd', [unit, name].into_iter());
        let line = number(line)?.checked_sub(first)?;
        self.bytes.extend_from_slice(&line.to_le_bytes());
        Some(())
    }
}

/// What a kind is called in units. Approvals that people keep rest on it: it never changes.
fn tag(kind: Kind) -> u8 {
    match kind {
        Kind::Tuple => b't',
        Kind::List => b'l',
        Kind::Dict => b'd',
        Kind::Set => b's',
        Kind::FrozenSet => b'f',
        Kind::Global => b'g',
        Kind::Extension => b'x',
        Kind::Call => b'c',
        Kind::New => b'n',
        Kind::NewWithKeywords => b'k',
        Kind::Instance => b'i',
        Kind::Persistent => b'p',
        Kind::Buffer => b'b',
        Kind::ReadOnly => b'r',
    }
}
