//! `load_checked`: loads a pickle if rules allow all that it does.
use std::collections::{HashMap, HashSet};

use crate::names::intern;
use codepickle_stream::{Allowed, Limits, Refusal, Rules, Survey, Trace, View, check, trace};
use pyo3::prelude::*;
use pyo3::types::PyIterator;

use crate::trust::execute::Executor;
use crate::trust::{memory, renamed, sha256};

/// What the tables of the reader hold for an object, and for any opcode, at most.
const OBJECT_BYTES: usize = 256;
const OPCODE_BYTES: usize = 64;

/// `pickle.UnpicklingError`'s child for what cannot be loaded.
pub(crate) fn error(py: Python<'_>, text: &str) -> PyErr {
    let made = || {
        py.import("codepickle._runtime")?
            .getattr("LoadError")?
            .call1((text,))
    };
    match made() {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// `codepickle.PolicyError`.
pub(crate) fn refused(py: Python<'_>, refusals: &[Refusal]) -> PyErr {
    let made = || {
        let all: Vec<_> = refusals
            .iter()
            .map(|refusal| (refusal.code, refusal.offset, refusal.message.as_str()))
            .collect();
        py.import("codepickle._policy")?
            .call_method1("_refused", (all,))
    };
    match made() {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// What `Policy` says, as plain data.
#[derive(FromPyObject)]
pub(crate) struct PlainRules {
    names: Vec<(String, String)>,
    modules: HashSet<String>,
    packages: HashSet<String>,
    approvals: Vec<[u8; 32]>,
    heads: Vec<[u8; 32]>,
    /// In the order of `_policy._LIMITS`.
    limits: Vec<u64>,
}

impl PlainRules {
    fn rules(self) -> (Rules, usize) {
        let limit = |at: usize| self.limits.get(at).copied().unwrap_or(0);
        let size = |at: usize| usize::try_from(limit(at)).unwrap_or(usize::MAX);
        let limits = Limits {
            opcodes: size(0),
            memo: size(1),
            objects: size(2),
            depth: u32::try_from(limit(3)).unwrap_or(u32::MAX),
            hashing: limit(4),
            long_keys: size(5),
            source: size(6),
            line: i64::try_from(limit(7)).unwrap_or(i64::MAX),
            digits: size(8),
        };
        let rules = Rules {
            names: self.names.into_iter().collect(),
            modules: self.modules,
            packages: self.packages,
            approvals: self.approvals.into_iter().collect(),
            heads: self.heads.into_iter().collect(),
            nested: false,
            limits,
        };
        (rules, size(9))
    }
}

/// Portable functions whose payloads hold portable functions that were loaded there, and so on.
const MOST_LEVELS: usize = 8;

/// The pickles of one level: the one that is loaded, or the payloads of the portable functions in those of the level above. All
/// are checked before anything of them is carried out.
pub(crate) struct Level<'l> {
    pub(crate) surveys: &'l [Survey<'l, 'l>],
    pub(crate) alloweds: &'l [Allowed],
    /// Where each of them begins in the data that were given.
    pub(crate) starts: &'l [usize],
    pub(crate) above: Option<&'l Level<'l>>,
}

struct Loader<'l, 'py> {
    py: Python<'py>,
    rules: &'l Rules,
    nesting: usize,
    buffers: Option<Bound<'py, PyIterator>>,
}

/// Loads a pickle if the rules allow all that loading it does; reads it once, and carries out what it read.
///
/// # Errors
/// `PolicyError` for what is not allowed, before anything was imported, compiled or called.
#[pyfunction]
pub(crate) fn load_checked<'py>(
    py: Python<'py>,
    data: &[u8],
    rules: PlainRules,
    buffers: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (mut rules, nesting) = rules.rules();
    let buffers = match buffers.filter(|buffers| !buffers.is_none()) {
        Some(buffers) => Some(PyIterator::from_object(&buffers)?),
        None => None,
    };
    // A copy that nobody else can change.
    let data = data.to_vec();
    let first = [(0, read(&data, &rules))];
    let checked = check_all(py, &first, &rules, nesting)?;
    rules.nested = true;
    let loader = Loader {
        py,
        rules: &rules,
        nesting,
        buffers,
    };
    loader.level(&checked, None, 1)
}

/// How many bytes the payloads in pickles of so many bytes have, at most: several functions may share one, and a pickle can name
/// it over and over.
pub(crate) fn inside(length: usize) -> usize {
    length.saturating_mul(4).saturating_add(1 << 20)
}

/// The pickles of a level with their places.
type Placed<'a> = (usize, Trace<'a>);

type Checked<'l> = (Vec<Survey<'l, 'l>>, Vec<Allowed>, Vec<usize>);

fn read<'a>(data: &'a [u8], rules: &Rules) -> Trace<'a> {
    let most = rules
        .limits
        .objects
        .saturating_mul(OBJECT_BYTES)
        .saturating_add(rules.limits.opcodes.saturating_mul(OPCODE_BYTES));
    trace(data, memory(data).min(most.saturating_add(1 << 24)))
}

