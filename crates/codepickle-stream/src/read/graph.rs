//! What a pickle describes: values, where each is in the stream, and what is done with them.
//!
//! Strings, numbers and the like take no memory of their own: such a value is the place of its opcode. Everything
//! else is a node; nodes, and the values in them, lie in flat tables, so that neither reading nor dropping a graph
//! recurses.
use std::borrow::Cow;
use std::iter;

use crate::op;
use crate::read::decode::{Argument, Instruction, decode};
use crate::read::text;

/// A value in a [`Graph`]. Equal handles are the same object, as far as the pickle says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(u64);

/// The lowest bit tells nodes from atoms.
const NODE: u64 = 1;

impl Value {
    /// The value that the opcode at `offset` pushes without looking at the stack.
    pub(crate) fn atom(offset: usize) -> Self {
        Self((offset as u64) << 1)
    }

    pub(crate) fn node(index: u32) -> Self {
        Self((u64::from(index) << 1) | NODE)
    }

    /// Whether it can be given items and states.
    pub(crate) fn is_node(self) -> bool {
        self.0 & NODE != 0
    }

    /// The node's index, or the atom's offset.
    pub(crate) fn place(self) -> Result<u32, usize> {
        let number = self.0 >> 1;
        if self.is_node() {
            Ok(u32::try_from(number).unwrap_or(u32::MAX))
        } else {
            Err(usize::try_from(number).unwrap_or(usize::MAX))
        }
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tuple,
    List,
    Dict,
    Set,
    FrozenSet,
    Global,
    Extension,
    Call,
    New,
    NewWithKeywords,
    Instance,
    Persistent,
    Buffer,
    ReadOnly,
}

/// What the values of a part are to their node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// What it was made from.
    Inputs,
    /// Items added to it.
    Items,
    /// Keys and values in turn.
    Pairs,
    /// States given to it.
    States,
}

/// No part.
const NO_PART: u32 = u32::MAX;

#[derive(Debug)]
pub(crate) struct Node {
    offset: usize,
    first: u32,
    last: u32,
    kind: Kind,
}

/// Values that one node got at once.
#[derive(Debug)]
pub(crate) struct Part {
    start: u32,
    count: u32,
    next: u32,
    role: Role,
}

/// Values that were given to a node after it was made, in the order of the stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Give {
    /// How many nodes there were by then.
    pub(crate) after: u32,
    pub(crate) node: u32,
    pub(crate) role: Role,
    start: u32,
    count: u32,
    /// Where the opcode is.
    pub(crate) offset: usize,
}

/// A pickle, read but not executed.
///
/// ```
/// use codepickle_stream::{read, View};
///
/// let graph = read(b"\x80\x04cmath\nsqrt\nK\x10\x85R.")?;
/// let View::Call { function, arguments } = graph.view(graph.root()) else {
///     panic!("not a call");
/// };
/// assert_eq!(graph.global(function), Some(("math".into(), "sqrt".into())));
/// let argument = graph.items(arguments).next().unwrap();
/// assert!(matches!(graph.view(argument), View::Int(16)));
/// assert_eq!(graph.offset(argument), 13);
/// # Ok::<(), codepickle_stream::ReadError>(())
/// ```
#[derive(Debug)]
pub struct Graph<'a> {
    pub(crate) data: &'a [u8],
    nodes: Vec<Node>,
    parts: Vec<Part>,
    values: Vec<Value>,
    pub(crate) root: Value,
    pub(crate) end: usize,
    pub(crate) protocol: u8,
    /// What was given to nodes, and when; None where nobody asks.
    pub(crate) gives: Option<Vec<Give>>,
}

