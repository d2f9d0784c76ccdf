//! Any text, for the version that the last byte says, whole and each definition in it: no panic, no overflow of the stack; a lowered
//! text is one that needs no lowering, and a text with nothing new in it stays as it is.
#![no_main]

use codepickle_source::lower::{constructs, lower, lower_module};
use codepickle_source::{Older, Parts, SourceFile};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some((version, text)) = data.split_last() else {
        return Corpus::Reject;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return Corpus::Reject;
    };
    let target = (3, 7 + version % 9);
    let Ok(found) = constructs(text) else {
        assert!(lower(text, 0..text.len(), target).is_err(), "{text}");
        return Corpus::Keep;
    };
    let is_old = found.iter().all(|construct| construct.kind.since() <= target);
    for lowered in [lower(text, 0..text.len(), target), lower_module(text, target)] {
        let Ok(lowered) = lowered else {
            assert!(!is_old, "{text}");
            continue;
        };
        assert_eq!(lowered.is_none(), is_old, "{text}");
        if let Some(lowered) = lowered {
            let again = lower(&lowered.text, 0..lowered.text.len(), target);
            assert_eq!(again, Ok(None), "{text}\n{}", lowered.text);
        }
    }
    definitions(text, target);
    Corpus::Keep
});

/// What a payload would hold of them.
fn definitions(text: &str, target: (u8, u8)) {
    let Ok(file) = SourceFile::parse(text) else {
        return;
    };
    for id in file.definitions().into_iter().take(4) {
        let Some(snippet) = file.snippet(id, &["__class__", "T", "a", "x"]) else {
            continue;
        };
        let parts = Parts {
            text: &snippet.text,
            header: &snippet.header,
            trailer: &snippet.trailer,
            line: snippet.line,
            column: snippet.column,
            decorators: snippet.decorators,
            has_text_annotations: file.futures().contains("annotations"),
        };
        let _ = Older::of(&parts, (3, 15), target);
    }
}
