//! No input may panic, overflow the stack or hang.

use std::path::Path;

use codepickle_source::SourceFile;

/// Parses `text` and asks for everything; whatever comes back is fine.
fn exercise(text: &str) {
    let Ok(file) = SourceFile::parse(text) else {
        return;
    };
    // A snippet takes time in proportion to its own length: in deeply nested definitions, all would be quadratic.
    let mut ids = file.definitions();
    ids.drain(20.min(ids.len())..ids.len().saturating_sub(20).max(20.min(ids.len())));
    for id in ids.into_iter().chain([0, u32::MAX]) {
        let _ = file.snippet(id, &["x", "__class__", ".0", "lambda", "é", ""]);
        let _ = (
            file.enclosing_class(id),
            file.class_info(id),
            file.methods(id),
        );
    }
    let _ = (
        file.functions(1, "<lambda>"),
        file.classes("C"),
        file.classes(""),
    );
}

fn fixtures() -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn truncated_files_do_not_panic() {
    for text in fixtures() {
        for (end, _) in text.char_indices() {
            exercise(&text[..end]);
        }
    }
}

#[test]
fn mutated_files_do_not_panic() {
    // A fixed sequence: a failure must be there again on the next run.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let pieces = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        ";",
        "\n",
        "\r",
        "\r\n",
        "\x0c",
        "\t",
        "  ",
        "\\\n",
        "lambda",
        "lambda:",
        "def f",
        "class C",
        "async ",
        "@",
        "global x\n",
        "f'{",
        "\"\"\"",
        "'",
        "#",
        "*",
        "=",
        ":=",
        "é",
        "\u{feff}",
        "\0",
        "if",
        "for x in",
        "yield",
        "await ",
        "[T]",
        "type X = ",
        "match x:",
        "...",
        "-",
        "__x",
    ];
    for text in fixtures() {
        let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
        for _ in 0..400 {
            let mut mutated = text.clone();
            let mut ends = [places[random(places.len())], places[random(places.len())]];
            ends.sort_unstable();
            let [start, end] = ends;
            let piece = pieces[random(pieces.len())];
            match random(4) {
                0 => mutated.insert_str(start, piece),
                1 => mutated.replace_range(start..end.min(start + 1).max(start), piece),
                2 => mutated.replace_range(start..end, ""),
                _ => mutated.insert_str(end, &text[start..end]),
            }
            exercise(&mutated);
        }
    }
}

#[test]
fn deep_nesting_is_an_error_or_works() {
    for depth in [100, 19_000, 100_000] {
        for (open, core, close) in [
            ("(", "x", ")"),
            ("[", "x", "]"),
            ("{0:", "x", "}"),
            ("f(", "x", ")"),
            ("(1, ", "x", ")"),
            ("-", "x", ""),
            ("not ", "x", ""),
            ("await ", "x", ""),
            ("lambda: ", "x", ""),
            ("lambda a, b=0: ", "x", ""),
            ("x if x else ", "x", ""),
            ("x ** ", "x", ""),
            ("[lambda: ", "x", " for y in x]"),
            ("", "x", " + x"),
            ("", "x", ".x"),
            ("", "x", "(x, x)"),
            ("", "x", "[x]"),
            ("", "x", " if x else x"),
            ("x = ", "x", ""),
            ("with (", "x", "): pass"),
            ("del (", "x", ")"),
            ("@", "x", "\n"),
            ("f'{", "x", "}'"),
            ("(yield ", "x", ")"),
            ("x[", "x:x", "]"),
            ("match ", "x", ""),
            ("if x: ", "x", ""),
        ] {
            let text = format!("{}{core}{}\n", open.repeat(depth), close.repeat(depth));
            exercise(&text);
            exercise(&text[..text.len() / 2]);
            exercise(&format!("with ({text}"));
            exercise(&format!("f = lambda: [{}]\n", text.trim_end()));
        }
    }
}

#[test]
fn deep_indentation_is_an_error_or_works() {
    for (depth, block) in [
        (99, "if x:"),
        (99, "class C:"),
        (99, "def f():"),
        (2_000, "def f():"),
    ] {
        let mut text = String::new();
        for level in 0..depth {
            text.extend([&" ".repeat(level), block, "\n"]);
        }
        text.extend([&" ".repeat(depth), "f = lambda: x\n"]);
        exercise(&text);
    }
}

#[test]
fn deep_patterns_are_an_error_or_work() {
    for (open, close) in [
        ("[", "]"),
        ("{0: ", "}"),
        ("C(", ")"),
        ("x | ", ""),
        ("(", ")"),
    ] {
        let pattern = format!("{}y{}", open.repeat(15_000), close.repeat(15_000));
        exercise(&format!("match x:\n case {pattern}: pass\n"));
    }
}

#[test]
fn nested_functions_do_not_take_quadratic_time_for_ever() {
    let text = format!("f = {}x\n", "lambda x: ".repeat(2_000));
    let file = SourceFile::parse(text).unwrap();
    let outermost = file.definitions()[0];
    assert!(file.snippet(outermost, &[]).is_some());
}
