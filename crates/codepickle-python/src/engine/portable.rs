//! Names that exist in more versions than the one that an object says it has: `codepickle._names`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::globals::Found;
use super::{Engine, globals};

impl<'py> Engine<'py> {
    /// The name to write for an object that says it is of `module`, if the table has one and it leads to the object here.
    pub(super) fn find_moved(
        &self,
        obj: &Bound<'py, PyAny>,
        module: &Bound<'py, PyAny>,
        name: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Found<'py>>> {
        let py = self.py;
        let (Ok(module), Ok(name)) = (module.cast::<PyString>(), name.cast::<PyString>()) else {
            return Ok(None);
        };
        let Some(entry) = self.known.moved.bind(py).get_item(module)? else {
            return Ok(None);
        };
        let Some((module, name)) = target(&entry.cast_into::<PyTuple>()?, name)? else {
            return Ok(None);
        };
        let Ok(found) = self.import(module.as_any()) else {
            return Ok(None);
        };
        Ok(globals::walk(&found, name.as_any())?
            .filter(|(_, value, _)| value.is(obj))
            .map(|(parent, _, last_name)| Found {
                module_name: module.into_any(),
                module: found,
                parent,
                last_name,
                name: name.into_any(),
            }))
    }

    /// The arguments of the runtime's `g` for what is found there, if older versions lack it and `g` has a substitute.
    pub(super) fn stand_in(&self, found: &Found<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let names = self.known.stand_ins.bind(self.py);
        match names.get_item(&found.module_name)? {
            Some(names) => names.cast_into::<PyDict>()?.get_item(&found.name),
            None => Ok(None),
        }
    }
}

/// What an entry of the table gives for a name.
fn target<'py>(
    entry: &Bound<'py, PyTuple>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<(Bound<'py, PyString>, Bound<'py, PyString>)>> {
    let py = entry.py();
    let (module, names) = (
        entry.get_item(0)?,
        entry.get_item(1)?.cast_into::<PyDict>()?,
    );
    if let Some(moved) = names.get_item(name)? {
        return moved.extract().map(Some);
    }
    // The methods of a class that moved went with it.
    let text = name.to_cow()?;
    if let Some((head, rest)) = text.split_once('.')
        && let Some(moved) = names.get_item(head)?
    {
        let (module, head): (Bound<'py, PyString>, Bound<'py, PyString>) = moved.extract()?;
        let moved = format!("{}.{rest}", head.to_cow()?);
        return Ok(Some((module, PyString::intern(py, &moved))));
    }
    if module.is_none() {
        return Ok(None);
    }
    Ok(Some((module.cast_into()?, name.clone())))
}
