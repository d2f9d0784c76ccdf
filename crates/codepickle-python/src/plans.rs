//! How each code object travels: worked out once, by `snippets` or `codepickle._snippets`, and remembered here.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::names::intern;
use codepickle_source::Chains;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyString, PyTuple};

use crate::limits::cache_bytes;

/// Bytes of snippet text whose plans are kept. An entry holds its code object, so that the address which is its key
/// is not given to another one; 32 MiB hold some 30,000 functions of a kilobyte.
const PLAN_CACHE_BYTES: usize = 32 * 1024 * 1024;

/// What an entry costs besides its text: the entry itself, the code object and the strings of its names.
const ENTRY_BYTES: usize = 1024;

/// A global or free variable, and the attribute chains that start at it.
pub(crate) struct Use {
    /// The name as it stands in the namespace (mangled where Python mangles it).
    pub(crate) name: Py<PyString>,
    /// Dotted chains, each beginning with the name.
    pub(crate) chains: Vec<String>,
}

/// How a code object travels.
pub(crate) struct Plan {
    /// The arguments of the runtime's `c` (source) or `b` (bytecode).
    pub(crate) args: Option<Py<PyTuple>>,
    /// The arguments of the runtime's `d`: class body, name, line.
    pub(crate) dig: Option<Py<PyTuple>>,
    /// The globals that the running code uses.
    pub(crate) globals: Vec<Use>,
    /// The free variables whose values may be packages.
    pub(crate) free: Vec<Use>,
    /// Whether a relative import needs `__package__`.
    pub(crate) relative_import: bool,
    /// The qualified name that follows from the snippet.
    pub(crate) qualname: Py<PyString>,
    /// Whether cells travel by name.
    pub(crate) named_cells: bool,
    /// The free variables whose cells stay here.
    pub(crate) unread: Vec<String>,
    /// Whether this is bytecode.
    pub(crate) bytecode: bool,
}

impl Use {
    pub(crate) fn all(py: Python<'_>, names: &[Chains]) -> Vec<Self> {
        let new = |(name, chains): &Chains| Self {
            name: PyString::new(py, name).unbind(),
            chains: chains.clone(),
        };
        names.iter().map(new).collect()
    }

    fn to_python<'py>(py: Python<'py>, uses: &[Self]) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for used in uses {
            list.append((&used.name, PyTuple::new(py, &used.chains)?))?;
        }
        Ok(list)
    }
}

struct Entry {
    code: Py<PyAny>,
    source: Option<Arc<Plan>>,
    bytecode: Option<Arc<Plan>>,
    warned: bool,
    bytes: usize,
}

#[derive(Default)]
struct Cache {
    entries: HashMap<usize, Entry>,
    order: VecDeque<usize>,
    bytes: usize,
}

static CACHE: PyOnceLock<Mutex<Cache>> = PyOnceLock::new();

