//! Any text, for any version: no panic, no overflow of the stack, and a lowered text is one that needs no lowering.
#![no_main]

use codepickle_source::lower::{constructs, lower};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (&str, u8)| {
    let (text, shape) = data;
    let target = (3, 7 + shape % 8);
    let _ = constructs(text);
    let half = text.len() / 2;
    if shape >= 128 && text.is_char_boundary(half) {
        let _ = lower(text, half..text.len(), target);
    } else if let Ok(Some(lowered)) = lower(text, 0..text.len(), target) {
        let again = lower(&lowered.text, 0..lowered.text.len(), target);
        assert_eq!(again, Ok(None), "{text}\n{}", lowered.text);
    }
});
