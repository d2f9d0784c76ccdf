//! The unpickler's machine, run on symbols: a stack, marks, a memo, and nothing that imports or calls.
use std::collections::HashMap;

use crate::op;
use crate::read::decode::{Argument, Instruction, decode};
use crate::read::error::{ReadError, ReadErrorKind};
use crate::read::graph::{Graph, Kind, Role, Value};
use crate::read::text;

/// Memory for any pickle, however short. Beyond it, a multiple of the length is allowed.
const MEMORY_BASE: usize = 1 << 30;

/// Bytes of memory for each byte of the pickle: `pickle.loads` itself takes more than that for any object (the smallest
/// have 16 bytes, and 8 for what refers to them).
const MEMORY_PER_BYTE: usize = 24;

/// Reads the pickle at the start of `data`, without importing or calling anything.
///
/// Time and memory grow in proportion to the length, whatever the depth.
///
/// # Errors
/// If it is none: truncated, malformed, or of a protocol that is not known. Also if what it describes takes more
/// memory than it would make sense to spend: 1 GiB and 24 bytes for each byte of the data.
///
/// ```
/// let graph = codepickle_stream::read(b"\x80\x04]\x94(K\x01h\x00e.")?;
/// let items: Vec<_> = graph.items(graph.root()).collect();
/// assert_eq!(items[1], graph.root(), "the list holds itself");
/// # Ok::<(), codepickle_stream::ReadError>(())
/// ```
pub fn read(data: &[u8]) -> Result<Graph<'_>, ReadError> {
    let memory = data
        .len()
        .saturating_mul(MEMORY_PER_BYTE)
        .saturating_add(MEMORY_BASE);
    read_within(data, memory)
}

/// As [`read`], with about `memory` bytes for tables; their growth may take twice as much for a moment.
///
/// # Errors
/// As [`read`].
///
/// ```
/// let lists = [b"]".repeat(1000), b".".to_vec()].concat();
/// assert!(codepickle_stream::read_within(&lists, 4096).unwrap_err().is_limit());
/// ```
pub fn read_within(data: &[u8], memory: usize) -> Result<Graph<'_>, ReadError> {
    let mut machine = Machine::new(data);
    let mut offset = 0;
    loop {
        let instruction = decode(data, offset)?;
        let stopped = machine
            .step(&instruction)
            .map_err(|kind| ReadError::new(kind, offset))?;
        if stopped {
            machine.graph.end = instruction.end;
            return Ok(machine.graph);
        }
        if machine.memory() > memory {
            return Err(ReadError::new(ReadErrorKind::Memory(memory), offset));
        }
        offset = instruction.end;
    }
}

/// What `PUT` and `MEMOIZE` keep. The indexes are dense in all pickles that a pickler wrote; a table for others must
/// not grow to the size of the index.
#[derive(Default)]
pub(crate) struct Memo {
    dense: Vec<Value>,
    sparse: HashMap<u64, Value>,
}

impl Memo {
    fn put(&mut self, index: u64, value: Value) {
        let dense = self.dense.len() as u64;
        if index == dense {
            self.dense.push(value);
            self.sparse.remove(&index);
        } else if let Some(slot) = usize::try_from(index)
            .ok()
            .and_then(|index| self.dense.get_mut(index))
        {
            *slot = value;
        } else {
            self.sparse.insert(index, value);
        }
    }

    pub(crate) fn get(&self, index: u64) -> Option<Value> {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.dense.get(index))
            .or_else(|| self.sparse.get(&index))
            .copied()
    }

    /// How many values it holds: what `MEMOIZE` takes for its index.
    pub(crate) fn len(&self) -> usize {
        self.dense.len() + self.sparse.len()
    }

    fn memory(&self) -> usize {
        // A table keeps an eighth of its slots free, and a byte for each.
        self.dense.len() * size_of::<Value>() + self.sparse.len() * 20
    }
}

pub(crate) struct Machine<'a> {
    pub(crate) graph: Graph<'a>,
    pub(crate) stack: Vec<Value>,
    /// Heights of the stack at the marks that are set.
    pub(crate) marks: Vec<usize>,
    pub(crate) memo: Memo,
    /// Whether names of globals may be what calls return.
    pub(crate) computed_names: bool,
}

pub(crate) type Step<T> = Result<T, ReadErrorKind>;

