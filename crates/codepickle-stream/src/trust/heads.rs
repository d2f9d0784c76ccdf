//! The heads of self-contained payloads: programs that install the runtime.
use crate::read::{Value, View};
use crate::trust::survey::Survey;

/// A payload has one, and perhaps a second for lowered code.
const MOST_HEADS: usize = 8;

/// More than any runtime that is known: a pickle can name the same bytes over and over.
const MOST_PROGRAM: usize = 1 << 20;

/// The first calls of `exec` that look like heads, each with its text, a zero and the runtime: what tells a known one.
///
/// ```
/// use codepickle_stream::{heads, trace, Survey};
///
/// let read = trace(b"cbuiltins\nexec\n(Vboot(z)\n(Vz\nC\x01xdtR.", 1 << 20);
/// let survey = Survey::of(&read, &|module, name| (module.to_owned(), name.to_owned()));
/// assert_eq!(heads(&survey), [(read.graph.root(), b"boot(z)\0x".to_vec())]);
/// ```
#[must_use]
pub fn heads(survey: &Survey<'_, '_>) -> Vec<(Value, Vec<u8>)> {
    let graph = survey.graph();
    let found = graph.values().filter_map(|value| {
        let View::Call { function, .. } = graph.view(value) else {
            return None;
        };
        if survey.global(function) != Some(("builtins", "exec")) {
            return None;
        }
        let [text, space] = survey.arguments(value, 3)[..] else {
            return None;
        };
        if graph.view(space) != View::Dict {
            return None;
        }
        let pairs: Vec<_> = graph.pairs(space).take(3).collect();
        let known = |name: &str| {
            let mut pairs = pairs.iter();
            let found = pairs.find(|(key, _)| graph.name(*key, 8).as_deref() == Some(name));
            found.map(|(_, value)| graph.view(*value))
        };
        let (View::Str(text), Some(View::Bytes(runtime))) = (graph.view(text), known("z")) else {
            return None;
        };
        let fits = match pairs.len() {
            1 => true,
            2 => matches!(known("wire"), Some(View::Int(_))),
            _ => false,
        };
        let fits = fits && text.len().saturating_add(runtime.len()) <= MOST_PROGRAM;
        fits.then(|| (value, [&*text, b"\0", runtime].concat()))
    });
    found.take(MOST_HEADS).collect()
}
