//! Bindings of codepickle-source: `SourceFile`, `Excerpts` and `Snippet`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use codepickle_source::{Chains, DefinitionId, ParseError};
use pyo3::exceptions::{PyIndexError, PySyntaxError};
use pyo3::prelude::*;
use pyo3::types::{PyFrozenSet, PyList, PyString, PyTuple};

use crate::engine::known::Known;
use crate::snippets::{self, arguments, compare, compile, files};

/// Adds the classes of this file to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<SourceFile>()?;
    module.add_class::<Excerpts>()?;
    module.add_function(wrap_pyfunction!(excerpt_plan, module)?)?;
    module.add_function(wrap_pyfunction!(snippet_arguments, module)?)?;
    module.add_function(wrap_pyfunction!(arguments::source_path, module)?)?;
    module.add_function(wrap_pyfunction!(compare::difference_of, module)?)?;
    module.add_function(wrap_pyfunction!(compile::compile_text, module)?)?;
    module.add_function(wrap_pyfunction!(files::excerpts, module)?)?;
    module.add_function(wrap_pyfunction!(files::kept_text, module)?)?;
    module.add_function(wrap_pyfunction!(files::forget, module)?)?;
    module.add_function(wrap_pyfunction!(files::kept_files, module)?)?;
    codepickle_source::prepare();
    module.add_class::<Snippet>()
}

/// A text, parsed and indexed once.
#[pyclass(frozen, module = "codepickle._native")]
pub(crate) struct SourceFile {
    pub(crate) file: codepickle_source::SourceFile,
}

#[pymethods]
impl SourceFile {
    #[new]
    fn new(py: Python<'_>, text: String) -> PyResult<Self> {
        let parsed = py.detach(|| codepickle_source::SourceFile::parse(text));
        Ok(Self {
            file: parsed.map_err(|error| syntax_error(&error))?,
        })
    }

    #[getter]
    fn futures<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.file.futures())
    }

    #[getter]
    fn module_imports<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFrozenSet>> {
        PyFrozenSet::new(py, self.file.module_imports())
    }

    #[getter]
    fn module_uses_super(&self) -> bool {
        self.file.module_uses_super()
    }

    fn functions<'py>(
        &self,
        py: Python<'py>,
        line: u32,
        name: &str,
    ) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.file.functions(line, name))
    }

    fn enclosing_class(&self, id: DefinitionId) -> Option<DefinitionId> {
        self.file.enclosing_class(id)
    }

    fn classes(&self, qualname: &str) -> Vec<DefinitionId> {
        self.file.classes(qualname)
    }

    fn class_info(&self, id: DefinitionId) -> PyResult<(String, u32, String)> {
        let info = self.file.class_info(id).ok_or_else(|| no_definition(id))?;
        Ok((info.qualname, info.first_line, info.name))
    }

    fn methods(&self, class_id: DefinitionId) -> Vec<(String, u32, DefinitionId)> {
        let methods = self.file.methods(class_id).into_iter();
        methods
            .map(|method| (method.name, method.first_line, method.id))
            .collect()
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "PyO3 extracts a sequence of str into owned strings"
    )]
    fn snippet(&self, id: DefinitionId, freevars: Vec<String>) -> PyResult<Snippet> {
        let freevars: Vec<&str> = freevars.iter().map(String::as_str).collect();
        let snippet = self.file.snippet(id, &freevars);
        Ok(Snippet {
            snippet: snippet.ok_or_else(|| no_definition(id))?,
        })
    }
}

/// The bytes of a file: `std::fs::read`, without asking twice more for its place and its end.
fn contents(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length)?;
    bytes.resize(length, 0);
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// So many excerpts of a text stay parsed, for functions that lie in the same statement: the methods of a class. The bound of the
/// texts that are kept does not count them.
const MOST_PARSED: usize = 16;

/// A text of which only the statements around what is asked for are parsed.
#[pyclass(frozen, module = "codepickle._native")]
pub(crate) struct Excerpts {
    text: codepickle_source::Excerpts,
    imports: OnceLock<BTreeSet<String>>,
    /// By first line: the line after the last, and the statements.
    parsed: Mutex<BTreeMap<u32, (u32, Py<SourceFile>)>>,
}

impl Excerpts {
    pub(crate) fn of(text: String) -> Option<Self> {
        Some(Self {
            text: codepickle_source::Excerpts::new(text)?,
            imports: OnceLock::new(),
            parsed: Mutex::default(),
        })
    }

    /// The text of a file; None where it cannot be read, or not without Python's own decoding.
    pub(crate) fn read(path: impl AsRef<Path>) -> Option<Self> {
        let bytes = contents(path.as_ref()).ok()?;
        if !codepickle_source::is_utf8(&bytes) {
            return None;
        }
        Self::of(String::from_utf8(bytes).ok()?)
    }

    pub(crate) fn text(&self) -> &str {
        self.text.text()
    }

    /// The names that import statements at module level seem to bind.
    pub(crate) fn imports(&self) -> &BTreeSet<String> {
        self.imports.get_or_init(|| self.text.module_imports())
    }

