//! The symbolic reader, opcode by opcode, and on everything that is no pickle.

use codepickle_stream::{
    Argument, Graph, Mode, Payload, Referred, Value, View, Writer, decode, op, read, read_within,
};
use proptest::prelude::*;

/// The pickle's object in a notation like Python's, recursion and all: for small pickles only.
fn shown(data: &[u8]) -> String {
    match read(data) {
        Ok(graph) => show(&graph, graph.root(), 0),
        Err(error) => format!("{}: {error}", error.offset()),
    }
}

fn show(graph: &Graph<'_>, value: Value, depth: usize) -> String {
    if depth > 5 {
        return "...".to_owned();
    }
    let all = |values: &mut dyn Iterator<Item = Value>| -> String {
        let shown: Vec<_> = values.map(|value| show(graph, value, depth + 1)).collect();
        shown.join(", ")
    };
    let items = all(&mut graph.items(value));
    let pairs: Vec<_> = graph
        .pairs(value)
        .map(|(key, value)| all(&mut [key, value].into_iter()))
        .collect();
    let made = match graph.view(value) {
        View::Str(text) => format!("{:?}", String::from_utf8_lossy(&text)),
        View::Bytes(bytes) => format!("b{:?}", String::from_utf8_lossy(bytes)),
        View::ByteArray(bytes) => format!("bytearray({:?})", String::from_utf8_lossy(bytes)),
        View::Int(number) => number.to_string(),
        View::Float(number) => format!("{number:?}"),
        View::Global => graph.global(value).map_or_else(
            || "?".to_owned(),
            |(module, name)| format!("{module}:{name}"),
        ),
        View::Call { .. } | View::New { .. } | View::Instance { .. } => {
            format!("call({})", all(&mut graph.inputs(value)))
        }
        View::Persistent { id } => format!("persistent({})", all(&mut [id].into_iter())),
        View::ReadOnly { of } => format!("readonly({})", all(&mut [of].into_iter())),
        View::Tuple => format!("({items})"),
        View::List => format!("[{items}]"),
        View::Dict => format!("{{{}}}", pairs.join("; ")),
        other => format!("{other:?}"),
    };
    let states = all(&mut graph.states(value));
    let added = match graph.view(value) {
        View::Tuple | View::List | View::Dict => String::new(),
        _ => items + &pairs.join("; "),
    };
    [
        made,
        if added.is_empty() {
            added
        } else {
            format!(" += {added}")
        },
        if states.is_empty() {
            states
        } else {
            format!(" state {states}")
        },
    ]
    .concat()
}

