//! Portable functions (docs/wire-format.md): what `eval` makes with a runtime that travels along.
use std::collections::HashMap;

use crate::read::{Graph, Value, View};
use crate::trust::survey::Survey;

/// More groups than a payload has that somebody wants to load.
const MOST_GROUPS: usize = 64;

/// More than all programs of a known runtime together: a pickle can name the same bytes over and over.
const MOST_PROGRAM: usize = 1 << 20;

/// What makes a function of its group.
const MEMBER: &str = "group[index]";

/// The module that a group is made by.
pub(crate) const MODULE: &str = "codepickle._portable";

/// A group of portable functions: a pickle of its own, and what it takes to load it.
#[derive(Clone, Debug)]
pub struct Group {
    /// The call that makes it.
    pub call: Value,
    /// The bytes of the pickle in it.
    pub payload: Value,
    /// The dict that it is made of.
    pub parts: Value,
    /// Everything that is executed to make it and what its payload needs, each part after its length: what tells a known
    /// runtime.
    pub programs: Vec<u8>,
}

/// The groups in a pickle, and for each call that takes a function out of one, the call that made the group.
///
/// ```
/// use codepickle_stream::{groups, trace, Survey};
///
/// let read = trace(b"cbuiltins\neval\n(Vgroup[index]\n(Vgroup\nNVindex\nK\x00dtR.", 1 << 20);
/// let survey = Survey::of(&read, &|module, name| (module.to_owned(), name.to_owned()));
/// let (groups, members) = groups(&survey);
/// assert!(groups.is_empty() && members.is_empty(), "None is no group");
/// ```
#[must_use]
pub fn groups(survey: &Survey<'_, '_>) -> (Vec<Group>, HashMap<Value, Value>) {
    let graph = survey.graph();
    let (mut groups, mut members) = (Vec::<Group>::new(), HashMap::new());
    for call in graph.values() {
        let View::Call { function, .. } = graph.view(call) else {
            continue;
        };
        if survey.global(function) != Some(("builtins", "eval")) {
            continue;
        }
        let [expression, space] = survey.arguments(call, 3)[..] else {
            continue;
        };
        if let Some([group, index]) = entries(graph, space, ["group", "index"]) {
            let known = groups.iter().any(|known| known.call == group);
            let of_format = graph.text(expression).as_deref() == Some(MEMBER);
            if known && of_format && matches!(graph.view(index), View::Int(0..)) {
                members.insert(call, group);
            }
        } else if groups.len() < MOST_GROUPS {
            groups.extend(group(graph, call, expression, space));
        }
    }
    (groups, members)
}

fn group(graph: &Graph<'_>, call: Value, expression: Value, space: Value) -> Option<Group> {
    let [name, boot, parts] = entries(graph, space, ["name", "boot", "parts"])?;
    if graph.text(name)? != MODULE {
        return None;
    }
    let keys = ["payload", "names", "producer", "heads", "source", "boot"];
    let [payload, names, producer, heads, source, again] = entries(graph, parts, keys)?;
    let sound = graph.text(again)? == graph.text(boot)?
        && graph.view(names) == View::Tuple
        && matches!(graph.view(payload), View::Bytes(_))
        && matches!(graph.view(producer), View::Str(_))
        && graph.view(heads) == View::Tuple;
    if !sound {
        return None;
    }
    let mut programs = Vec::new();
    let mut add = |program: &[u8]| {
        programs.extend_from_slice(format!("{}:", program.len()).as_bytes());
        programs.extend_from_slice(program);
        (programs.len() <= MOST_PROGRAM && program.len() <= MOST_PROGRAM).then_some(())
    };
    add(graph.text(expression)?.as_bytes())?;
    add(graph.text(boot)?.as_bytes())?;
    let View::Bytes(source) = graph.view(source) else {
        return None;
    };
    add(source)?;
    let heads: Vec<Value> = graph.items(heads).take(9).collect();
    if heads.len() > 8 {
        return None;
    }
    for head in heads {
        let [module, text, space] = graph.items(head).take(4).collect::<Vec<_>>()[..] else {
            return None;
        };
        add(graph.text(module)?.as_bytes())?;
        add(graph.text(text)?.as_bytes())?;
        let z = match entries(graph, space, ["z", "wire"]) {
            Some([z, wire]) => matches!(graph.view(wire), View::Int(_)).then_some(z)?,
            None => entries(graph, space, ["z"]).map(|[z]| z)?,
        };
        let View::Bytes(z) = graph.view(z) else {
            return None;
        };
        add(z)?;
    }
    Some(Group {
        call,
        payload,
        parts,
        programs,
    })
}

/// What a dict has under these keys, if it has these alone, each once, whenever they are added.
fn entries<const N: usize>(graph: &Graph<'_>, dict: Value, keys: [&str; N]) -> Option<[Value; N]> {
    if graph.view(dict) != View::Dict {
        return None;
    }
    let pairs: Vec<(Value, Value)> = graph.pairs(dict).take(N + 1).collect();
    if pairs.len() != N {
        return None;
    }
    let mut found = [dict; N];
    for (place, wanted) in found.iter_mut().zip(keys) {
        let mut pairs = pairs.iter();
        let pair = pairs.find(|(key, _)| graph.name(*key, 16).as_deref() == Some(wanted))?;
        *place = pair.1;
    }
    Some(found)
}