fn cache(py: Python<'_>) -> MutexGuard<'static, Cache> {
    // No Python code runs while the lock is held, so a poisoned lock guards consistent data.
    CACHE
        .get_or_init(py, Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

impl Plan {
    /// Reads a `_snippets.Plan`.
    fn from_python(plan: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = plan.py();
        let dig = plan.getattr(intern!(py, "dig"))?;
        let args = plan.getattr(intern!(py, "args"))?;
        Ok(Self {
            args: if args.is_none() {
                None
            } else {
                Some(args.cast_into::<PyTuple>()?.unbind())
            },
            dig: if dig.is_none() {
                None
            } else {
                Some(dig.cast_into::<PyTuple>()?.unbind())
            },
            globals: uses(&plan.getattr(intern!(py, "globals"))?)?,
            free: uses(&plan.getattr(intern!(py, "free"))?)?,
            relative_import: plan.getattr(intern!(py, "relative_import"))?.extract()?,
            qualname: plan
                .getattr(intern!(py, "qualname"))?
                .cast_into::<PyString>()?
                .unbind(),
            named_cells: plan.getattr(intern!(py, "named_cells"))?.extract()?,
            unread: plan.getattr(intern!(py, "unread"))?.extract()?,
            bytecode: false,
        })
    }

    /// The arguments of a `_snippets.Plan`, without its first.
    pub(crate) fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (
            self.args.as_ref(),
            Use::to_python(py, &self.globals)?,
            Use::to_python(py, &self.free)?,
            self.relative_import,
            &self.qualname,
            self.named_cells,
            PyTuple::new(py, &self.unread)?,
        )
            .into_pyobject(py)
    }

    fn bytes(&self, py: Python<'_>) -> usize {
        let text = |args: &Option<Py<PyTuple>>| {
            args.as_ref()
                .and_then(|args| args.bind(py).get_item(0).ok())
                .and_then(|text| text.len().ok())
                .unwrap_or(0)
        };
        text(&self.args).saturating_add(ENTRY_BYTES)
    }
}

fn uses(list: &Bound<'_, PyAny>) -> PyResult<Vec<Use>> {
    let mut found = Vec::with_capacity(list.len()?);
    for item in list.try_iter()? {
        let (name, chains): (Bound<'_, PyString>, Vec<String>) = item?.extract()?;
        found.push(Use {
            name: name.unbind(),
            chains,
        });
    }
    Ok(found)
}

/// The source plan of `code`.
///
/// `own` asks for a plan that stands by itself, not for a method's place in the text of its class.
///
/// # Errors
/// `_snippets.NoSource` where no text compiles to `code`; whatever the user's loader or `linecache` raises.
pub(crate) fn source(
    code: &Bound<'_, PyAny>,
    function: Option<&Bound<'_, PyAny>>,
    own: bool,
) -> PyResult<Arc<Plan>> {
    let py = code.py();
    if let Some(plan) = cache(py)
        .entries
        .get(&(code.as_ptr() as usize))
        .and_then(|entry| entry.source.clone())
        && (plan.args.is_some() || !own)
    {
        return Ok(plan);
    }
    let mut plan = match crate::snippets::plan(code, function)? {
        Some(plan) => plan,
        None => Plan::from_python(
            &snippets(py)?.call_method1(intern!(py, "plan_from_texts"), (code, function))?,
        )?,
    };
    if plan.dig.is_none() {
        // A method whose place in the text of its class is known keeps it beside the text of its own.
        let known = cache(py)
            .entries
            .get(&(code.as_ptr() as usize))
            .and_then(|entry| entry.source.clone());
        plan.dig = known.and_then(|known| known.dig.as_ref().map(|dig| dig.clone_ref(py)));
    }
    let plan = Arc::new(plan);
    remember(
        code,
        |entry| entry.source = Some(plan.clone()),
        plan.bytes(py),
    );
    Ok(plan)
}

/// The source plan of `code`, if it was worked out before.
pub(crate) fn known_source(code: &Bound<'_, PyAny>) -> Option<Arc<Plan>> {
    cache(code.py())
        .entries
        .get(&(code.as_ptr() as usize))
        .and_then(|entry| entry.source.clone())
}

/// Whether the next use of `code`'s bytecode is the first, for the one warning.
pub(crate) fn first_fallback(code: &Bound<'_, PyAny>) -> bool {
    let mut first = false;
    remember(
        code,
        |entry| {
            first = !entry.warned;
            entry.warned = true;
        },
        ENTRY_BYTES,
    );
    first
}

/// The bytecode plan of `code`.
///
/// # Errors
/// What `marshal` raises for a constant that it does not know.
pub(crate) fn bytecode(
    code: &Bound<'_, PyAny>,
    function: Option<&Bound<'_, PyAny>>,
) -> PyResult<Arc<Plan>> {
    let py = code.py();
    if let Some(plan) = cache(py)
        .entries
        .get(&(code.as_ptr() as usize))
        .and_then(|entry| entry.bytecode.clone())
    {
        return Ok(plan);
    }
    let module = py.import(intern!(py, "codepickle._bytecode"))?;
    let names: Vec<Bound<'_, PyString>> = module
        .call_method1(intern!(py, "global_names"), (code,))?
        .extract()?;
    let qualname = match function {
        // Before 3.11 a code object does not know its qualified name: it travels as live state.
        Some(function) if code.hasattr(intern!(py, "co_qualname"))? => {
            let _ = function;
            code.getattr(intern!(py, "co_qualname"))?
        }
        _ => code.getattr(intern!(py, "co_name"))?,
    };
    let plan = Arc::new(Plan {
        args: Some(
            module
                .call_method1(intern!(py, "tagged"), (code,))?
                .cast_into::<PyTuple>()?
                .unbind(),
        ),
        dig: None,
        globals: names
            .into_iter()
            .map(|name| Use {
                name: name.unbind(),
                chains: Vec::new(),
            })
            .collect(),
        free: Vec::new(),
        relative_import: true,
        qualname: qualname.cast_into::<PyString>()?.unbind(),
        named_cells: false,
        unread: Vec::new(),
        bytecode: true,
    });
    remember(
        code,
        |entry| entry.bytecode = Some(plan.clone()),
        plan.bytes(py),
    );
    Ok(plan)
}

/// Takes over the plan of a method once more, if it fell out of the cache.
pub(crate) fn add_method(code: &Bound<'_, PyAny>, plan: &Arc<Plan>) {
    if known_source(code).is_none_or(|known| known.dig.is_none()) {
        let bytes = plan.bytes(code.py());
        remember(code, |entry| entry.source = Some(plan.clone()), bytes);
    }
}

/// Takes over the plans that `_snippets.class_unit` made for the methods of a class.
pub(crate) fn add_methods(methods: &Bound<'_, PyAny>) -> PyResult<()> {
    for item in methods.try_iter()? {
        let (code, plan): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
        let known = cache(code.py())
            .entries
            .get(&(code.as_ptr() as usize))
            .is_some_and(|entry| entry.source.as_ref().is_some_and(|plan| plan.dig.is_some()));
        if !known {
            let plan = Arc::new(Plan::from_python(&plan)?);
            let bytes = plan.bytes(code.py());
            remember(&code, |entry| entry.source = Some(plan), bytes);
        }
    }
    Ok(())
}

/// Takes over a plan.
pub(crate) fn keep(code: &Bound<'_, PyAny>, plan: Plan) {
    let bytes = plan.bytes(code.py());
    remember(code, |entry| entry.source = Some(Arc::new(plan)), bytes);
}

fn remember(code: &Bound<'_, PyAny>, change: impl FnOnce(&mut Entry), bytes: usize) {
    let py = code.py();
    let key = code.as_ptr() as usize;
    let mut dropped = Vec::new();
    {
        let mut cache = cache(py);
        let cache = &mut *cache;
        let entry = cache.entries.entry(key).or_insert_with(|| {
            cache.order.push_back(key);
            Entry {
                code: code.clone().unbind(),
                source: None,
                bytecode: None,
                warned: false,
                bytes: 0,
            }
        });
        change(entry);
        entry.bytes = entry.bytes.saturating_add(bytes);
        cache.bytes = cache.bytes.saturating_add(bytes);
        while cache.bytes > cache_bytes(PLAN_CACHE_BYTES) && cache.order.len() > 1 {
            let Some(oldest) = cache.order.pop_front() else {
                break;
            };
            if let Some(entry) = cache.entries.remove(&oldest) {
                cache.bytes = cache.bytes.saturating_sub(entry.bytes);
                dropped.push(entry);
            }
        }
    }
    // Dropping a code object may run finalizers: not under the lock.
    for entry in dropped {
        drop(entry.code);
    }
}

/// The module `codepickle._snippets`.
pub(crate) fn snippets(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import(intern!(py, "codepickle._snippets"))
}