#[test]
fn every_opcode_has_its_meaning() {
    let cases: [(&[u8], &str); 66] = [
        (b"N.", "None"),
        (b"I01\n.", "Bool(true)"),
        (b"I00\n.", "Bool(false)"),
        (b"\x88.", "Bool(true)"),
        (b"\x89.", "Bool(false)"),
        (b"I-7\n.", "-7"),
        (b"I0x1f\n.", "BigInt"),
        (b"L12L\n.", "12"),
        (b"L9223372036854775808L\n.", "BigInt"),
        (b"J\xfe\xff\xff\xff.", "-2"),
        (b"K\xff.", "255"),
        (b"M\x01\x02.", "513"),
        (b"\x8a\x00.", "0"),
        (b"\x8a\x02\x00\x80.", "-32768"),
        (b"\x8a\x09\0\0\0\0\0\0\0\x80\0.", "BigInt"),
        (b"\x8b\x01\0\0\0\xff.", "-1"),
        (b"F1.5\n.", "1.5"),
        (b"G\x3f\xf8\0\0\0\0\0\0.", "1.5"),
        (b"S'a\\x41'\n.", "\"aA\""),
        (b"T\x02\0\0\0ab.", "\"ab\""),
        (b"U\x02ab.", "\"ab\""),
        (b"V\\u20ac\n.", "\"€\""),
        (b"X\x03\0\0\0\xe2\x82\xac.", "\"€\""),
        (b"\x8c\x02ab.", "\"ab\""),
        (b"\x8d\x02\0\0\0\0\0\0\0ab.", "\"ab\""),
        (b"C\x01a.", "b\"a\""),
        (b"B\x01\0\0\0a.", "b\"a\""),
        (b"\x8e\x01\0\0\0\0\0\0\0a.", "b\"a\""),
        (b"\x96\x01\0\0\0\0\0\0\0a.", "bytearray(\"a\")"),
        (b"\x97.", "Buffer"),
        (b"\x97\x98.", "readonly(Buffer)"),
        (b").", "()"),
        (b"].", "[]"),
        (b"}.", "{}"),
        (b"\x8f.", "Set"),
        (b"(K\x01K\x02t.", "(1, 2)"),
        (b"K\x01\x85.", "(1)"),
        (b"K\x01K\x02\x86.", "(1, 2)"),
        (b"K\x01K\x02K\x03\x87.", "(1, 2, 3)"),
        (b"(K\x01K\x02l.", "[1, 2]"),
        (b"(K\x01K\x02d.", "{1, 2}"),
        (b"(K\x01\x91.", "FrozenSet += 1"),
        (b"]K\x01a.", "[1]"),
        (b"](K\x01K\x02eK\x03a.", "[1, 2, 3]"),
        (b"}K\x01K\x02s.", "{1, 2}"),
        (b"}(K\x01K\x02K\x03K\x04u.", "{1, 2; 3, 4}"),
        (b"\x8f(K\x01\x90.", "Set += 1"),
        (b"cm.n\na.b\n.", "m.n:a.b"),
        (b"\x8c\x01m\x8c\x01n\x93.", "m:n"),
        (b"\x82\x07.", "Extension(7)"),
        (b"\x83\x00\x01.", "Extension(256)"),
        (b"\x84\x00\x00\x01\x00.", "Extension(65536)"),
        (b"cm\nn\n)R.", "call(m:n, ())"),
        (b"cm\nn\n)\x81.", "call(m:n, ())"),
        (b"cm\nn\n)}\x92.", "call(m:n, (), {})"),
        (b"(cm\nn\nK\x01o.", "call(m:n, 1)"),
        (b"(K\x01im\nn\n.", "call(m:n, 1)"),
        (b"cm\nn\n)RK\x01b.", "call(m:n, ()) state 1"),
        (b"cm\nn\n)R(K\x01K\x02u.", "call(m:n, ()) += 1, 2"),
        (b"Pid\n.", "persistent(\"id\")"),
        (b"K\x05Q.", "persistent(5)"),
        (b"K\x01K\x020.", "1"),
        (b"K\x01(0.", "1"),
        (b"K\x01(K\x02K\x031.", "1"),
        (b"K\x012\x86.", "(1, 1)"),
        (b"\x80\x04\x95\x02\0\0\0\0\0\0\0N.", "None"),
    ];
    for (data, expected) in cases {
        assert_eq!(
            shown(data),
            expected,
            "{:?}",
            data.escape_ascii().to_string()
        );
    }
}

#[test]
fn the_memo_gives_back_what_it_got() {
    for data in [
        &b"]p7\ng7\na."[..],
        b"]q\x07h\x07a.",
        b"]r\x07\0\0\0j\x07\0\0\0a.",
        b"]\x94h\x00a.",
        // The largest index that there is takes no memory.
        b"]r\xff\xff\xff\xffj\xff\xff\xff\xffa.",
        b"]p18446744073709551\ng18446744073709551\na.",
        // MEMOIZE counts what there is, not where it lies.
        b"Nq\x050]\x94h\x01a.",
    ] {
        let graph = read(data).unwrap();
        let items: Vec<_> = graph.items(graph.root()).collect();
        assert_eq!(items, [graph.root()], "{}", data.escape_ascii());
    }
}

#[test]
fn refusals_say_where() {
    for (data, expected) in [
        (&b""[..], "0: the pickle ends too early"),
        (b"N", "1: the pickle ends too early"),
        (b"\x8c\x05ab.", "0: the pickle ends too early"),
        (
            b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
            "0: the pickle ends too early",
        ),
        (b"\x95\x09\0\0\0\0\0\0\0N.", "0: the pickle ends too early"),
        (b"cm\nn", "0: the pickle ends too early"),
        (b"N\xff.", "1: there is no opcode 'ÿ'"),
        (b"\x80\x06N.", "0: pickle protocol 6 is not known"),
        (b"Ix\n.", "0: the opcode's argument is malformed"),
        (
            b"T\xff\xff\xff\xff.",
            "0: the opcode's argument is malformed",
        ),
        (b"Np-1\n.", "1: the opcode's argument is malformed"),
        (b"Vx\\u12\n.", "0: the opcode's argument is malformed"),
        (b".", "0: the stack holds too few values"),
        (b"N(.", "2: the stack holds too few values"),
        (b"N\x86.", "1: the stack holds too few values"),
        (b"N(N\x86.", "3: the stack holds too few values"),
        (b"(o.", "1: the stack holds too few values"),
        (b"(e.", "1: the stack holds too few values"),
        (b"Nt.", "1: no mark was set"),
        (b"h\x00.", "0: the memo holds nothing under 0"),
        (b"NNa.", "2: the value takes neither items nor attributes"),
        (
            b"K\x01\x8c\x01a\x93.",
            "5: a module or global is not named by a string",
        ),
        (
            b"c\xff\na\n.",
            "0: a module or global is not named by a string",
        ),
        (b"}(Nu.", "3: a key has no value"),
        (b"(Nd.", "2: a key has no value"),
    ] {
        assert_eq!(shown(data), expected, "{}", data.escape_ascii());
    }
}

