//! Whatever is written can be read back, and no opcode crosses the end of a frame.
use std::collections::HashMap;

use codepickle_stream::{FRAME_TARGET, Mode, Writer, op};
use proptest::prelude::*;

/// What the tests write. A shared value is written once and referenced afterwards.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Shared(u8, Box<Value>),
}

fn value() -> impl Strategy<Value = Value> {
    let size = prop_oneof![
        20 => 0..20_usize,
        2 => 250..260_usize,
        1 => FRAME_TARGET - 2..FRAME_TARGET + 2,
        1 => Just(3 * FRAME_TARGET),
    ];
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-70_000..70_000_i64).prop_map(Value::Int),
        any::<f64>()
            .prop_filter("comparable", |f| !f.is_nan())
            .prop_map(Value::Float),
        any::<String>().prop_map(Value::Str),
        (size.clone(), any::<char>()).prop_map(|(n, c)| Value::Str(String::from(c).repeat(n))),
        (size, any::<u8>()).prop_map(|(n, b)| Value::Bytes(vec![b; n])),
    ];
    leaf.prop_recursive(6, 200, 20, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(Value::List),
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Tuple),
            (any::<u8>(), inner).prop_map(|(id, v)| Value::Shared(id, Box::new(v))),
        ]
    })
}

/// Writes a value as the engine does.
struct Dump {
    writer: Writer<Vec<u8>>,
    out: Vec<u8>,
    memo: u32,
    shared: HashMap<u8, (u32, Value)>,
}

impl Dump {
    fn memoize(&mut self) -> u32 {
        if self.writer.mode() == Mode::OneShot {
            return self.writer.memoize().unwrap();
        }
        self.writer.put(self.memo).unwrap();
        self.memo += 1;
        self.memo - 1
    }

    fn payload(&mut self, rest: Option<Vec<u8>>) {
        if let Some(payload) = rest {
            self.out.extend(self.writer.take_for_payload());
            self.out.extend(payload);
        }
    }

    fn save(&mut self, value: &Value) {
        if self.writer.boundary() {
            self.out.extend(self.writer.take());
        }
        let protocol = self.writer.protocol();
        match value {
            Value::None => self.writer.op(op::NONE),
            Value::Bool(b) => self.writer.bool(*b),
            Value::Int(i) => self.writer.int(*i),
            Value::Float(f) if protocol == 0 => {
                self.writer.line(op::FLOAT, format!("{f:?}").as_bytes());
            }
            Value::Float(f) => self.writer.float(*f),
            Value::Str(s) if self.writer.is_large(s.len()) && protocol > 0 => {
                let rest = self
                    .writer
                    .large_str(s.len(), s.clone().into_bytes())
                    .unwrap();
                self.payload(rest);
                self.memoize();
            }
            Value::Str(s) if self.writer.mode() == Mode::OneShot => {
                self.writer.str(s.as_bytes()).unwrap();
            }
            Value::Str(s) => {
                self.writer.str_once(s.as_bytes()).unwrap();
                self.memoize();
            }
            Value::Bytes(_) if protocol < 3 => self.writer.op(op::NONE),
            Value::Bytes(b) if self.writer.is_large(b.len()) => {
                let rest = if protocol >= 5 {
                    self.writer.large_bytearray(b.len(), b.clone())
                } else {
                    self.writer.large_bytes(b.len(), b.clone()).unwrap()
                };
                self.payload(rest);
                self.memoize();
            }
            Value::Bytes(b) if protocol >= 5 => {
                self.writer.bytearray(b);
                self.memoize();
            }
            Value::Bytes(b) if self.writer.mode() == Mode::OneShot => {
                self.writer.bytes(b).unwrap();
            }
            Value::Bytes(b) => {
                self.writer.bytes_once(b).unwrap();
                self.memoize();
            }
            Value::List(items) => {
                self.writer.op(op::MARK);
                self.writer.op(op::LIST);
                self.memoize();
                for item in items {
                    self.save(item);
                    self.writer.op(op::APPEND);
                }
            }
            Value::Tuple(items) => {
                self.writer.op(op::MARK);
                for item in items {
                    self.save(item);
                }
                self.writer.op(op::TUPLE);
                self.memoize();
            }
            Value::Shared(id, inner) => {
                if let Some((index, _)) = self.shared.get(id) {
                    self.writer.get(*index).unwrap();
                    return;
                }
                self.writer.op(op::MARK);
                self.save(inner);
                self.writer.op(op::TUPLE);
                let index = self.memoize();
                self.shared.insert(*id, (index, (**inner).clone()));
            }
        }
    }
}

