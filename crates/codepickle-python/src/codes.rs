//! Code objects: as a snippet, as a method's place in the text of its class, or as bytecode.

use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::engine::Engine;
use crate::fallback;
use crate::plans::{self, Plan};
use crate::program::{Program, Runtime};
use crate::self_contained;

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
        let args = arguments(engine, &mut program, &unit.cast_into()?)?;
        program.call_with(Runtime::Snippet, &args);
        program.memoize(code);
    }
    program.run(engine);
    Ok(())
}

/// The arguments of a snippet as the payload's settings want them; what they refer to goes before.
fn arguments<'py>(
    engine: &mut Engine<'py>,
    program: &mut Program<'py>,
    args: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyTuple>> {
    let py = args.py();
    if engine.config.content_only {
        return without_place(args);
    }
    let args = match engine.config.min_python {
        Some(minor) => plans::snippets(py)?
            .call_method1(intern!(py, "for_python"), (args, minor))?
            .cast_into::<PyTuple>()?,
        None => args.clone(),
    };
    if engine.config.self_contained && args.len() > OLDER {
        self_contained::lowered(engine, program)?;
    }
    Ok(args)
}

/// How many arguments of a snippet have no default value; those of the others are false.
const REQUIRED: usize = 3;

/// Where among the arguments of a snippet is what older grammars read.
const OLDER: usize = 9;

/// The arguments of a snippet without its line, path and column, and what follows from the text.
fn without_place<'py>(args: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyTuple>> {
    let py = args.py();
    let mut kept: Vec<_> = args.iter().take(OLDER).collect();
    for (index, arg) in kept.iter_mut().enumerate() {
        match index {
            1 | 5 => *arg = 0_i64.into_pyobject(py)?.into_any(),
            2 => *arg = intern!(py, "").clone().into_any(),
            _ => {}
        }
    }
    // Whoever has nothing for older grammars has no default values before it, either.
    while kept.len() > REQUIRED
        && let Some(last) = kept.last()
        && !last.is_truthy()?
    {
        kept.pop();
    }
    PyTuple::new(py, kept)
}

/// The arguments that dig a method out of its class, its line counted from that of the class.
fn without_line<'py>(dig: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyTuple>> {
    let py = dig.py();
    let unit = dig.get_item(0)?;
    let first = unit.getattr(intern!(py, "co_firstlineno"))?;
    let line = dig.get_item(2)?.sub(first)?;
    PyTuple::new(py, [unit, dig.get_item(1)?, line])
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
            if engine.config.content_only {
                program.call_with(Runtime::Dig, &without_line(dig.bind(py))?);
            } else {
                program.call_with(Runtime::Dig, dig.bind(py));
            }
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
    let ready;
    let args = if own.bytecode {
        args
    } else {
        ready = arguments(engine, program, args)?;
        &ready
    };
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