impl<'a> Machine<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self {
            graph: Graph::new(data),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Memo::default(),
            computed_names: false,
        }
    }

    pub(crate) fn memory(&self) -> usize {
        self.graph.memory()
            + self.memo.memory()
            + self.stack.len() * size_of::<Value>()
            + self.marks.len() * size_of::<usize>()
    }

    /// Carries an instruction out; true if it was the last.
    pub(crate) fn step(&mut self, at: &Instruction<'_>) -> Step<bool> {
        match at.opcode {
            op::STOP => {
                self.graph.root = self.pop()?;
                return Ok(true);
            }
            op::PROTO => {
                if let Argument::Number(protocol) = at.argument {
                    self.graph.protocol = u8::try_from(protocol).unwrap_or(0);
                }
            }
            op::FRAME => {}
            op::MARK => self.marks.push(self.stack.len()),
            op::POP => self.pop_or_mark()?,
            op::POP_MARK => {
                let start = self.mark()?;
                self.stack.truncate(start);
            }
            op::DUP => self.stack.push(self.top()?),
            op::PUT | op::BINPUT | op::LONG_BINPUT => {
                let (index, value) = (index(at)?, self.top()?);
                self.memo.put(index, value);
            }
            op::MEMOIZE => {
                let value = self.top()?;
                self.memo.put(self.memo.len() as u64, value);
            }
            op::GET | op::BINGET | op::LONG_BINGET => {
                let index = index(at)?;
                let found = self.memo.get(index);
                let value = found.ok_or(ReadErrorKind::UnknownMemo(index))?;
                self.stack.push(value);
            }
            op::APPEND => self.add_popped(1, Role::Items, at.offset)?,
            op::SETITEM => self.add_popped(2, Role::Pairs, at.offset)?,
            op::BUILD => self.add_popped(1, Role::States, at.offset)?,
            op::APPENDS | op::ADDITEMS => self.add_marked(Role::Items, at.offset)?,
            op::SETITEMS => self.add_marked(Role::Pairs, at.offset)?,
            _ => return self.make(at).map(|()| false),
        }
        Ok(false)
    }

    /// The instructions that push something new.
    fn make(&mut self, at: &Instruction<'_>) -> Step<()> {
        let offset = at.offset;
        match at.opcode {
            op::EMPTY_LIST => self.push(Kind::List, offset),
            op::EMPTY_DICT => self.push(Kind::Dict, offset),
            op::EMPTY_SET => self.push(Kind::Set, offset),
            op::LIST => self.collect(Kind::List, Role::Items, offset),
            op::TUPLE => self.collect(Kind::Tuple, Role::Items, offset),
            op::FROZENSET => self.collect(Kind::FrozenSet, Role::Items, offset),
            op::DICT => self.collect(Kind::Dict, Role::Pairs, offset),
            op::TUPLE1 => self.replace(1, Kind::Tuple, Role::Items, offset),
            op::TUPLE2 => self.replace(2, Kind::Tuple, Role::Items, offset),
            op::TUPLE3 => self.replace(3, Kind::Tuple, Role::Items, offset),
            op::REDUCE => self.replace(2, Kind::Call, Role::Inputs, offset),
            op::NEWOBJ => self.replace(2, Kind::New, Role::Inputs, offset),
            op::NEWOBJ_EX => self.replace(3, Kind::NewWithKeywords, Role::Inputs, offset),
            op::BINPERSID => self.replace(1, Kind::Persistent, Role::Inputs, offset),
            op::READONLY_BUFFER => self.replace(1, Kind::ReadOnly, Role::Inputs, offset),
            op::NEXT_BUFFER => self.push(Kind::Buffer, offset),
            op::EXT1 | op::EXT2 | op::EXT4 => self.push(Kind::Extension, offset),
            op::PERSID => {
                self.stack.push(Value::atom(offset));
                self.replace(1, Kind::Persistent, Role::Inputs, offset)
            }
            op::GLOBAL => {
                Self::names(at)?;
                self.push(Kind::Global, offset)
            }
            op::STACK_GLOBAL => {
                let inputs = self.stack.len().checked_sub(2);
                let inputs = inputs.and_then(|start| self.stack.get(start..));
                let named = inputs.is_some_and(|inputs| {
                    inputs.iter().all(|value| {
                        self.graph.is_str(*value) || (self.computed_names && value.is_node())
                    })
                });
                if !named {
                    return Err(ReadErrorKind::NoName);
                }
                self.replace(2, Kind::Global, Role::Inputs, offset)
            }
            op::INST => {
                Self::names(at)?;
                let start = self.mark()?;
                let class = self.node(Kind::Global, offset)?;
                self.stack.insert(start, class);
                self.replace(
                    self.stack.len() - start,
                    Kind::Instance,
                    Role::Inputs,
                    offset,
                )
            }
            op::OBJ => {
                let start = self.mark()?;
                let count = self.stack.len() - start;
                if count == 0 {
                    return Err(ReadErrorKind::Underflow);
                }
                self.replace(count, Kind::Instance, Role::Inputs, offset)
            }
            _ => {
                if !at.is_sound() {
                    return Err(ReadErrorKind::Argument);
                }
                self.stack.push(Value::atom(offset));
                Ok(())
            }
        }
    }

    /// Module and name of `GLOBAL` and `INST` must be text.
    fn names(at: &Instruction<'_>) -> Step<()> {
        match at.argument {
            Argument::Lines(module, name)
                if std::str::from_utf8(module).is_ok() && std::str::from_utf8(name).is_ok() =>
            {
                Ok(())
            }
            _ => Err(ReadErrorKind::NoName),
        }
    }

    fn node(&mut self, kind: Kind, offset: usize) -> Step<Value> {
        let added = self.graph.add(kind, offset);
        added.ok_or(ReadErrorKind::Memory(usize::MAX))
    }

    fn push(&mut self, kind: Kind, offset: usize) -> Step<()> {
        let node = self.node(kind, offset)?;
        self.stack.push(node);
        Ok(())
    }

    /// What may be popped lies above the last mark.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Step<Value> {
        if self.stack.len() <= self.floor() {
            return Err(ReadErrorKind::Underflow);
        }
        self.stack.pop().ok_or(ReadErrorKind::Underflow)
    }

    fn top(&self) -> Step<Value> {
        let above = self.stack.get(self.floor()..).unwrap_or_default();
        above.last().copied().ok_or(ReadErrorKind::Underflow)
    }

    /// `POP` takes a mark, too, where that is what was pushed last.
    fn pop_or_mark(&mut self) -> Step<()> {
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(|_| ())
    }

    /// Takes the last mark; its height.
    fn mark(&mut self) -> Step<usize> {
        let mark = self.marks.pop().ok_or(ReadErrorKind::NoMark)?;
        Ok(mark.min(self.stack.len()))
    }

    /// Replaces the `count` topmost values by a node that they belong to.
    fn replace(&mut self, count: usize, kind: Kind, role: Role, offset: usize) -> Step<()> {
        let start = self
            .stack
            .len()
            .checked_sub(count)
            .filter(|start| *start >= self.floor())
            .ok_or(ReadErrorKind::Underflow)?;
        let node = self.node(kind, offset)?;
        self.give(node, role, start, offset)?;
        self.stack.push(node);
        Ok(())
    }

    /// Replaces everything above the last mark by a node that it belongs to.
    fn collect(&mut self, kind: Kind, role: Role, offset: usize) -> Step<()> {
        let start = self.mark()?;
        if role == Role::Pairs && !(self.stack.len() - start).is_multiple_of(2) {
            return Err(ReadErrorKind::OddItems);
        }
        self.replace(self.stack.len() - start, kind, role, offset)
    }

    /// Moves what lies at `start` and above to a node.
    fn give(&mut self, node: Value, role: Role, start: usize, offset: usize) -> Step<()> {
        let values = self.stack.get(start..).unwrap_or_default();
        let given = self.graph.give(node, role, values, offset);
        self.stack.truncate(start);
        given.ok_or(ReadErrorKind::Memory(usize::MAX))
    }

    /// Moves everything above the last mark to the value below it.
    fn add_marked(&mut self, role: Role, offset: usize) -> Step<()> {
        let start = self.mark()?;
        if role == Role::Pairs && !(self.stack.len() - start).is_multiple_of(2) {
            return Err(ReadErrorKind::OddItems);
        }
        self.add(start, role, offset)
    }

    fn add_popped(&mut self, count: usize, role: Role, offset: usize) -> Step<()> {
        let start = self.stack.len().checked_sub(count);
        self.add(start.ok_or(ReadErrorKind::Underflow)?, role, offset)
    }

    /// Moves what lies at `start` and above to the value below.
    fn add(&mut self, start: usize, role: Role, offset: usize) -> Step<()> {
        let below = start.checked_sub(1).filter(|below| *below >= self.floor());
        let node = below
            .and_then(|below| self.stack.get(below))
            .copied()
            .ok_or(ReadErrorKind::Underflow)?;
        if start == self.stack.len() {
            return Ok(());
        }
        // Numbers, strings and the like take neither; an instance of a subclass of theirs is made by a call.
        if !node.is_node() {
            return Err(ReadErrorKind::NoContainer);
        }
        self.give(node, role, start, offset)
    }
}

/// The memo index that an instruction is about.
pub(crate) fn index(at: &Instruction<'_>) -> Step<u64> {
    let number = match at.argument {
        Argument::Number(number) => Some(number),
        Argument::Line(line) => text::number(line),
        _ => None,
    };
    let index = number.and_then(|number| u64::try_from(number).ok());
    index.ok_or(ReadErrorKind::Argument)
}