/// What a reader gets: shared values as tuples of one, bytes as nothing where the protocol has none.
fn expected(value: &Value, protocol: u8, shared: &HashMap<u8, (u32, Value)>) -> Value {
    let all = |items: &[Value]| {
        items
            .iter()
            .map(|v| expected(v, protocol, shared))
            .collect()
    };
    match value {
        Value::Bytes(_) if protocol < 3 => Value::None,
        Value::List(items) => Value::List(all(items)),
        Value::Tuple(items) => Value::Tuple(all(items)),
        Value::Shared(id, _) => Value::Tuple(vec![expected(&shared[id].1, protocol, shared)]),
        other => other.clone(),
    }
}

fn dump(value: &Value, protocol: u8, mode: Mode) -> (Vec<u8>, HashMap<u8, (u32, Value)>) {
    let mut dump = Dump {
        writer: Writer::new(protocol, mode),
        out: Vec::new(),
        memo: 0,
        shared: HashMap::new(),
    };
    dump.writer.start();
    dump.save(value);
    dump.writer.end();
    let bytes = match mode {
        Mode::Stream => {
            let rest = dump.writer.take();
            dump.out.extend(rest);
            dump.out
        }
        Mode::OneShot => {
            let pickle = dump.writer.finish();
            let bytes = pickle.to_vec();
            assert_eq!(bytes.len(), pickle.total_len());
            bytes
        }
    };
    (bytes, dump.shared)
}

/// A reader of the opcodes above, which insists on frames.
struct Load<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the frame ends.
    frame: Option<usize>,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: HashMap<usize, usize>,
    memoized: Vec<Value>,
    puts: usize,
    gets: Vec<usize>,
}

