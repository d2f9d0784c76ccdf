//! A pickle read as far as it goes, with what is odd about it and the order in which things happen.
use crate::op;
use crate::read::decode::{Argument, Instruction, decode};
use crate::read::error::{ReadError, ReadErrorKind};
use crate::read::graph::Graph;
use crate::read::machine::{Machine, index};

/// More remarks than anybody reads; the rest is counted.
const MOST_REMARKS: usize = 256;

/// Something about the stream that no pickler writes, or that readers disagree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Oddity {
    /// `PUT` gives another value to a number of the memo that has one.
    MemoOverwritten,
    /// `PROTO` is not the first opcode, or is there again.
    ProtocolRepeated,
    /// An opcode is newer than the protocol that the pickle says it is of.
    ProtocolLie,
    /// A frame ends in the middle of an opcode.
    FrameCrossed,
    /// A frame begins before the last one has ended.
    FrameNested,
    /// `POP` takes a mark.
    MarkPopped,
    /// `DUP`, which no pickler uses.
    Duplicate,
    /// At the end there is more on the stack than the object.
    StackLeft,
    /// Data follow the end.
    AfterStop,
}

impl Oddity {
    /// The name under which reports list it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::MemoOverwritten => "memo-overwritten",
            Self::ProtocolRepeated => "protocol-repeated",
            Self::ProtocolLie => "protocol-lie",
            Self::FrameCrossed => "frame-crossed",
            Self::FrameNested => "frame-nested",
            Self::MarkPopped => "mark-popped",
            Self::Duplicate => "duplicate",
            Self::StackLeft => "stack-left",
            Self::AfterStop => "after-stop",
        }
    }
}

/// A pickle read as far as it goes.
#[derive(Debug)]
pub struct Trace<'a> {
    /// What it makes; up to the error, if there is one: `pickle.loads` has done all of that by then.
    pub graph: Graph<'a>,
    /// Why it cannot be read to its end.
    pub error: Option<ReadError>,
    /// What is odd about it, and where.
    pub oddities: Vec<(Oddity, usize)>,
    /// How many more oddities there are.
    pub omitted: usize,
    /// How many opcodes were read.
    pub opcodes: usize,
    /// How many values the memo holds at the end.
    pub memo: usize,
    /// `PROTO` opcodes: where, and which protocol.
    protocols: Vec<(usize, u8)>,
}

impl Trace<'_> {
    /// The protocol in force at an offset: what the last `PROTO` before it said.
    #[must_use]
    pub fn protocol_at(&self, offset: usize) -> u8 {
        let before = self.protocols.partition_point(|(at, _)| *at < offset);
        let last = before.checked_sub(1).and_then(|at| self.protocols.get(at));
        last.map_or(0, |(_, protocol)| *protocol)
    }
}

/// Reads the pickle at the start of `data` as far as that goes, with about `memory` bytes for tables.
///
/// ```
/// use codepickle_stream::{trace, Oddity, View};
///
/// let read = trace(b"cos\nsystem\n(S'id'\ntR2X", 1 << 20);
/// assert_eq!(read.error.unwrap().offset(), 21, "cut off");
/// assert_eq!(read.oddities, [(Oddity::Duplicate, 20)]);
/// let calls = read.graph.values().filter(|value| matches!(read.graph.view(*value), View::Call { .. }));
/// assert_eq!(calls.count(), 1, "made before the error comes");
/// ```
#[must_use]
pub fn trace(data: &[u8], memory: usize) -> Trace<'_> {
    let mut machine = Machine::new(data);
    machine.computed_names = true;
    machine.graph.gives = Some(Vec::new());
    let mut watch = Watch::default();
    let mut offset = 0;
    let error = loop {
        let instruction = match decode(data, offset) {
            Ok(instruction) => instruction,
            Err(error) => break Some(error),
        };
        watch.look(&instruction, &machine);
        match machine.step(&instruction) {
            Ok(true) => {
                machine.graph.end = instruction.end;
                if !machine.stack.is_empty() || !machine.marks.is_empty() {
                    watch.note(Oddity::StackLeft, offset);
                }
                if instruction.end < data.len() {
                    watch.note(Oddity::AfterStop, instruction.end);
                }
                break None;
            }
            Ok(false) => {}
            Err(kind) => break Some(ReadError::new(kind, offset)),
        }
        if machine.memory().saturating_add(watch.memory()) > memory {
            break Some(ReadError::new(ReadErrorKind::Memory(memory), offset));
        }
        offset = instruction.end;
    };
    Trace {
        memo: machine.memo.len(),
        graph: machine.graph,
        error,
        oddities: watch.oddities,
        omitted: watch.omitted,
        opcodes: watch.opcodes,
        protocols: watch.protocols,
    }
}