#[test]
fn every_value_has_its_place() {
    let data = b"\x80\x04](K\x07cm\nn\n)R\x8c\x01seN.";
    let graph = read(data).unwrap();
    assert_eq!((graph.protocol(), graph.end()), (4, data.len()));
    let made: Vec<_> = graph
        .values()
        .map(|value| (graph.offset(value), data[graph.offset(value)]))
        .collect();
    assert_eq!(
        made,
        [(2, op::EMPTY_LIST), (6, op::GLOBAL), (12, op::REDUCE)]
    );
    let list = graph.values().next().unwrap();
    let items: Vec<_> = graph.items(list).map(|item| graph.offset(item)).collect();
    assert_eq!(items, [4, 12, 13]);
    let text = decode(data, 13).unwrap();
    assert_eq!((text.argument, text.end), (Argument::Bytes(b"s"), 16));
}

#[test]
fn depth_costs_no_stack() {
    let depth = 1_000_000;
    for (open, close) in [
        (&b"]"[..], &b"a"[..]),
        (b"(", b"t"),
        (b"", b"\x85"),
        (b"cm\nn\n", b"\x85R"),
    ] {
        let data = [
            open.repeat(depth),
            b"N".to_vec(),
            close.repeat(depth),
            b".".to_vec(),
        ]
        .concat();
        let data = if open == b"]" {
            [b"]".repeat(depth), b"a".repeat(depth - 1), b".".to_vec()].concat()
        } else {
            data
        };
        let graph = read(&data).unwrap();
        assert!(graph.values().count() >= depth);
        let _ = Payload::of(&graph);
    }
}

#[test]
fn memory_is_bounded() {
    let lists = [b"]".repeat(100_000), b".".to_vec()].concat();
    assert!(read(&lists).is_ok());
    assert!(read_within(&lists, 1_000_000).unwrap_err().is_limit());
    let marks = [b"(".repeat(100_000), b".".to_vec()].concat();
    assert!(read_within(&marks, 100_000).unwrap_err().is_limit());
    let puts = [b"Nq\x000".repeat(10_000), b"N.".to_vec()].concat();
    assert!(read_within(&puts, 1000).is_ok());
}

#[test]
fn one_long_name_used_often_takes_linear_time() {
    // Each use would look at all of it: 100,000 times a megabyte.
    let long = "x".repeat(1 << 20);
    let mut data = [b"X\0\0\x10\0", long.as_bytes(), b"q\x000"].concat();
    let (mut quoted, mut dict) = (format!("S'{long}'\nq\x000").into_bytes(), data.clone());
    for _ in 0..100_000 {
        data.extend_from_slice(b"h\x00h\x00\x930");
        quoted.extend_from_slice(b"h\x00h\x00\x930");
    }
    dict.extend_from_slice(b"ccodepickle._runtime\nf\n(h\x00K\x01h\x00t}(");
    dict.extend_from_slice(&b"h\x00N".repeat(100_000));
    dict.extend_from_slice(b"u\x86R");
    for data in [data, quoted, dict] {
        let data = [data, b"N.".to_vec()].concat();
        let graph = read(&data).unwrap();
        assert_eq!(Payload::of(&graph).references, []);
    }
}

#[test]
fn a_function_names_its_code_by_arguments() {
    // A function of a text, a class's code by `f` alone, and a method of that in a namespace of a package.
    let graph = read(
        b"\x80\x04ccodepickle._runtime\nf\nq\x000h\x00U\x04textK\x02U\x01p\x87}\x86R0\
          h\x00U\x05classK\x05U\x01p\x87\x85Rq\x010\
          h\x00h\x01U\x01mK\x07\x87}U\x08__name__U\x03a.bs\x86R.",
    )
    .unwrap();
    let payload = Payload::of(&graph);
    let [text, class] = &payload.code[..] else {
        panic!("{} codes", payload.code.len());
    };
    assert_eq!((&*text.text, text.line), ("text", 2));
    assert_eq!((&*class.text, class.line), ("class", 5));
    let [method] = &class.methods[..] else {
        panic!("{} methods", class.methods.len());
    };
    assert_eq!((method.line, &*method.name), (7, "m"));
    assert!(class.packages.contains("a"));
}