    fn known(&self, py: Python<'_>, line: u32, name: &str) -> Option<Py<SourceFile>> {
        let parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, (end, file)) = parsed.range(..=line).next_back()?;
        let found = line < *end && !file.get().file.functions(line, name).is_empty();
        found.then(|| file.clone_ref(py))
    }

    /// The statements around the function called `name` at `line`; None where no guess leads to it.
    pub(crate) fn around(
        &self,
        py: Python<'_>,
        line: u32,
        name: &str,
    ) -> PyResult<Option<Py<SourceFile>>> {
        if let Some(file) = self.known(py, line, name) {
            return Ok(Some(file));
        }
        let Some(excerpt) = py.detach(|| self.text.around(line, name)) else {
            return Ok(None);
        };
        let file = Py::new(py, SourceFile { file: excerpt.file })?;
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        let dropped = if parsed.len() < MOST_PARSED {
            None
        } else {
            Some(std::mem::take(&mut *parsed))
        };
        parsed.insert(excerpt.lines.start, (excerpt.lines.end, file.clone_ref(py)));
        drop(parsed);
        drop(dropped);
        Ok(Some(file))
    }
}

#[pymethods]
impl Excerpts {
    #[pyo3(name = "around")]
    fn statements_around(
        &self,
        py: Python<'_>,
        line: u32,
        name: &str,
    ) -> PyResult<Option<Py<SourceFile>>> {
        self.around(py, line, name)
    }
}

/// The text of a definition, what it compiles in, and what it uses.
#[pyclass(frozen, module = "codepickle._native")]
pub(crate) struct Snippet {
    snippet: codepickle_source::Snippet,
}

#[pymethods]
impl Snippet {
    #[getter]
    fn text(&self) -> &str {
        &self.snippet.text
    }

    #[getter]
    fn header(&self) -> &str {
        &self.snippet.header
    }

    #[getter]
    fn trailer(&self) -> &str {
        &self.snippet.trailer
    }

    #[getter]
    fn line(&self) -> u32 {
        self.snippet.line
    }

    #[getter]
    fn column(&self) -> u32 {
        self.snippet.column
    }

    #[getter]
    fn decorators(&self) -> usize {
        self.snippet.decorators
    }

    #[getter]
    fn name(&self) -> &str {
        &self.snippet.name
    }

    #[getter]
    fn qualname(&self) -> &str {
        &self.snippet.qualname
    }

    #[getter]
    fn kind(&self) -> &'static str {
        self.snippet.kind.keyword()
    }

    #[getter]
    fn globals<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        chains(py, &self.snippet.globals)
    }

    #[getter]
    fn free_chains<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        chains(py, &self.snippet.free_chains)
    }

    /// The free variables that nothing reads.
    #[getter]
    fn unread<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, snippets::unread(&self.snippet))
    }

    #[getter]
    fn named_cells(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(snippets::has_named_cells(Known::get(py)?, &self.snippet))
    }

    /// The line for the header that says what matters in the module, a `SourceFile` or an `Excerpts`.
    fn facts(&self, module: &Bound<'_, PyAny>) -> PyResult<String> {
        if let Ok(module) = module.cast::<SourceFile>() {
            let file = &module.get().file;
            let uses_super = file.module_uses_super();
            let imports = || file.module_imports();
            return Ok(snippets::module_facts(&self.snippet, imports, uses_super));
        }
        // Whether they use `super` is not looked for: few modules do.
        let module = module.cast::<Excerpts>().map_err(PyErr::from)?;
        let imports = || module.get().imports();
        Ok(snippets::module_facts(&self.snippet, imports, false))
    }

    #[getter]
    fn relative_import(&self) -> bool {
        self.snippet.relative_import
    }

    #[getter]
    fn imports(&self) -> Vec<&str> {
        self.snippet.imports.iter().map(String::as_str).collect()
    }

    #[getter]
    fn doc(&self) -> Option<&str> {
        self.snippet.doc.as_deref()
    }
}

/// How code whose text lies where it says travels, as `_snippets.Plan` has it; `None` for what has to be looked for.
#[pyfunction]
#[pyo3(signature = (code, function=None))]
fn excerpt_plan<'py>(
    code: &Bound<'py, PyAny>,
    function: Option<&Bound<'py, PyAny>>,
) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let Some(plan) = snippets::plan(code, function)? else {
        return Ok(None);
    };
    plan.to_python(code.py()).map(Some)
}

/// The arguments of the runtime's `c` for a snippet of a file whose lines are `shift` too low.
#[pyfunction]
fn snippet_arguments<'py>(
    py: Python<'py>,
    file: &SourceFile,
    snippet: &Snippet,
    shift: i64,
    path: &Bound<'py, PyString>,
    futures: &str,
) -> PyResult<Bound<'py, PyTuple>> {
    let line = i64::from(snippet.snippet.line) - shift;
    let may_be_newer = !file.file.is_plain();
    arguments::arguments(py, &snippet.snippet, line, path, futures, may_be_newer)
}

fn chains<'py>(py: Python<'py>, names: &[Chains]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for (name, chains) in names {
        list.append((name, PyTuple::new(py, chains)?))?;
    }
    Ok(list)
}

pub(crate) fn syntax_error(error: &ParseError) -> PyErr {
    // The second argument is what SyntaxError calls `details`: file name, line, column and text.
    let details = (None::<String>, error.line(), None::<u32>, None::<String>);
    PySyntaxError::new_err((error.to_string(), details))
}

fn no_definition(id: DefinitionId) -> PyErr {
    PyIndexError::new_err(format!(
        "no function or class has the number {id} in this file"
    ))
}
