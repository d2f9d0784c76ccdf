//! Any text as source.
use codepickle_source::lower::{constructs, lower as lower_part, lower_module};
use codepickle_source::{
    Code, Excerpts, Older, Part, Parts, Snippet, SourceFile, disguise, imports as find_imports,
};

/// The text of an input, and its last byte, which says how it is looked at.
fn split(data: &[u8]) -> Option<(&str, u8)> {
    let (choice, text) = data.split_last()?;
    Some((std::str::from_utf8(text).ok()?, *choice))
}

/// Looked through for imports, with or without a header around it: no panic, no overflow of the stack.
#[must_use]
pub fn imports(data: &[u8]) -> bool {
    let Some((text, shape)) = split(data) else {
        return false;
    };
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
    if let Ok(found) = find_imports(&code) {
        for import in &found.imports {
            let _ = (import.resolve(None), import.resolve(Some("a.b")));
        }
    }
    true
}

/// Indexed, each definition found by its line and name and cut out, and what was cut out read again: no panic, no
/// overflow of the stack, and the snippet is the same, in its header and found from a part of the text.
#[must_use]
pub fn locate(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else {
        return false;
    };
    let excerpts = Excerpts::new(text);
    if let Some(excerpts) = &excerpts {
        let _ = excerpts.module_imports();
    }
    let Ok(file) = SourceFile::parse(text) else {
        return true;
    };
    let _ = (
        file.futures(),
        file.module_imports(),
        file.module_uses_super(),
    );
    for id in file.definitions().into_iter().take(64) {
        let Some(snippet) = file.snippet(id, &["__class__", "T", "a", "x"]) else {
            continue;
        };
        assert!(text.contains(&snippet.text), "{text:?}");
        assert!(snippet.line >= 1);
        // Of the whole of it the same is cut out again.
        let parts = parts(&snippet, false);
        if let Some(found) = disguise(&parts, &snippet.name) {
            panic!("{found}: {snippet:?}");
        }
        assert!(snippet.decorators <= snippet.text.len());
        if let Some(excerpt) = excerpts
            .as_ref()
            .and_then(|text| text.around(snippet.line, &snippet.name))
        {
            for id in excerpt.file.functions(snippet.line, &snippet.name) {
                let _ = excerpt.file.snippet(*id, &[]);
            }
        }
        let _ = (
            file.enclosing_class(id),
            file.class_info(id),
            file.methods(id),
        );
    }
    true
}

/// Lowered for the version that the last byte says, whole and each definition in it: no panic, no overflow of the stack;
/// a lowered text is one that needs no lowering, and a text with nothing new in it stays as it is.
#[must_use]
pub fn lower(data: &[u8]) -> bool {
    let Some((text, version)) = split(data) else {
        return false;
    };
    let target = (3, 7 + version % 9);
    let Ok(found) = constructs(text) else {
        assert!(lower_part(text, 0..text.len(), target).is_err(), "{text}");
        return true;
    };
    let is_old = found
        .iter()
        .all(|construct| construct.kind.since() <= target);
    for lowered in [
        lower_part(text, 0..text.len(), target),
        lower_module(text, target),
    ] {
        let Ok(lowered) = lowered else {
            assert!(!is_old, "{text}");
            continue;
        };
        assert_eq!(lowered.is_none(), is_old, "{text}");
        if let Some(lowered) = lowered {
            let again = lower_part(&lowered.text, 0..lowered.text.len(), target);
            assert_eq!(again, Ok(None), "{text}\n{}", lowered.text);
        }
    }
    definitions(text, target);
    true
}

/// What a payload would hold of them.
fn definitions(text: &str, target: (u8, u8)) {
    let Ok(file) = SourceFile::parse(text) else {
        return;
    };
    for id in file.definitions().into_iter().take(4) {
        let Some(snippet) = file.snippet(id, &["__class__", "T", "a", "x"]) else {
            continue;
        };
        let parts = parts(&snippet, file.futures().contains("annotations"));
        let _ = Older::of(&parts, (3, 15), target);
    }
}

fn parts(snippet: &Snippet, has_text_annotations: bool) -> Parts<'_> {
    Parts {
        text: &snippet.text,
        header: &snippet.header,
        trailer: &snippet.trailer,
        line: snippet.line,
        column: snippet.column,
        decorators: snippet.decorators,
        has_text_annotations,
    }
}