#[test]
fn one_long_text_used_often_is_refused() {
    let mut data = [b"X\0\0\x10\0", "x".repeat(1 << 20).as_bytes(), b"q\x000"].concat();
    data.extend_from_slice(b"ccodepickle._runtime\nc\nq\x010");
    for line in 0..1000_u16 {
        data.extend_from_slice(b"h\x01(h\x00K\x01U\x01pU\x02");
        data.extend_from_slice(&line.to_le_bytes().map(|byte| b' ' + byte % 64));
        data.extend_from_slice(b"tR0");
    }
    data.extend_from_slice(b"N.");
    let graph = read(&data).unwrap();
    let payload = Payload::of(&graph);
    assert!(payload.excessive && payload.code.len() < 100);
}

#[test]
fn one_text_at_many_places_counts_once() {
    let mut data = [b"X\0\0\x10\0", "x".repeat(1 << 20).as_bytes(), b"q\x000"].concat();
    data.extend_from_slice(b"ccodepickle._runtime\nc\nq\x010ccodepickle._runtime\nd\nq\x020");
    for line in 0..1000_u16 {
        let [low, high] = line.to_le_bytes();
        let [low1, high1] = (line + 2).to_le_bytes();
        data.extend_from_slice(b"h\x02h\x01(h\x00M");
        data.extend_from_slice(&[low, high]);
        data.extend_from_slice(b"U\x01ptRU\x01mM");
        data.extend_from_slice(&[low1, high1]);
        data.extend_from_slice(b"\x87R0");
    }
    data.extend_from_slice(b"N.");
    let graph = read(&data).unwrap();
    let payload = Payload::of(&graph);
    assert!(!payload.excessive);
    let [code] = &payload.code[..] else {
        panic!("{} codes", payload.code.len());
    };
    // Each is the third line of its text, which the first one has at line 0.
    assert!(code.methods.iter().all(|method| method.line == 2));
    assert_eq!(code.methods.len(), 1000);
}

/// A payload by the calls of the wire format.
fn payload(body: &[u8]) -> Vec<u8> {
    let mut data = b"\x80\x04".to_vec();
    for (at, letter) in (0..).zip(b"mucdbfgva") {
        data.extend_from_slice(b"ccodepickle._runtime\n");
        data.extend_from_slice(&[*letter, b'\n', op::BINPUT, at, op::POP]);
    }
    [data, body.to_vec(), b".".to_vec()].concat()
}

#[test]
fn references_are_found_in_all_their_forms() {
    let data = payload(
        b"(h\x00\x8c\x01a\x85R\
          h\x01\x8c\x03b.c\x8c\x01b\x86R\
          h\x01\x8c\x03d.e\x8c\x01e\x86R\
          h\x06\x8c\x01f\x8c\x01g\x86R\
          ch\ni\n\
          \x8c\x01j\x8c\x03k.l\x93\
          cimportlib\nimport_module\n\x8c\x01n\x85R\
          \x82\x09\
          h\x00\x8c\x01a\x85R\
          h\x04(K\x01\x8c\x04CP 3\x8c\x04nameK\x00NtR0\
          t",
    );
    let graph = read(&data).unwrap();
    let payload = Payload::of(&graph);
    let found: Vec<_> = payload
        .references
        .iter()
        .map(|reference| match &reference.what {
            Referred::Module => reference.module.clone(),
            Referred::Name(name) => format!("{}:{name}", reference.module),
            Referred::Attribute(name) => format!("{}.{name}?", reference.module),
        })
        .collect();
    let expected = [
        "a",
        "b.c",
        "d.e?",
        "f:g",
        "h:i",
        "j:k.l",
        "importlib:import_module",
        "n",
    ];
    assert_eq!(found, expected);
    assert_eq!(payload.extensions.iter().collect::<Vec<_>>(), [&9]);
    assert_eq!(payload.bytecode[0].version, "CP 3");
    assert_eq!(payload.bytecode[0].name, "name");
}

#[test]
fn what_annotations_name_may_be_missing() {
    let data = payload(
        b"(ccodepickle._runtime\nh\n(\x8c\x01c\x8c\x01a\x8c\x01btR\
          ccodepickle._runtime\nh\n\x8c\x01n\x8c\x03Any\x86R\
          ccodepickle._runtime\ng1\n}}(\x8c\x01x\x8c\x01c\x8c\x01d\x86\x8c\x01y\x8c\x01e\x8c\x00\x86u\x86R\
          ca\nb\n\
          t",
    );
    let graph = read(&data).unwrap();
    let found: Vec<_> = Payload::of(&graph)
        .references
        .into_iter()
        .map(|reference| (reference.module, reference.what, reference.needed))
        .collect();
    let name = |name: &str| Referred::Name(name.to_owned());
    assert_eq!(
        found,
        [
            ("a".to_owned(), name("b"), false),
            ("c".to_owned(), name("d"), false),
            ("e".to_owned(), Referred::Module, false),
            ("a".to_owned(), name("b"), true),
        ]
    );
}

