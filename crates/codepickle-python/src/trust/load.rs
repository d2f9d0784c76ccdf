//! `load_checked`: loads a pickle if rules allow all that it does.
use std::collections::{HashMap, HashSet};

use codepickle_stream::{Limits, Refusal, Rules, Survey, check, trace};
use pyo3::intern;
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
            limits,
        };
        (rules, size(9))
    }
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
    let (rules, nesting) = rules.rules();
    // A copy that nobody else can change.
    let data = data.to_vec();
    let most = rules
        .limits
        .objects
        .saturating_mul(OBJECT_BYTES)
        .saturating_add(rules.limits.opcodes.saturating_mul(OPCODE_BYTES));
    let read = trace(&data, memory(&data).min(most.saturating_add(1 << 24)));
    let names = |module: &str, name: &str| {
        renamed(py, module, name).unwrap_or_else(|_| (module.to_owned(), name.to_owned()))
    };
    let survey = Survey::of(&read, &names);
    let mut failed = None;
    let mut hash = |bytes: &[u8]| {
        sha256(py, bytes).unwrap_or_else(|error| {
            failed = Some(error);
            [0; 32]
        })
    };
    let allowed = check(&survey, &rules, &mut hash);
    if let Some(error) = failed {
        return Err(error);
    }
    let allowed = allowed.map_err(|refusals| refused(py, &refusals))?;
    for (offset, text) in &allowed.texts {
        let text = String::from_utf8_lossy(text);
        if codepickle_source::depth(&text).is_ok_and(|depth| depth <= nesting) {
            continue;
        }
        let refusal = Refusal {
            code: "limit-nesting",
            offset: *offset,
            message: format!("source that is nested more than the {nesting} levels allowed"),
        };
        return Err(refused(py, &[refusal]));
    }
    let buffers = match buffers.filter(|buffers| !buffers.is_none()) {
        Some(buffers) => Some(PyIterator::from_object(&buffers)?),
        None => None,
    };
    // The format's own module, whatever the pickle says.
    py.import(intern!(py, "codepickle._runtime"))?;
    let executor = Executor {
        py,
        survey: &survey,
        rules: &rules,
        allowed: &allowed,
        buffers,
        made: HashMap::new(),
    };
    executor.run()
}
