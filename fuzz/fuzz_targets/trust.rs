//! Any bytes, surveyed and checked: no panic, no more memory than the limit says, and nothing allowed that is not data.
#![no_main]

use codepickle_stream::{Rules, Survey, Unit, View, check, heads, steps, trace};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let read = trace(data, 1 << 24);
    let survey = Survey::of(&read, &|module, name| (module.to_owned(), name.to_owned()));
    let mut budget = 1 << 20;
    for value in read.graph.values() {
        let _ = (survey.global(value), survey.referred(value), survey.changes(value));
        let _ = Unit::of(&survey, value, &mut budget);
    }
    let _ = (heads(&survey), steps(&read.graph).count());
    let rules = Rules::default();
    if check(&survey, &rules, &mut |_| [0; 32]).is_ok() {
        assert!(read.error.is_none());
        for value in read.graph.values() {
            // What reads a payload of data makes nothing else.
            assert!(!matches!(
                read.graph.view(value),
                View::New { .. } | View::Instance { .. } | View::Persistent { .. } | View::Extension(_)
            ));
        }
    }
});
