//! Code objects: as a snippet, as a method's place in the text of its class, or as bytecode.

use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::engine::Engine;
use crate::fallback;
use crate::plans::{self, Plan};
use crate::program::{Program, Runtime};

/// How the code of `function` travels, by the payload's mode.
///
/// # Errors
/// `PicklingError` where source is demanded and there is none; the user's warning filter may make the warning of a
/// fallback an error.
pub(crate) fn plan_of<'py>(
    engine: &Engine<'py>,
    code: &Bound<'py, PyAny>,
    function: Option<&Bound<'py, PyAny>>,
) -> PyResult<Arc<Plan>> {
    let py = code.py();
    let by_source = engine.config.by_source;
    if by_source == Some(false) {
        return plans::bytecode(code, function);
    }
    let error = match plans::source(code, function, false) {
        Ok(plan) => return Ok(plan),
        Err(error) => error,
    };
    if !error.matches(py, plans::snippets(py)?.getattr(intern!(py, "NoSource"))?)? {
        return Err(error);
    }
    if by_source == Some(true) {
        return Err(fallback::refusal(code, function, &error));
    }
    if plans::first_fallback(code) {
        fallback::warn(code, function, &error)?;
    }
    plans::bytecode(code, function)
}

/// Saves a code object that stands by itself.
pub(crate) fn save<'py>(engine: &mut Engine<'py>, code: &Bound<'py, PyAny>) -> PyResult<()> {
    let py = code.py();
    let mut program = Program::new(engine);
    let unit = plans::snippets(py)?.call_method1(intern!(py, "unit_arguments"), (code,))?;
    if unit.is_none() {
        let plan = plan_of(engine, code, None)?;
        push(engine, &mut program, code, &plan, None)?;
    } else {
        program.call_with(Runtime::Snippet, &unit.cast_into()?);
        program.memoize(code);
    }
    program.run(engine);
    Ok(())
}

/// Pushes a code object by its plan, or a reference to it where the payload has it.
pub(crate) fn push<'py>(
    engine: &mut Engine<'py>,
    program: &mut Program<'py>,
    code: &Bound<'py, PyAny>,
    plan: &Arc<Plan>,
    function: Option<&Bound<'py, PyAny>>,
) -> PyResult<()> {
    let py = code.py();
    if engine.memoized(code).is_some() {
        program.get(code);
        return Ok(());
    }
    if let Some(dig) = &plan.dig {
        let unit = dig.bind(py).get_item(0)?;
        if engine.ext.units.contains(&(unit.as_ptr() as usize)) {
            program.call_with(Runtime::Dig, dig.bind(py));
            program.memoize(code);
            return Ok(());
        }
    }
    let own = if plan.args.is_some() {
        plan.clone()
    } else {
        plans::source(code, function, true)?
    };
    let empty = PyTuple::empty(py);
    let args = own.args.as_ref().map_or(&empty, |args| args.bind(py));
    if !own.bytecode {
        // Equal lambdas of one line are one code object up to 3.10; the receiver makes one of equal arguments anyway.
        let codes = engine.ext.codes(py);
        if let Some(equal) = codes.get_item(args)? {
            program.get(&equal);
            return Ok(());
        }
        codes.set_item(args, code)?;
    }
    program.call_with(
        if own.bytecode {
            Runtime::Bytecode
        } else {
            Runtime::Snippet
        },
        args,
    );
    program.memoize(code);
    Ok(())
}
