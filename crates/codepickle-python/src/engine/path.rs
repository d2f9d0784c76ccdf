//! The way from the object given to where an error occurred, read off the work stack.
use std::collections::VecDeque;
use std::fmt::Write;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::containers::next_entry;
use super::globals::short_repr;
use super::reduce::Stage;
use super::{Engine, LabelKind, Task};

/// A path of more steps is shown by its beginning and its end.
const SHOWN: usize = 12;

impl<'py> Engine<'py> {
    /// For instance `payload['model'].hook closes over 'lock'`; empty at the object given itself.
    pub(crate) fn path(&self) -> String {
        let (mut head, mut tail) = (VecDeque::<String>::new(), VecDeque::new());
        let mut count = 0;
        let mut state = None;
        for task in &self.tasks {
            let is_state = |obj: &Bound<'py, PyAny>| {
                state
                    .as_ref()
                    .is_some_and(|state: &Bound<'py, PyAny>| state.is(obj))
            };
            let mut step = String::new();
            let mut next_state = None;
            match task {
                Task::List(task) => index(&mut step, task.index),
                Task::Tuple(task) if is_state(task.tuple.as_any()) => {
                    // (__dict__, slots): the dict of either comes next.
                    next_state = task.tuple.get_item(task.index.saturating_sub(1)).ok();
                }
                Task::Tuple(task) => index(&mut step, task.index),
                Task::Dict(task) => {
                    if let Some(key) = key_before(&task.dict, task.position) {
                        if is_state(task.dict.as_any()) {
                            attribute(&mut step, &key);
                        } else {
                            item(&mut step, &key);
                        }
                    }
                }
                Task::Set(_) => step.push_str("{...}"),
                Task::Items(task) => match &task.current {
                    Some(key) if task.pairs => item(&mut step, key),
                    _ => step.push_str("[...]"),
                },
                Task::Reduce(task) => match task.stage {
                    // The stage is the next one.
                    Stage::Args => step.push_str(".__reduce__()[0]"),
                    Stage::Kwargs | Stage::Call => step.push_str(".__reduce__()[1]"),
                    Stage::Build => next_state = task.state(),
                    _ => {}
                },
                Task::Label(label) => {
                    let name = &label.name;
                    match label.kind {
                        LabelKind::ClosesOver => {
                            let _ = write!(step, " closes over {}", short_repr(name));
                        }
                        LabelKind::UsesGlobal => {
                            let _ = write!(step, " uses global {}", short_repr(name));
                        }
                        LabelKind::Attribute => attribute(&mut step, name),
                        LabelKind::Item => item(&mut step, name),
                    }
                }
                _ => {}
            }
            state = next_state;
            if step.is_empty() {
                continue;
            }
            count += 1;
            let steps = if count <= SHOWN / 2 {
                &mut head
            } else {
                &mut tail
            };
            // After "closes over 'x'" go on with x.
            if !step.starts_with(' ')
                && let Some(last) = steps.back_mut()
                && last.starts_with(' ')
                && let Some(name) = last.split('\'').nth(1)
            {
                *last = format!("{last} -> {name}");
            }
            steps.push_back(step);
            if tail.len() > SHOWN / 2 {
                tail.pop_front();
            }
        }
        if count == 0 {
            return String::new();
        }
        let mut path = self.root_name();
        path.extend(head);
        if count > SHOWN {
            let _ = write!(path, " ... ({} more) ... ", count - SHOWN);
        }
        path.extend(tail);
        path
    }

    /// A function or class is called by its name, anything else is the payload.
    fn root_name(&self) -> String {
        self.root
            .as_ref()
            .and_then(|root| root.getattr("__qualname__").ok())
            .and_then(|name| name.extract().ok())
            .unwrap_or_else(|| "payload".to_owned())
    }
}

fn index(step: &mut String, next: usize) {
    if let Some(index) = next.checked_sub(1) {
        let _ = write!(step, "[{index}]");
    }
}

fn item(step: &mut String, key: &Bound<'_, PyAny>) {
    let _ = write!(step, "[{}]", short_repr(key));
}

fn attribute(step: &mut String, name: &Bound<'_, PyAny>) {
    match name.cast::<PyString>() {
        Ok(name) => {
            let _ = write!(step, ".{}", name.to_string_lossy());
        }
        Err(_) => item(step, name),
    }
}

/// The key of the entry that ends at `position`.
fn key_before<'py>(dict: &Bound<'py, PyDict>, position: isize) -> Option<Bound<'py, PyAny>> {
    let mut at = 0;
    while at < position {
        let (key, _) = next_entry(dict, &mut at)?;
        if at == position {
            return Some(key);
        }
    }
    None
}
