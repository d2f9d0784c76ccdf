//! The snippet of a function that lies where its code says: in a file, as it was imported.
//!
//! This is what the first dump of a function does. Only the statements around it are parsed. They are a guess, which
//! compiling proves: what they give is compiled, and compared with the code that runs. Where that fails, and for code that
//! lies elsewhere, `codepickle._snippets` looks at every text that there is.

pub(crate) mod arguments;
pub(crate) mod compare;
pub(crate) mod compile;
pub(crate) mod files;

use crate::names::intern;
use codepickle_source::{Snippet, SnippetKind};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::engine::known::Known;
use crate::plans::{self, Plan, Use};
use crate::source::{Excerpts, SourceFile};
use compare::{Differing, difference};
use compile::compiled;

/// The future feature that travels with code.
const ANNOTATIONS: &str = "annotations";

/// Code, and where its text seems to be.
struct Place<'a, 'py> {
    code: &'a Bound<'py, PyAny>,
    function: Option<&'a Bound<'py, PyAny>>,
    known: &'static Known,
    excerpts: &'a Excerpts,
    file: &'a SourceFile,
    line: u32,
    has_text_annotations: bool,
}

/// The plan of `code`, the code of `function`; None where the statements around its line do not compile to it, or where its
/// text may be elsewhere.
pub(crate) fn plan<'py>(
    code: &Bound<'py, PyAny>,
    function: Option<&Bound<'py, PyAny>>,
) -> PyResult<Option<Plan>> {
    let py = code.py();
    let known = Known::get(py)?;
    let flags: u32 = code.getattr(intern!(py, "co_flags"))?.extract()?;
    if flags & known.unusual_flags != 0 || has_text_by_hand(known, function)? {
        return Ok(None);
    }
    let filename = code.getattr(intern!(py, "co_filename"))?;
    let filename = filename.cast::<PyString>()?;
    let Some(excerpts) = files::excerpts(filename)? else {
        return Ok(None);
    };
    let line: u32 = code.getattr(intern!(py, "co_firstlineno"))?.extract()?;
    let name = code.getattr(intern!(py, "co_name"))?;
    let Ok(name) = name.cast::<PyString>()?.to_cow() else {
        return Ok(None);
    };
    let Some(file) = excerpts.get().around(py, line, &name)? else {
        return Ok(None);
    };
    let place = Place {
        code,
        function,
        known,
        excerpts: excerpts.get(),
        file: file.get(),
        line,
        has_text_annotations: flags & known.annotations_flag != 0,
    };
    if !place.has_text_annotations && !place.file.file.futures().is_empty() {
        return Ok(None);
    }
    let freevars: Vec<String> = code.getattr(intern!(py, "co_freevars"))?.extract()?;
    let freevars: Vec<&str> = freevars.iter().map(String::as_str).collect();
    let candidates = place.file.file.functions(line, &name);
    let cut = |id: &u32| place.file.file.snippet(*id, &freevars);
    for mut snippet in candidates.iter().filter_map(cut) {
        if !place.is_of(&snippet, Differing::default())? || !place.is_named(&snippet)? {
            continue;
        }
        // Up to 3.10 lambdas on one line that differ in their column alone are one code object, and nobody can tell which
        // of them it was: the payload says the first, later on, too.
        for twin in candidates.iter().filter_map(cut) {
            if twin.column == snippet.column {
                break;
            }
            if is_equal_text(&twin, &snippet) && place.is_of(&twin, Differing::COLUMNS)? {
                snippet = twin;
                break;
            }
        }
        return place.plan(&snippet, filename).map(Some);
    }
    Ok(None)
}

/// The smallest function, with its plan in the cache as if it lay in a file: dumping it makes the names, and maps the code, that
/// every dump needs.
pub(crate) fn smallest(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    let known = Known::get(py)?;
    let Some(excerpts) = Excerpts::of("def f(x):\n    return x\n".to_owned()) else {
        return Ok(None);
    };
    let Some(file) = excerpts.around(py, 1, "f")? else {
        return Ok(None);
    };
    let file = file.get();
    let ids = file.file.functions(1, "f").iter();
    for snippet in ids.filter_map(|id| file.file.snippet(*id, &[])) {
        let Some((code, line)) = compiled(py, known, &snippet, "", false)? else {
            continue;
        };
        let place = Place {
            code: &code,
            function: None,
            known,
            excerpts: &excerpts,
            file,
            line,
            has_text_annotations: false,
        };
        if place.is_of(&snippet, Differing::default())? {
            plans::keep(&code, place.plan(&snippet, &PyString::new(py, "f.py"))?);
            let namespace = PyDict::new(py);
            namespace.set_item(intern!(py, "__name__"), "__main__")?;
            return known.function.bind(py).call1((code, namespace)).map(Some);
        }
    }
    Ok(None)
}

/// Whether the user supplied a text for a function.
fn has_text_by_hand(known: &Known, function: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
    let Some(function) = function else {
        return Ok(false);
    };
    let py = function.py();
    let text = if function.get_type().is(&known.function) {
        let attributes = function.getattr(intern!(py, "__dict__"))?;
        attributes
            .cast::<PyDict>()?
            .get_item(intern!(py, "__source__"))?
    } else {
        function.getattr_opt(intern!(py, "__source__"))?
    };
    Ok(text.is_some_and(|text| text.is_instance_of::<PyString>()))
}

fn is_equal_text(one: &Snippet, other: &Snippet) -> bool {
    (&one.text, one.line, &one.header, &one.trailer)
        == (&other.text, other.line, &other.header, &other.trailer)
}