impl<'a> Load<'a> {
    fn take(&mut self, n: usize) -> &'a [u8] {
        if let Some(end) = self.frame {
            assert!(self.at + n <= end, "an opcode crosses the end of its frame");
        }
        let bytes = &self.bytes[self.at..self.at + n];
        self.at += n;
        bytes
    }

    fn number(&mut self, n: usize) -> usize {
        let mut bytes = [0; 8];
        bytes[..n].copy_from_slice(self.take(n));
        usize::try_from(u64::from_le_bytes(bytes)).unwrap()
    }

    fn text_line(&mut self) -> &'a str {
        let len = self.bytes[self.at..]
            .iter()
            .position(|b| *b == b'\n')
            .unwrap();
        let line = self.take(len + 1);
        std::str::from_utf8(&line[..len]).unwrap()
    }

    fn string(&mut self, n: usize) {
        let text = std::str::from_utf8(self.take(n)).unwrap().to_owned();
        self.stack.push(Value::Str(text));
    }

    fn items(&mut self) -> Vec<Value> {
        let mark = self.marks.pop().unwrap();
        self.stack.split_off(mark)
    }

    fn put(&mut self, index: usize) {
        assert_eq!(index, self.puts, "memo indexes are consecutive");
        self.puts += 1;
        // Lists are filled afterwards; the tests share tuples and strings alone.
        self.memoized.push(self.stack.last().unwrap().clone());
        self.memo.insert(index, self.memoized.len() - 1);
    }

    fn get(&mut self, index: usize) {
        self.gets.push(index);
        let value = self.memoized[self.memo[&index]].clone();
        self.stack.push(value);
    }

    fn read(bytes: &'a [u8]) -> (Value, Self) {
        let mut load = Load {
            bytes,
            at: 0,
            frame: None,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            memoized: Vec::new(),
            puts: 0,
            gets: Vec::new(),
        };
        while load.step() {}
        assert_eq!(load.at, bytes.len());
        assert!(load.frame.is_none_or(|end| end == bytes.len()));
        assert_eq!(load.stack.len(), 1);
        (load.stack.pop().unwrap(), load)
    }

    #[expect(clippy::too_many_lines, reason = "one arm an opcode")]
    fn step(&mut self) -> bool {
        if self.frame == Some(self.at) {
            self.frame = None;
        }
        let code = self.take(1)[0];
        match code {
            op::PROTO => assert_eq!(self.at + self.take(1).len(), 2),
            op::FRAME => {
                assert!(self.frame.is_none(), "a frame within a frame");
                let n = self.number(8);
                assert!(n >= 4, "a frame that is not worth its header");
                assert!(n <= 2 * FRAME_TARGET + 16, "a frame of {n} bytes");
                self.frame = Some(self.at + n);
            }
            op::STOP => return false,
            op::NONE => self.stack.push(Value::None),
            op::NEWTRUE => self.stack.push(Value::Bool(true)),
            op::NEWFALSE => self.stack.push(Value::Bool(false)),
            op::BININT1 => {
                let n = self.number(1);
                self.stack.push(Value::Int(i64::try_from(n).unwrap()));
            }
            op::BININT2 => {
                let n = self.number(2);
                self.stack.push(Value::Int(i64::try_from(n).unwrap()));
            }
            op::BININT => {
                let bytes = self.take(4).try_into().unwrap();
                self.stack
                    .push(Value::Int(i32::from_le_bytes(bytes).into()));
            }
            op::LONG1 => {
                let n = self.number(1);
                let bytes = self.take(n);
                let negative = bytes.last().is_some_and(|b| b & 0x80 != 0);
                let mut full = if negative { [0xff; 8] } else { [0; 8] };
                full[..n].copy_from_slice(bytes);
                self.stack.push(Value::Int(i64::from_le_bytes(full)));
            }
            op::INT => {
                let value = match self.text_line() {
                    "01" => Value::Bool(true),
                    "00" => Value::Bool(false),
                    digits => Value::Int(digits.parse().unwrap()),
                };
                self.stack.push(value);
            }
            op::LONG => {
                let digits = self.text_line().strip_suffix('L').unwrap();
                self.stack.push(Value::Int(digits.parse().unwrap()));
            }
            op::BINFLOAT => {
                let bytes = self.take(8).try_into().unwrap();
                self.stack.push(Value::Float(f64::from_be_bytes(bytes)));
            }
            op::FLOAT => {
                let float = self.text_line().parse().unwrap();
                self.stack.push(Value::Float(float));
            }
            op::UNICODE => self.unicode(),
            op::SHORT_BINUNICODE => {
                let n = self.number(1);
                self.string(n);
            }
            op::BINUNICODE => {
                let n = self.number(4);
                self.string(n);
            }
            op::SHORT_BINBYTES | op::BINBYTES | op::BYTEARRAY8 => {
                let n = self.number(match code {
                    op::SHORT_BINBYTES => 1,
                    op::BINBYTES => 4,
                    _ => 8,
                });
                let bytes = self.take(n).to_vec();
                self.stack.push(Value::Bytes(bytes));
            }
            op::MARK => self.marks.push(self.stack.len()),
            op::LIST => {
                let items = self.items();
                self.stack.push(Value::List(items));
            }
            op::TUPLE => {
                let items = self.items();
                self.stack.push(Value::Tuple(items));
            }
            op::APPEND => {
                let item = self.stack.pop().unwrap();
                let Some(Value::List(items)) = self.stack.last_mut() else {
                    panic!("no list")
                };
                items.push(item);
            }
            op::MEMOIZE => self.put(self.puts),
            op::BINPUT | op::LONG_BINPUT => {
                let index = self.number(if code == op::BINPUT { 1 } else { 4 });
                self.put(index);
            }
            op::PUT => {
                let index = self.text_line().parse().unwrap();
                self.put(index);
            }
            op::BINGET | op::LONG_BINGET => {
                let index = self.number(if code == op::BINGET { 1 } else { 4 });
                self.get(index);
            }
            op::GET => {
                let index = self.text_line().parse().unwrap();
                self.get(index);
            }
            other => panic!("unknown opcode {other:#x}"),
        }
        true
    }

    fn unicode(&mut self) {
        let len = self.bytes[self.at..]
            .iter()
            .position(|b| *b == b'\n')
            .unwrap();
        let line = &self.take(len + 1)[..len];
        let mut text = String::new();
        let mut at = 0;
        while at < line.len() {
            let digits = match (line[at], line.get(at + 1)) {
                (b'\\', Some(b'u')) => 4,
                (b'\\', Some(b'U')) => 8,
                _ => {
                    text.push(char::from(line[at]));
                    at += 1;
                    continue;
                }
            };
            let hex = std::str::from_utf8(&line[at + 2..at + 2 + digits]).unwrap();
            text.push(char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap());
            at += 2 + digits;
        }
        self.stack.push(Value::Str(text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn reads_back(value in value(), protocol in 0..=5_u8, one_shot in any::<bool>()) {
        let mode = if one_shot { Mode::OneShot } else { Mode::Stream };
        let (bytes, shared) = dump(&value, protocol, mode);
        let (loaded, load) = Load::read(&bytes);
        prop_assert_eq!(loaded, expected(&value, protocol, &shared));
        if one_shot {
            // Everything memoised is used.
            for index in 0..load.puts {
                prop_assert!(load.gets.contains(&index));
            }
        }
    }

    #[test]
    fn one_shot_is_never_larger(value in value(), protocol in 0..=5_u8) {
        let (one_shot, _) = dump(&value, protocol, Mode::OneShot);
        let (stream, _) = dump(&value, protocol, Mode::Stream);
        prop_assert!(one_shot.len() <= stream.len());
    }
}

#[test]
fn many_references_stay_in_their_frames() {
    for protocol in [4, 5] {
        let mut writer: Writer<Vec<u8>> = Writer::new(protocol, Mode::OneShot);
        writer.start();
        writer.op(op::MARK);
        let mut indexes = Vec::new();
        for _ in 0..1000 {
            writer.boundary();
            writer.op(op::MARK);
            writer.op(op::TUPLE);
            indexes.push(writer.memoize().unwrap());
        }
        for at in 0..200_000 {
            writer.boundary();
            writer.get(indexes[at % 1000]).unwrap();
        }
        writer.op(op::TUPLE);
        writer.end();
        let bytes = writer.finish().to_vec();
        let (_, load) = Load::read(&bytes);
        assert_eq!(load.gets.len(), 200_000);
        assert_eq!(load.puts, 1000);
    }
}

#[test]
fn a_frame_for_what_is_worth_one() {
    let (bytes, _) = dump(&Value::Str("x".repeat(100)), 4, Mode::OneShot);
    assert!(!bytes.contains(&op::FRAME));
    let (bytes, _) = dump(&Value::Str("x".repeat(200)), 4, Mode::OneShot);
    assert_eq!(bytes[2], op::FRAME);
}

#[test]
fn refusals() {
    let mut stream: Writer<Vec<u8>> = Writer::new(4, Mode::Stream);
    assert!(stream.memoize().unwrap_err().is_memo());
    assert!(stream.put(0).is_ok());
    let mut one_shot: Writer<Vec<u8>> = Writer::new(3, Mode::OneShot);
    assert!(one_shot.put(0).unwrap_err().is_memo());
    assert!(one_shot.get(0).unwrap_err().is_memo());
    let long = usize::try_from(1_u64 << 32).unwrap();
    assert!(
        one_shot
            .large_str(long, Vec::new())
            .unwrap_err()
            .is_too_long()
    );
    assert!(
        one_shot
            .large_bytes(long, Vec::new())
            .unwrap_err()
            .is_too_long()
    );
    let mut newer: Writer<Vec<u8>> = Writer::new(4, Mode::OneShot);
    assert!(newer.large_str(long, Vec::new()).is_ok());
}

#[test]
fn integers() {
    let cases: [(i64, &[u8]); 9] = [
        (255, b"K\xff"),
        (256, b"M\x00\x01"),
        (65_536, b"J\x00\x00\x01\x00"),
        (-1, b"J\xff\xff\xff\xff"),
        (1 << 31, b"\x8a\x05\x00\x00\x00\x80\x00"),
        (-(1 << 31) - 1, b"\x8a\x05\xff\xff\xff\x7f\xff"),
        (-(1 << 39), b"\x8a\x05\x00\x00\x00\x00\x80"),
        (i64::MAX, b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"),
        (i64::MIN, b"\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80"),
    ];
    for (value, bytes) in cases {
        let (written, _) = dump(&Value::Int(value), 2, Mode::OneShot);
        assert_eq!(&written[2..written.len() - 1], bytes, "{value}");
    }
}
