//! Classes that the runtime takes for one: it knows them by a token, which covers neither their attributes nor what their
//! methods use.
use std::collections::HashMap;

use crate::read::{Value, View};
use crate::trust::survey::{Maker, Survey};

/// A class in a class in a class ...: no text is nested deeper.
const MOST_UNITS: usize = 100;

/// Pairs of calls that make classes of one token. No payload that Codepickle writes has any: two that were approved one by
/// one, and put together, would become one class, with the attributes of whichever comes last.
///
/// ```
/// use codepickle_stream::{trace, twins, Survey};
///
/// let read = trace(b"ccodepickle._runtime\nt\nq\x00(Vm\nVC\ntR(h\x00(Vm\nVC\ntRl.", 1 << 20);
/// let survey = Survey::of(&read, &|module, name| (module.to_owned(), name.to_owned()));
/// assert_eq!(twins(&survey).len(), 1);
/// ```
#[must_use]
pub fn twins(survey: &Survey<'_, '_>) -> Vec<(Value, Value)> {
    let mut first: HashMap<Vec<u8>, Value> = HashMap::new();
    let mut identities: HashMap<Value, usize> = HashMap::new();
    let mut found = Vec::new();
    for value in survey.graph().values() {
        if survey.maker(value) != Some(Maker::Class) {
            continue;
        }
        let Some(identity) = identity(survey, value, &identities) else {
            continue;
        };
        identities.insert(value, first.len());
        match first.get(&identity) {
            Some(twin) => {
                // Whoever rests on one of them rests on the other.
                let number = identities.get(twin).copied().unwrap_or_default();
                identities.insert(value, number);
                found.push((*twin, value));
            }
            None => {
                first.insert(identity, value);
            }
        }
    }
    found
}

/// What the token is made of. (The line of a class in a class is left out: it is no part of approvals.)
fn identity(
    survey: &Survey<'_, '_>,
    class: Value,
    identities: &HashMap<Value, usize>,
) -> Option<Vec<u8>> {
    let graph = survey.graph();
    let View::Call { function, .. } = graph.view(class) else {
        return None;
    };
    let (_, kind) = survey.global(function)?;
    let arguments = survey.arguments(class, 16);
    // Bases, `captured`, `number`, the code of the class, metaclass.
    let places: [usize; 5] = match kind {
        "t" => [2, 3, 4, 5, 6],
        "e" => [2, 4, 5, 6, 7],
        "n" => [6, 3, 4, 5, 99],
        _ => [99, 2, 3, 4, 99],
    };
    let mut identity = kind.as_bytes().to_vec();
    let mut add = |part: &str| {
        identity.extend_from_slice(format!("\n{}:{part}", part.len()).as_bytes());
    };
    let plain = |at: usize, default: &str| match arguments.get(at).map(|value| graph.view(*value)) {
        None | Some(View::None) => default.to_owned(),
        Some(view) => format!("{view:?}"),
    };
    let [bases, captured, number, unit, meta] = places;
    add(&plain(0, ""));
    add(&plain(1, ""));
    add(&plain(captured, "Str([])"));
    add(&plain(number, "Int(0)"));
    let bases = arguments.get(bases).copied().into_iter();
    let bases = bases.flat_map(|bases| graph.items(bases));
    for base in bases.chain(arguments.get(meta).copied()) {
        let name = survey
            .global(base)
            .map(|(module, name)| format!("{module}.{name}"));
        let name = name.or_else(|| Some(format!("{:?}", survey.referred(base)?)));
        add(&match (identities.get(&base), name) {
            (Some(number), _) => number.to_string(),
            (None, Some(name)) => name,
            (None, None) => String::new(),
        });
    }
    let mut code = arguments.get(unit).copied();
    for _ in 0..MOST_UNITS {
        let Some(made) = code else { break };
        let arguments = survey.arguments(made, 3);
        let at = match survey.maker(made) {
            Some(Maker::Source) => 0,
            Some(Maker::Method) => 1,
            _ => break,
        };
        if let Some(text) = arguments.get(at) {
            add(&format!("{:?}", graph.view(*text)));
        }
        code = arguments.first().copied().filter(|_| at == 1);
    }
    Some(identity)
}