#[derive(Default)]
struct Watch {
    oddities: Vec<(Oddity, usize)>,
    omitted: usize,
    opcodes: usize,
    protocols: Vec<(usize, u8)>,
    /// Where the frame ends that was begun last.
    frame_end: Option<usize>,
    /// Whether an opcode was found newer than its protocol.
    lied: bool,
}

impl Watch {
    fn note(&mut self, oddity: Oddity, offset: usize) {
        if self.oddities.len() < MOST_REMARKS {
            self.oddities.push((oddity, offset));
        } else {
            self.omitted += 1;
        }
    }

    fn memory(&self) -> usize {
        self.protocols.len() * size_of::<(usize, u8)>()
    }

    fn look(&mut self, at: &Instruction<'_>, machine: &Machine<'_>) {
        self.opcodes += 1;
        self.look_at_frames(at);
        if introduced(at.opcode) > self.protocols.last().map_or(0, |(_, protocol)| *protocol)
            && !std::mem::replace(&mut self.lied, true)
        {
            self.note(Oddity::ProtocolLie, at.offset);
        }
        match at.opcode {
            op::PROTO => {
                if at.offset != 0 {
                    self.note(Oddity::ProtocolRepeated, at.offset);
                }
                if let Argument::Number(protocol) = at.argument {
                    let protocol = u8::try_from(protocol).unwrap_or(0);
                    self.protocols.push((at.offset, protocol));
                }
            }
            op::DUP => self.note(Oddity::Duplicate, at.offset),
            op::POP if machine.marks.last() == Some(&machine.stack.len()) => {
                self.note(Oddity::MarkPopped, at.offset);
            }
            op::PUT | op::BINPUT | op::LONG_BINPUT => {
                let before = index(at).ok().and_then(|index| machine.memo.get(index));
                if before.is_some() && before != machine.stack.last().copied() {
                    self.note(Oddity::MemoOverwritten, at.offset);
                }
            }
            op::MEMOIZE if machine.memo.get(machine.memo.len() as u64).is_some() => {
                self.note(Oddity::MemoOverwritten, at.offset);
            }
            _ => {}
        }
    }

    fn look_at_frames(&mut self, at: &Instruction<'_>) {
        if let Some(end) = self.frame_end {
            if at.offset >= end {
                self.frame_end = None;
            } else if at.end > end {
                self.frame_end = None;
                self.note(Oddity::FrameCrossed, at.offset);
            } else if at.opcode == op::FRAME {
                self.note(Oddity::FrameNested, at.offset);
            }
        }
        if at.opcode == op::FRAME
            && let Argument::Number(length) = at.argument
        {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            self.frame_end = Some(at.end.saturating_add(length));
        }
    }
}

/// The protocol that an opcode is of, as far as it can be told apart: 0 and 1 need no `PROTO`.
fn introduced(opcode: u8) -> u8 {
    match opcode {
        op::NEWOBJ..=op::LONG4 => 2,
        op::BINBYTES | op::SHORT_BINBYTES => 3,
        op::SHORT_BINUNICODE..=op::FRAME => 4,
        op::BYTEARRAY8..=op::READONLY_BUFFER => 5,
        _ => 0,
    }
}