/// A value, looked at.
#[derive(Clone, Debug, PartialEq)]
pub enum View<'g> {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer that does not fit.
    BigInt,
    /// A float.
    Float(f64),
    /// A string as UTF-8, lone surrogates as `surrogatepass` makes them.
    Str(Cow<'g, [u8]>),
    /// Bytes.
    Bytes(&'g [u8]),
    /// A bytearray.
    ByteArray(&'g [u8]),
    /// A tuple of [`Graph::items`].
    Tuple,
    /// A list of [`Graph::items`].
    List,
    /// A dict of [`Graph::pairs`].
    Dict,
    /// A set of [`Graph::items`].
    Set,
    /// A frozenset of [`Graph::items`].
    FrozenSet,
    /// What a module has under a name: [`Graph::global`] tells both.
    Global,
    /// What `copyreg.add_extension` registered under a number.
    Extension(i64),
    /// What a function returned.
    Call {
        /// The function.
        function: Value,
        /// Its arguments, a tuple in all sound pickles.
        arguments: Value,
    },
    /// What a class's `__new__` returned.
    New {
        /// The class.
        class: Value,
        /// Positional arguments, a tuple in all sound pickles.
        arguments: Value,
        /// Keyword arguments, a dict in all sound pickles.
        keywords: Option<Value>,
    },
    /// An instance as protocol 0 and 1 make it: a class that is called with [`Graph::inputs`] but the first.
    Instance {
        /// The class.
        class: Value,
    },
    /// What the reader of the pickle keeps under an identifier.
    Persistent {
        /// The identifier.
        id: Value,
    },
    /// An out-of-band buffer.
    Buffer,
    /// A read-only view of a buffer.
    ReadOnly {
        /// The buffer.
        of: Value,
    },
}

impl<'a> Graph<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            nodes: Vec::new(),
            parts: Vec::new(),
            values: Vec::new(),
            root: Value::atom(0),
            end: 0,
            protocol: 0,
            gives: None,
        }
    }

    /// The object that the pickle is of.
    #[must_use]
    pub fn root(&self) -> Value {
        self.root
    }

    /// How many bytes of the data are the pickle; what follows is ignored by `pickle.loads`, too.
    #[must_use]
    pub fn end(&self) -> usize {
        self.end
    }

    /// The protocol that the pickle says it is of.
    #[must_use]
    pub fn protocol(&self) -> u8 {
        self.protocol
    }

    /// Everything but strings, numbers and the like, in the order in which it is made; what the pickle makes and
    /// throws away is among it.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(Value::node)
    }

    /// Where in the data the opcode is that made the value.
    #[must_use]
    pub fn offset(&self, value: Value) -> usize {
        match value.place() {
            Ok(index) => self.node(index).map_or(0, |node| node.offset),
            Err(offset) => offset,
        }
    }

    /// What the value is.
    #[must_use]
    pub fn view(&self, value: Value) -> View<'_> {
        match value.place() {
            Ok(index) => self
                .node(index)
                .map_or(View::None, |node| self.view_node(value, node)),
            Err(offset) => self.atom(offset).map_or(View::None, |at| view_atom(&at)),
        }
    }

    /// The text of a string; None for what is no string, or holds lone surrogates.
    #[must_use]
    pub fn text(&self, value: Value) -> Option<Cow<'_, str>> {
        match self.view(value) {
            View::Str(Cow::Borrowed(bytes)) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            View::Str(Cow::Owned(bytes)) => String::from_utf8(bytes).ok().map(Cow::Owned),
            _ => None,
        }
    }

    /// Module and name of a [`View::Global`]; None for other values, and where these hold lone surrogates.
    #[must_use]
    pub fn global(&self, value: Value) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
        self.global_within(value, usize::MAX)
    }

    /// As [`Graph::global`]; None also if one of the names has more than `most` bytes, found in time for `most` bytes.
    pub(crate) fn global_within(
        &self,
        value: Value,
        most: usize,
    ) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
        let index = value.place().ok()?;
        let node = self.node(index).filter(|node| node.kind == Kind::Global)?;
        let mut inputs = self.inputs(value);
        let (Some(module), Some(name)) = (inputs.next(), inputs.next()) else {
            // `GLOBAL` has its names in itself, whatever is given to it later.
            let Argument::Lines(module, name) = self.atom(node.offset)?.argument else {
                return None;
            };
            let utf8 = |line: &'a [u8]| {
                let text = std::str::from_utf8(line).ok();
                text.filter(|text| text.len() <= most).map(Cow::Borrowed)
            };
            return Some((utf8(module)?, utf8(name)?));
        };
        Some((self.name(module, most)?, self.name(name, most)?))
    }

    /// As [`Graph::text`], for a string of at most `most` bytes, in time for `most` bytes.
    pub(crate) fn name(&self, value: Value, most: usize) -> Option<Cow<'_, str>> {
        let offset = value.place().err()?;
        let opcode = *self.data.get(offset)?;
        if matches!(opcode, op::UNICODE | op::STRING) {
            let line = self.data.get(offset..)?;
            let line = line.get(..most.saturating_add(2)).unwrap_or(line);
            line.contains(&b'\n').then_some(())?;
        } else if self.stretch(value) > most.saturating_add(9) {
            return None;
        }
        self.text(value)
    }

    /// How many bytes of the data an atom takes up.
    pub(crate) fn stretch(&self, value: Value) -> usize {
        let atom = value.place().err().and_then(|offset| self.atom(offset));
        atom.map_or(0, |at| at.end - at.offset)
    }

    /// The items of a list, tuple or set, and those that are added to another object.
    pub fn items(&self, value: Value) -> impl Iterator<Item = Value> {
        self.of_role(value, Role::Items).copied()
    }

    /// Keys and values of a dict, or of another object that is filled like one.
    pub fn pairs(&self, value: Value) -> impl Iterator<Item = (Value, Value)> {
        let mut flat = self.of_role(value, Role::Pairs).copied();
        iter::from_fn(move || Some((flat.next()?, flat.next()?)))
    }

    /// The states that an object is given by `BUILD`.
    pub fn states(&self, value: Value) -> impl Iterator<Item = Value> {
        self.of_role(value, Role::States).copied()
    }

    /// What the value was made from: function and arguments of a call, for instance.
    pub fn inputs(&self, value: Value) -> impl Iterator<Item = Value> {
        self.of_role(value, Role::Inputs).copied()
    }

    fn of_role(&self, value: Value, role: Role) -> impl Iterator<Item = &Value> {
        let first = value.place().ok().and_then(|index| self.node(index));
        let mut next = first.map_or(NO_PART, |node| node.first);
        let parts = iter::from_fn(move || {
            let part = self.parts.get(next as usize)?;
            next = part.next;
            Some(part)
        });
        parts
            .filter(move |part| part.role == role)
            .flat_map(|part| {
                let start = part.start as usize;
                let range = start..start.saturating_add(part.count as usize);
                self.values.get(range).unwrap_or_default()
            })
    }

    fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    fn atom(&self, offset: usize) -> Option<Instruction<'a>> {
        decode(self.data, offset).ok()
    }

    fn view_node(&self, value: Value, node: &Node) -> View<'_> {
        let mut inputs = self.inputs(value);
        let mut input = || inputs.next().unwrap_or(value);
        match node.kind {
            Kind::Tuple => View::Tuple,
            Kind::List => View::List,
            Kind::Dict => View::Dict,
            Kind::Set => View::Set,
            Kind::FrozenSet => View::FrozenSet,
            Kind::Global => View::Global,
            Kind::Extension => {
                let argument = self.atom(node.offset).map(|at| at.argument);
                match argument {
                    Some(Argument::Number(code)) => View::Extension(code),
                    _ => View::None,
                }
            }
            Kind::Call => View::Call {
                function: input(),
                arguments: input(),
            },
            Kind::New => View::New {
                class: input(),
                arguments: input(),
                keywords: None,
            },
            Kind::NewWithKeywords => View::New {
                class: input(),
                arguments: input(),
                keywords: Some(input()),
            },
            Kind::Instance => View::Instance { class: input() },
            Kind::Persistent => View::Persistent { id: input() },
            Kind::Buffer => View::Buffer,
            Kind::ReadOnly => View::ReadOnly { of: input() },
        }
    }

    /// How many bytes the tables hold.
    pub(crate) fn memory(&self) -> usize {
        self.nodes.len() * size_of::<Node>()
            + self.parts.len() * size_of::<Part>()
            + self.values.len() * size_of::<Value>()
            + self.gives.as_ref().map_or(0, Vec::len) * size_of::<Give>()
    }

    /// The values that were given at once.
    pub(crate) fn given(&self, give: &Give) -> &[Value] {
        let start = give.start as usize;
        let range = start..start.saturating_add(give.count as usize);
        self.values.get(range).unwrap_or_default()
    }

    /// How many nodes there are.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// What kind of node it is; None for what is none.
    pub(crate) fn kind(&self, value: Value) -> Option<Kind> {
        let index = value.place().ok()?;
        self.node(index).map(|node| node.kind)
    }

    /// The opcode that made the value, with its argument.
    #[must_use]
    pub fn maker(&self, value: Value) -> Option<Instruction<'a>> {
        self.atom(self.offset(value))
    }

    /// Adds a node; None if there are too many.
    pub(crate) fn add(&mut self, kind: Kind, offset: usize) -> Option<Value> {
        let index = u32::try_from(self.nodes.len()).ok()?;
        self.nodes.push(Node {
            offset,
            first: NO_PART,
            last: NO_PART,
            kind,
        });
        Some(Value::node(index))
    }

    /// Gives a node values; None if there are too many, or it is no node.
    pub(crate) fn give(
        &mut self,
        value: Value,
        role: Role,
        values: &[Value],
        offset: usize,
    ) -> Option<()> {
        let place = value.place().ok()?;
        let after = u32::try_from(self.nodes.len()).ok()?;
        let node = self.nodes.get_mut(place as usize)?;
        if values.is_empty() {
            return Some(());
        }
        let start = u32::try_from(self.values.len()).ok()?;
        let count = u32::try_from(values.len()).ok()?;
        start.checked_add(count)?;
        self.values.extend_from_slice(values);
        if let Some(gives) = &mut self.gives
            && role != Role::Inputs
        {
            gives.push(Give {
                after,
                node: place,
                role,
                start,
                count,
                offset,
            });
        }
        if let Some(last) = self.parts.get_mut(node.last as usize)
            && last.role == role
            && last.start + last.count == start
        {
            last.count += count;
            return Some(());
        }
        let index = u32::try_from(self.parts.len())
            .ok()
            .filter(|index| *index != NO_PART)?;
        if let Some(last) = self.parts.get_mut(node.last as usize) {
            last.next = index;
        } else {
            node.first = index;
        }
        node.last = index;
        self.parts.push(Part {
            start,
            count,
            next: NO_PART,
            role,
        });
        Some(())
    }

    /// Whether the value is a string. By its opcode: to look at the text each time would make a long string that is
    /// named often cost quadratic time.
    pub(crate) fn is_str(&self, value: Value) -> bool {
        const STRINGS: [u8; 7] = [
            op::STRING,
            op::BINSTRING,
            op::SHORT_BINSTRING,
            op::UNICODE,
            op::BINUNICODE,
            op::SHORT_BINUNICODE,
            op::BINUNICODE8,
        ];
        let opcode = value.place().err().and_then(|offset| self.data.get(offset));
        opcode.is_some_and(|opcode| STRINGS.contains(opcode))
    }
}

