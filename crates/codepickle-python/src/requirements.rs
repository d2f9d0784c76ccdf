//! Which modules a payload needs: the reader's findings as Python objects, for `codepickle._requirements`.

use crate::names::intern;
use codepickle_source::{Code, Part, When, imports};
use codepickle_stream::{Carried, Payload, Referred, read};
use pyo3::prelude::*;

/// Module; the name that is taken from it; where in the payload.
type Reference = (String, Option<String>, usize);

/// Module; names taken from it, which may be submodules; when it is imported.
type Imported = (String, Vec<String>, &'static str);

/// What is not known: kind, what it is about, and details.
type Note = (&'static str, String, String);

#[derive(Default)]
struct Findings {
    protocol: u8,
    references: Vec<Reference>,
    imports: Vec<Imported>,
    extensions: Vec<i64>,
    notes: Vec<Note>,
}

/// What loading a payload imports and what its code imports, without executing it.
///
/// # Errors
/// `LoadError` if it cannot be read.
#[pyfunction]
#[expect(
    clippy::type_complexity,
    reason = "unpacked by one NamedTuple on the Python side"
)]
pub(crate) fn read_payload(
    py: Python<'_>,
    data: &[u8],
) -> PyResult<(u8, Vec<Reference>, Vec<Imported>, Vec<i64>, Vec<Note>)> {
    let found = py.detach(|| Findings::of(data));
    match found {
        Ok(found) => Ok((
            found.protocol,
            found.references,
            found.imports,
            found.extensions,
            found.notes,
        )),
        Err(message) => {
            let runtime = py.import(intern!(py, "codepickle._runtime"))?;
            let error = runtime.getattr(intern!(py, "LoadError"))?;
            Err(PyErr::from_value(error.call1((message,))?))
        }
    }
}

impl Findings {
    fn of(data: &[u8]) -> Result<Self, String> {
        let graph = read(data).map_err(|error| {
            format!(
                "this is no pickle that can be read: {error} (at byte {})",
                error.offset()
            )
        })?;
        let payload = Payload::of(&graph);
        if payload.excessive {
            return Err(
                "this payload names the same code over and over: no pickler writes such a one"
                    .to_owned(),
            );
        }
        let mut found = Self {
            protocol: graph.protocol(),
            extensions: payload.extensions.iter().copied().collect(),
            ..Self::default()
        };
        for reference in payload.references {
            match reference.what {
                Referred::Module | Referred::Name(_) if !reference.needed => {
                    let entry = (reference.module, Vec::new(), "optional");
                    found.imports.push(entry);
                }
                Referred::Module => {
                    let entry = (reference.module, None, reference.offset);
                    found.references.push(entry);
                }
                Referred::Name(name) => {
                    let entry = (reference.module, Some(name), reference.offset);
                    found.references.push(entry);
                }
                Referred::Attribute(name) => {
                    found.imports.push((reference.module, vec![name], "load"));
                }
            }
        }
        for bytecode in payload.bytecode {
            let note = ("bytecode", bytecode.name, bytecode.version);
            found.notes.push(note);
        }
        for carried in &payload.code {
            found.add_code(carried);
        }
        Ok(found)
    }

    fn add_code(&mut self, carried: &Carried<'_>) {
        let importers: Vec<&str> = carried.importers.iter().map(String::as_str).collect();
        let places: Vec<(u32, &str)> = carried
            .methods
            .iter()
            .filter_map(|method| {
                let line = method.line.checked_sub(carried.line)?.checked_add(1)?;
                Some((u32::try_from(line).ok()?, method.name.as_str()))
            })
            .collect();
        let part = if carried.program {
            Part::Program
        } else if places.is_empty() {
            Part::Function
        } else {
            Part::Functions(&places)
        };
        let found = imports(&Code {
            text: &carried.text,
            header: &carried.header,
            trailer: &carried.trailer,
            part,
            importers: &importers,
        });
        let place = |line: u32| {
            let line = carried.line.saturating_add(i64::from(line)) - 1;
            format!("{}, line {line}", carried.path)
        };
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                self.notes
                    .push(("unreadable", place(error.line()), error.to_string()));
                return;
            }
        };
        for line in found.computed {
            self.notes.push(("computed", place(line), String::new()));
        }
        for import in found.imports {
            let when = match import.when {
                When::Always => "import",
                When::Branch => "conditional",
                When::Backport => "backport",
                When::Optional => "optional",
                When::TypeChecking => "typing",
            };
            let mut packages: Vec<Option<&str>> = carried
                .packages
                .iter()
                .map(|package| Some(package.as_str()))
                .collect();
            if packages.is_empty() || import.level == 0 {
                packages = vec![None];
            }
            for package in packages {
                if let Some(module) = import.resolve(package) {
                    self.imports.push((module, import.names.clone(), when));
                } else {
                    let dots = ".".repeat(import.level.min(9) as usize);
                    let name = format!("{dots}{}", import.module);
                    self.notes.push(("relative", place(import.line), name));
                }
            }
        }
    }
}