fn check_all<'l>(
    py: Python<'_>,
    level: &'l [Placed<'l>],
    rules: &Rules,
    nesting: usize,
) -> PyResult<Checked<'l>> {
    let names = |module: &str, name: &str| {
        renamed(py, module, name).unwrap_or_else(|_| (module.to_owned(), name.to_owned()))
    };
    let (mut surveys, mut alloweds, mut starts) = (Vec::new(), Vec::new(), Vec::new());
    for (start, read) in level {
        let survey = Survey::of(read, &names);
        let mut failed = None;
        let mut hash = |bytes: &[u8]| {
            sha256(py, bytes).unwrap_or_else(|error| {
                failed = Some(error);
                [0; 32]
            })
        };
        let allowed = check(&survey, rules, &mut hash);
        if let Some(error) = failed {
            return Err(error);
        }
        let allowed = allowed.map_err(|mut refusals| {
            for refusal in &mut refusals {
                refusal.offset += start;
            }
            refused(py, &refusals)
        })?;
        for (offset, text) in &allowed.texts {
            let text = String::from_utf8_lossy(text);
            if codepickle_source::depth(&text).is_ok_and(|depth| depth <= nesting) {
                continue;
            }
            let refusal = Refusal {
                code: "limit-nesting",
                offset: start + offset,
                message: format!("source that is nested more than the {nesting} levels allowed"),
            };
            return Err(refused(py, &[refusal]));
        }
        surveys.push(survey);
        alloweds.push(allowed);
        starts.push(*start);
    }
    Ok((surveys, alloweds, starts))
}

impl<'py> Loader<'_, 'py> {
    /// Reads and checks the payloads of portable functions in this level, and when there are no more, carries out all.
    fn level(
        self,
        checked: &Checked<'_>,
        above: Option<&Level<'_>>,
        depth: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (surveys, alloweds, starts) = checked;
        let level = Level {
            surveys,
            alloweds,
            starts,
            above,
        };
        let mut below = Vec::new();
        let mut left = inside(surveys.iter().map(|survey| survey.graph().end()).sum());
        for ((survey, allowed), start) in surveys.iter().zip(alloweds).zip(starts) {
            for group in &allowed.groups {
                let graph = survey.graph();
                let View::Bytes(data) = graph.view(group.payload) else {
                    continue;
                };
                let end = graph.maker(group.payload).map_or(0, |at| at.end);
                let Some(rest) = left.checked_sub(data.len()) else {
                    let refusal = Refusal {
                        code: "limit-memory",
                        offset: start + graph.offset(group.call),
                        message: "the same payload is in too many portable functions".to_owned(),
                    };
                    return Err(refused(self.py, &[refusal]));
                };
                left = rest;
                below.push((
                    start + end.saturating_sub(data.len()),
                    read(data, self.rules),
                ));
            }
        }
        if below.is_empty() {
            return self.carry_out(&level);
        }
        if depth >= MOST_LEVELS {
            let refusal = Refusal {
                code: "limit-depth",
                offset: below.first().map_or(0, |(start, _)| *start),
                message: format!(
                    "portable functions in portable functions are more than {MOST_LEVELS} levels deep"
                ),
            };
            return Err(refused(self.py, &[refusal]));
        }
        let checked = check_all(self.py, &below, self.rules, self.nesting)?;
        self.level(&checked, Some(&level), depth + 1)
    }

    fn carry_out(self, last: &Level<'_>) -> PyResult<Bound<'py, PyAny>> {
        // The format's own module, whatever the pickle says.
        self.py.import(intern!(self.py, "codepickle._runtime"))?;
        let mut levels = vec![last];
        while let Some(above) = levels.last().and_then(|level| level.above) {
            levels.push(above);
        }
        levels.reverse();
        let executor = |depth, index| {
            let level: &Level<'_> = levels.get(depth).copied()?;
            Some(Executor {
                py: self.py,
                survey: level.surveys.get(index)?,
                rules: self.rules,
                allowed: level.alloweds.get(index)?,
                start: level.starts.get(index).copied()?,
                levels: &levels,
                place: (depth, index),
                buffers: None,
                made: HashMap::new(),
            })
        };
        // First what broad rules allow by mistake, then modules and what is in them, then the rest.
        for step in [Executor::refuse_dangerous, Executor::resolve] {
            for (depth, level) in levels.iter().enumerate() {
                for mut each in (0..level.surveys.len()).filter_map(|index| executor(depth, index))
                {
                    step(&mut each)?;
                }
            }
        }
        let Some(mut first) = executor(0, 0) else {
            return Err(error(self.py, "nothing to load"));
        };
        first.buffers = self.buffers;
        first.run()
    }
}
