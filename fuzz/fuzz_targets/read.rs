//! Any bytes, read as a pickle: no panic, and no more memory than the limit says.
#![no_main]

use codepickle_stream::{Payload, read_within};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(graph) = read_within(data, 1 << 24) else {
        return;
    };
    for value in graph.values().chain([graph.root()]) {
        assert!(graph.offset(value) < data.len());
        let _ = (graph.view(value), graph.global(value), graph.text(value));
        let parts = graph.items(value).count() + graph.pairs(value).count();
        let _ = parts + graph.states(value).count() + graph.inputs(value).count();
    }
    let payload = Payload::of(&graph);
    assert!(payload.excessive || payload.code.len() <= data.len());
});
