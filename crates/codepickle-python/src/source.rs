//! Bindings of codepickle-source: `SourceFile`, `Excerpts` and `Snippet`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CString;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use codepickle_source::{Chains, DefinitionId, ParseError};
use pyo3::exceptions::{PyIndexError, PySyntaxError};
use pyo3::prelude::*;
use pyo3::types::{PyCode, PyCodeInput, PyFrozenSet, PyList, PyTuple};

/// Adds the classes of this file to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<SourceFile>()?;
    module.add_class::<Excerpts>()?;
    module.add_function(wrap_pyfunction!(compile_module, module)?)?;
    codepickle_source::measure_stack();
    module.add_class::<Snippet>()
}

/// The code of a module, as `compile(text, "", "exec", 0, True)` makes it.
///
/// Python's own `compile` could return a syntax tree, and makes all classes of `ast` when it is first called.
#[pyfunction]
fn compile_module<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyCode>> {
    let text = CString::new(text)?;
    PyCode::compile(py, &text, c"<codepickle>", PyCodeInput::File)
}

/// A text, parsed and indexed once.
#[pyclass(frozen, module = "codepickle._native")]
struct SourceFile {
    file: codepickle_source::SourceFile,
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

/// So many excerpts of a text stay parsed, for functions that lie in the same statement: the methods of a class. The bound of the
/// texts that are kept does not count them.
const MOST_PARSED: usize = 16;

/// A text of which only the statements around what is asked for are parsed.
#[pyclass(frozen, module = "codepickle._native")]
struct Excerpts {
    text: codepickle_source::Excerpts,
    imports: OnceLock<BTreeSet<String>>,
    /// By first line: the line after the last, and the statements.
    parsed: Mutex<BTreeMap<u32, (u32, Py<SourceFile>)>>,
}

impl Excerpts {
    fn of(text: String) -> Option<Self> {
        Some(Self {
            text: codepickle_source::Excerpts::new(text)?,
            imports: OnceLock::new(),
            parsed: Mutex::default(),
        })
    }

    fn known(&self, py: Python<'_>, line: u32, name: &str) -> Option<Py<SourceFile>> {
        let parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, (end, file)) = parsed.range(..=line).next_back()?;
        let found = line < *end && !file.get().file.functions(line, name).is_empty();
        found.then(|| file.clone_ref(py))
    }
}

#[pymethods]
impl Excerpts {
    /// The text of a file; None where it cannot be read, or not without Python's own decoding.
    #[staticmethod]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "PyO3 extracts a path into an owned one"
    )]
    fn read(py: Python<'_>, path: PathBuf) -> Option<Self> {
        py.detach(|| {
            let bytes = std::fs::read(&path).ok()?;
            if !codepickle_source::is_utf8(&bytes) {
                return None;
            }
            Self::of(String::from_utf8(bytes).ok()?)
        })
    }

    #[staticmethod]
    fn from_text(py: Python<'_>, text: String) -> Option<Self> {
        py.detach(|| Self::of(text))
    }

    /// The statements around the function called `name` at `line`; None where no guess leads to it.
    fn around(&self, py: Python<'_>, line: u32, name: &str) -> PyResult<Option<Py<SourceFile>>> {
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

    #[getter]
    fn text(&self) -> &str {
        self.text.text()
    }

    /// The length of the text in bytes.
    #[getter]
    fn size(&self) -> usize {
        self.text.text().len()
    }

    #[getter]
    fn module_imports<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFrozenSet>> {
        PyFrozenSet::new(py, self.imports.get_or_init(|| self.text.module_imports()))
    }

    /// Not looked for: few modules do.
    #[classattr]
    fn module_uses_super() -> bool {
        false
    }
}

/// The text of a definition, what it compiles in, and what it uses.
#[pyclass(frozen, module = "codepickle._native")]
struct Snippet {
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

    #[getter]
    fn unread(&self) -> Vec<&str> {
        self.snippet.unread.iter().map(String::as_str).collect()
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