/// What an opcode that looks at nothing but its argument pushes.
fn view_atom<'a>(at: &Instruction<'a>) -> View<'a> {
    match (at.opcode, at.argument) {
        (op::NEWTRUE, _) | (op::INT, Argument::Line(b"01")) => View::Bool(true),
        (op::NEWFALSE, _) | (op::INT, Argument::Line(b"00")) => View::Bool(false),
        (op::EMPTY_TUPLE, _) => View::Tuple,
        (op::INT | op::LONG, Argument::Line(line)) => {
            let line = line.trim_ascii();
            let line = line.strip_suffix(b"L").unwrap_or(line);
            text::number(line).map_or(View::BigInt, View::Int)
        }
        (op::LONG1 | op::LONG4, Argument::Bytes(bytes)) => small(bytes),
        (_, Argument::Number(number)) => View::Int(number),
        (_, Argument::Float(float)) => View::Float(float),
        (op::FLOAT, Argument::Line(line)) => View::Float(text::float(line).unwrap_or(f64::NAN)),
        (op::UNICODE, Argument::Line(line)) => {
            View::Str(text::raw_unicode_unescape(line).unwrap_or(Cow::Borrowed(line)))
        }
        (op::STRING, Argument::Line(line)) => {
            View::Str(text::unquote(line).unwrap_or(Cow::Borrowed(line)))
        }
        // The identifier of a persistent object.
        (op::PERSID, Argument::Line(line)) => View::Str(Cow::Borrowed(line)),
        (op::SHORT_BINBYTES | op::BINBYTES | op::BINBYTES8, Argument::Bytes(bytes)) => {
            View::Bytes(bytes)
        }
        (op::BYTEARRAY8, Argument::Bytes(bytes)) => View::ByteArray(bytes),
        (_, Argument::Bytes(bytes)) => View::Str(Cow::Borrowed(bytes)),
        _ => View::None,
    }
}

/// The integer in little-endian two's complement.
fn small(bytes: &[u8]) -> View<'static> {
    if bytes.len() > 8 {
        return View::BigInt;
    }
    let negative = bytes.last().is_some_and(|last| *last >= 0x80);
    let mut all = [if negative { 0xff } else { 0 }; 8];
    for (to, from) in all.iter_mut().zip(bytes) {
        *to = *from;
    }
    View::Int(i64::from_le_bytes(all))
}
