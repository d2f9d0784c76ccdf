//! Cells: the variables that closures share. Empty first, filled after whatever refers to them was memoised.

use crate::names::intern;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::engine::{Engine, LabelKind, Op};
use crate::program::{Program, Runtime};

/// Saves a cell that is reached by itself, not through a function.
pub(crate) fn save<'py>(engine: &mut Engine<'py>, cell: &Bound<'py, PyAny>) {
    let mut program = Program::new(engine);
    push(engine, &mut program, cell);
    let cell = cell.clone();
    program.then(move |engine| {
        let mut program = Program::new(engine);
        push_contents(engine, &mut program, &cell, None)?;
        program.run(engine);
        Ok(())
    });
    program.run(engine);
}

/// Pushes the cell: with its contents where nothing leads back from them, else empty, if the payload does not have it yet.
pub(crate) fn push<'py>(
    engine: &mut Engine<'py>,
    program: &mut Program<'py>,
    cell: &Bound<'py, PyAny>,
) {
    if engine.memoized(cell).is_some() {
        return program.get(cell);
    }
    match contents(cell) {
        Ok(Some(value)) if engine.leads_nowhere(&value) => {
            engine.ext.filled.insert(cell.as_ptr() as usize);
            program.call(Runtime::Cell, 1, |program| program.save(value));
        }
        _ => program.call(Runtime::Cell, 0, |_| ()),
    }
    program.memoize(cell);
}

/// What is in a cell; `None` for an empty one.
pub(crate) fn contents<'py>(cell: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    match cell.getattr(intern!(cell.py(), "cell_contents")) {
        Ok(contents) => Ok(Some(contents)),
        Err(error) if error.is_instance_of::<PyValueError>(cell.py()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Fills a memoised cell, once a payload, and leaves nothing on the stack.
pub(crate) fn push_contents<'py>(
    engine: &mut Engine<'py>,
    program: &mut Program<'py>,
    cell: &Bound<'py, PyAny>,
    name: Option<&Bound<'py, PyString>>,
) -> PyResult<()> {
    if !engine.ext.filled.insert(cell.as_ptr() as usize) {
        return Ok(());
    }
    let Some(contents) = contents(cell)? else {
        return Ok(());
    };
    program.call(Runtime::Contents, 2, |program| {
        program.get(cell);
        match name {
            Some(name) => program.save_as(contents, LabelKind::ClosesOver, name.clone()),
            None => program.save(contents),
        }
    });
    program.op(Op::Pop);
    Ok(())
}