#[test]
fn code_comes_with_the_package_of_its_functions() {
    let data = payload(
        b"(h\x05h\x02(\x8c\x04textK\x05\x8c\x01p\x8c\x06headertR}q\x20\x86R\
          h\x20(\x8c\x08__name__\x8c\x05a.b.c\x8c\x04loadcimportlib\nimport_module\nu\
          h\x03h\x02(\x8c\x04unitK\x09\x8c\x01ptR\x8c\x01mK\x0a\x87R\
          h\x05h\x03h\x02(\x8c\x04unitK\x09\x8c\x01ptR\x8c\x01nK\x0b\x87R\
          cbuiltins\nvars\nh\x07\x8c\x03pkg\x85Rq\x21\x85Rq\x22\x86R\
          h\x08h\x21}(\x8c\x08__path__]u\x86R\
          cbuiltins\nexec\n\x8c\x07program\x85R\
          cbuiltins\nexec\n\x8c\x04boot}(\x8c\x01zN\x8c\x04wireK\x01u\x86R\
          t",
    );
    let graph = read(&data).unwrap();
    let code = Payload::of(&graph).code;
    assert_eq!(code.len(), 4, "{code:?}");
    assert_eq!(
        (&*code[0].text, &*code[0].header, code[0].line),
        ("text", "header", 5)
    );
    assert_eq!(code[0].packages.iter().collect::<Vec<_>>(), ["a.b"]);
    assert_eq!(code[0].importers.iter().collect::<Vec<_>>(), ["load"]);
    assert_eq!(code[2].packages.iter().collect::<Vec<_>>(), ["pkg"]);
    assert_eq!(
        (code[2].methods[0].name.as_str(), code[2].methods[0].line),
        ("n", 11)
    );
    assert!(code[3].program && code[3].text == "program");
}

#[test]
fn what_the_writer_writes_is_read() {
    for protocol in 0..=5 {
        let mut writer: Writer<Vec<u8>> = Writer::new(protocol, Mode::OneShot);
        writer.start();
        writer.op(op::MARK);
        writer.bool(true);
        writer.int(-70_000);
        writer.str("é\n".as_bytes()).unwrap();
        writer.global(b"m", b"n");
        writer.op(op::TUPLE);
        writer.end();
        let data = writer.finish().to_vec();
        assert_eq!(shown(&data), "(Bool(true), -70000, \"é\\n\", m:n)");
    }
}

/// Opcodes that know their arguments, so that most streams get far.
fn instruction() -> impl Strategy<Value = Vec<u8>> {
    let argument = prop_oneof![
        Just(b"\x01".to_vec()),
        Just(b"1\n".to_vec()),
        Just(b"a\nb\n".to_vec()),
        Just(b"\x01\0\0\0x".to_vec()),
        Just(b"\x01\0\0\0\0\0\0\0x".to_vec()),
        any::<Vec<u8>>().prop_map(|mut bytes| {
            bytes.truncate(9);
            bytes
        }),
        Just(Vec::new()),
    ];
    (any::<u8>(), argument).prop_map(|(opcode, argument)| [vec![opcode], argument].concat())
}

fn exercise(data: &[u8]) {
    let Ok(graph) = read(data) else { return };
    assert!(graph.end() <= data.len());
    for value in graph.values().chain([graph.root()]) {
        assert!(graph.offset(value) < data.len());
        let _ = show(&graph, value, 0);
    }
    let _ = Payload::of(&graph);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(data in any::<Vec<u8>>()) {
        exercise(&data);
    }

    #[test]
    fn any_opcodes_are_survived(program in proptest::collection::vec(instruction(), 0..40)) {
        let mut data = payload(&[])[..].to_vec();
        data.pop();
        data.extend(program.concat());
        data.push(op::STOP);
        exercise(&data);
    }

    #[test]
    fn damaged_payloads_are_survived(at in 0..400_usize, byte in any::<u8>(), cut in 0..400_usize) {
        let mut data = payload(b"h\x05h\x02(\x8c\x04textK\x05\x8c\x01ptR}(\x8c\x01kNu\x86R");
        let length = data.len();
        data[at % length] = byte;
        exercise(&data);
        exercise(&data[..cut % length]);
    }
}
