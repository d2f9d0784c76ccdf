//! Any text, as code with or without a header around it: no panic, no overflow of the stack.
#![no_main]

use codepickle_source::{Code, Part, imports};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (&str, u8)| {
    let (text, shape) = data;
    let code = Code {
        header: ["", "if 1:\n", "class C:\n def f():\n", "([(\n"][usize::from(shape % 4)],
        trailer: if shape % 4 == 3 { ")])" } else { "" },
        part: match shape / 4 % 3 {
            0 => Part::Function,
            1 => Part::Program,
            _ => Part::Functions(&[(1, "f"), (2, "<lambda>")]),
        },
        ..Code::of(text)
    };
    if let Ok(found) = imports(&code) {
        for import in &found.imports {
            let _ = (import.resolve(None), import.resolve(Some("a.b")));
        }
    }
});