impl Place<'_, '_> {
    /// Whether a snippet compiles to the code.
    fn is_of(&self, snippet: &Snippet, differing: Differing) -> PyResult<bool> {
        let py = self.code.py();
        let facts = module_facts(snippet, || self.excerpts.imports(), false);
        let Some((compiled, line)) =
            compiled(py, self.known, snippet, &facts, self.has_text_annotations)?
        else {
            return Ok(false);
        };
        let differing = Differing {
            below: i64::from(self.line) - i64::from(line),
            ..differing
        };
        Ok(difference(self.code, &compiled, differing)?.is_none())
    }

    /// Whether the scopes around a snippet are those of the function, where its code does not tell (before 3.11).
    fn is_named(&self, snippet: &Snippet) -> PyResult<bool> {
        if self.known.version >= (3, 11) {
            return Ok(true);
        }
        let Some(function) = self.function else {
            return Ok(false);
        };
        function
            .getattr(intern!(function.py(), "__qualname__"))?
            .eq(&snippet.qualname)
    }

    fn plan(&self, snippet: &Snippet, filename: &Bound<'_, PyString>) -> PyResult<Plan> {
        let py = self.code.py();
        let namespace = match self.function {
            Some(function) => function.getattr_opt(intern!(py, "__globals__"))?,
            None => None,
        };
        let module = match namespace {
            Some(namespace) => namespace
                .cast::<PyDict>()?
                .get_item(intern!(py, "__name__"))?,
            None => None,
        };
        let path = arguments::source_path(filename, module.as_ref())?;
        let args = arguments::arguments(
            py,
            snippet,
            i64::from(snippet.line),
            &path,
            if self.has_text_annotations {
                ANNOTATIONS
            } else {
                ""
            },
            !self.file.file.is_plain(),
        )?;
        let qualname = if self.known.version >= (3, 11) {
            self.code.getattr(intern!(py, "co_qualname"))?.cast_into()?
        } else {
            PyString::new(py, &snippet.qualname)
        };
        Ok(Plan {
            args: Some(args.unbind()),
            dig: None,
            globals: Use::all(py, &snippet.globals),
            free: Use::all(py, &snippet.free_chains),
            relative_import: snippet.relative_import,
            qualname: qualname.unbind(),
            named_cells: has_named_cells(self.known, snippet),
            unread: unread(snippet).to_vec(),
            bytecode: false,
        })
    }
}

/// The two things outside of a function that CPython's compiler looks at, as one line for the header.
///
/// From 3.11 a call on a name that the module imports compiles to `LOAD_ATTR` instead of `LOAD_METHOD`, and from 3.12 a
/// module that uses `super` as a name gets no `LOAD_SUPER_ATTR`. The meaning is the same, so neither travels.
pub(crate) fn module_facts<'a>(
    snippet: &Snippet,
    imports: impl FnOnce() -> &'a std::collections::BTreeSet<String>,
    uses_super: bool,
) -> String {
    if !snippet.text.contains('.') && !snippet.text.contains("super") {
        return String::new();
    }
    // A local variable counts too, if it is called like an imported module; a name too many does no harm.
    let imported: Vec<&str> = imports()
        .iter()
        .map(String::as_str)
        .filter(|name| snippet.text.contains(name))
        .collect();
    let mut facts = String::new();
    if !imported.is_empty() {
        facts.push_str("import ");
        facts.push_str(&imported.join(", "));
    }
    if uses_super {
        facts.push_str(if facts.is_empty() { "super" } else { "; super" });
    }
    if !facts.is_empty() {
        facts.push('\n');
    }
    facts
}

/// What reads variables that the text does not name.
const READERS: [&str; 5] = ["dir", "eval", "exec", "locals", "vars"];

/// The free variables that nothing reads; none where the code looks into its own variables.
pub(crate) fn unread(snippet: &Snippet) -> &[String] {
    let looks_itself = |(name, chains): &codepickle_source::Chains| {
        READERS.contains(&name.as_str())
            || chains
                .iter()
                .any(|chain| chain.ends_with("_getframe") || chain.ends_with("currentframe"))
    };
    if snippet.unread.is_empty() || snippet.globals.iter().any(looks_itself) {
        return &[];
    }
    &snippet.unread
}

/// Whether cells travel by name: versions differ in which names are free variables.
pub(crate) fn has_named_cells(known: &Known, snippet: &Snippet) -> bool {
    // Type parameters (PEP 695), here or around: which of them are free variables depends on the version.
    let generic = || {
        let own: String = snippet.text.chars().skip(snippet.decorators).collect();
        snippet
            .header
            .lines()
            .chain([&*own])
            .any(|line| line.contains('[') && has_type_params(line))
    };
    !snippet.unread.is_empty()
        || known.version >= (3, 12)
            && (snippet.header.contains('[') || snippet.kind != SnippetKind::Lambda)
            && generic()
}

/// Whether a statement with type parameters begins here.
fn has_type_params(statement: &str) -> bool {
    let space = |c: char| c.is_whitespace() || c == '\\';
    let mut rest = statement.trim_start_matches([' ', '\t', '\x0c']);
    if let Some(after) = rest.strip_prefix("async")
        && after.starts_with(space)
    {
        rest = after.trim_start_matches(space);
    }
    let Some(rest) = rest
        .strip_prefix("def")
        .or_else(|| rest.strip_prefix("class"))
        .filter(|rest| rest.starts_with(space))
    else {
        return false;
    };
    let name = |c: char| !space(c) && !"([:".contains(c);
    rest.trim_start_matches(space)
        .trim_start_matches(name)
        .trim_start_matches(space)
        .starts_with('[')
}
