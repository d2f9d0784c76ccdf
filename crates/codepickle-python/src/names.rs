//! Names of attributes and modules, made once.

use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3::types::PyString;

/// A name that is made when it is first needed.
///
/// The first dump of a process needs fifty of them. PyO3's cells let go of the interpreter lock while they are filled, as what
/// fills them may run anything; that takes longer than to make a string, which runs nothing.
pub(crate) struct Name {
    text: &'static str,
    made: OnceLock<Py<PyString>>,
}

impl Name {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self {
            text,
            made: OnceLock::new(),
        }
    }

    pub(crate) fn get<'py>(&'static self, py: Python<'py>) -> &'py Bound<'py, PyString> {
        self.made
            .get_or_init(|| PyString::intern(py, self.text).unbind())
            .bind(py)
    }
}

/// An interned string: `pyo3::intern!`, but for what `Name` says.
macro_rules! intern {
    ($py:expr, $text:literal) => {{
        static NAME: $crate::names::Name = $crate::names::Name::new($text);
        NAME.get($py)
    }};
}

pub(crate) use intern;
