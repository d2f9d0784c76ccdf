//! Any bytes as a pickle.
use codepickle_stream::{
    Payload, Rules, Survey, Unit, View, check, groups, heads, read_within, steps, trace, twins,
};

/// Read as a pickle: no panic, and no more memory than the limit says.
#[must_use]
pub fn read(data: &[u8]) -> bool {
    let Ok(graph) = read_within(data, 1 << 24) else {
        return true;
    };
    for value in graph.values().chain([graph.root()]) {
        assert!(graph.offset(value) < data.len());
        let _ = (graph.view(value), graph.global(value), graph.text(value));
        let parts = graph.items(value).count() + graph.pairs(value).count();
        let _ = parts + graph.states(value).count() + graph.inputs(value).count();
    }
    let payload = Payload::of(&graph);
    assert!(payload.excessive || payload.code.len() <= data.len());
    true
}

/// Surveyed and checked: no panic, no more memory than the limit says, and nothing allowed that is not data.
#[must_use]
pub fn trust(data: &[u8]) -> bool {
    let read = trace(data, 1 << 24);
    let survey = Survey::of(&read, &|module, name| (module.to_owned(), name.to_owned()));
    let mut budget = 1 << 20;
    for value in read.graph.values() {
        let _ = (
            survey.global(value),
            survey.referred(value),
            survey.changes(value),
        );
        let _ = Unit::of(&survey, value, &mut budget);
    }
    let _ = (heads(&survey), steps(&read.graph).count());
    let _ = (groups(&survey), twins(&survey));
    let rules = Rules::default();
    if check(&survey, &rules, &mut |_| [0; 32]).is_ok() {
        assert!(read.error.is_none());
        for value in read.graph.values() {
            // What reads a payload of data makes nothing else.
            assert!(!matches!(
                read.graph.view(value),
                View::New { .. }
                    | View::Instance { .. }
                    | View::Persistent { .. }
                    | View::Extension(_)
            ));
        }
    }
    true
}
