//! The order in which a pickle does what it does.
use crate::read::{Graph, Role, Value};

/// What is given to an object after it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// Items: `APPEND`, `APPENDS`, `ADDITEMS`, or those that a literal begins with.
    Items,
    /// Keys and values in turn: `SETITEM`, `SETITEMS`, or those that a dict begins with.
    Pairs,
    /// A state: `BUILD`.
    State,
}

/// One thing that loading does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step<'g> {
    /// Makes an object of [`Graph::inputs`].
    Make(Value),
    /// Gives it something.
    Give {
        /// The object.
        to: Value,
        /// What it gets.
        what: Added,
        /// The values.
        values: &'g [Value],
        /// The opcode: `APPENDS` extends, `APPEND` appends.
        opcode: u8,
        /// Where it is.
        offset: usize,
    },
}

/// All that loading does, in order. Who carries these steps out does what was looked at, and no stream is read twice.
///
/// ```
/// use codepickle_stream::{steps, trace, Step};
///
/// let read = trace(b"\x80\x04](K\x01K\x02e.", 1 << 20);
/// let steps: Vec<_> = steps(&read.graph).collect();
/// assert!(matches!(steps[..], [Step::Make(_), Step::Give { values: [_, _], .. }]));
/// ```
pub fn steps<'g>(graph: &'g Graph<'_>) -> impl Iterator<Item = Step<'g>> {
    let mut gives = graph.gives.iter().flatten().peekable();
    let mut made = 0;
    let all = u32::try_from(graph.len()).unwrap_or(u32::MAX);
    std::iter::from_fn(move || {
        if let Some(give) = gives.next_if(|give| give.after <= made) {
            let what = match give.role {
                Role::Pairs => Added::Pairs,
                Role::States => Added::State,
                Role::Items | Role::Inputs => Added::Items,
            };
            return Some(Step::Give {
                to: Value::node(give.node),
                what,
                values: graph.given(give),
                offset: give.offset,
                opcode: graph.data.get(give.offset).copied().unwrap_or(0),
            });
        }
        (made < all).then(|| {
            made += 1;
            Step::Make(Value::node(made - 1))
        })
    })
}
