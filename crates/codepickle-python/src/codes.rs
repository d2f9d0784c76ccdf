//! Code objects: as a snippet, as a method's place in the text of its class, or as bytecode.

use std::sync::Arc;

use crate::names::intern;
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
    let written = if unit.is_none() {
        let plan = plan_of(engine, code, None)?;
        written(engine, &mut program, code, &plan, None)?
    } else {
        let arguments = arguments(engine, &mut program, &unit.cast_into()?)?;
        Written {
            maker: Runtime::Snippet,
            arguments: engine.ext.first_equal(arguments)?,
        }
    };
    if let Some(equal) = engine.ext.made(&written.arguments) {
        program.get(&equal);
    } else {
        if engine.ext.units.contains(&(code.as_ptr() as usize)) {
            // The methods need `f` anyway: each name that a payload refers to takes longer to find than to call.
            program.call(Runtime::Function, 1, |program| {
                program.save(written.arguments.clone().into_any());
            });
        } else {
            program.call_made(written.maker, &written.arguments);
        }
        program.memoize(code);
        engine.ext.note_made(&written.arguments, code);
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

/// What a code object is written as: a call.
struct Written<'py> {
    maker: Runtime,
    arguments: Bound<'py, PyTuple>,
}

/// Pushes the code object of `function` by its plan: as the arguments of the call that makes it, which the call that makes the
/// function takes in its place, or as a reference where the payload has it by itself.
pub(crate) fn push<'py>(
    engine: &mut Engine<'py>,
    program: &mut Program<'py>,
    code: &Bound<'py, PyAny>,
    plan: &Arc<Plan>,
    function: &Bound<'py, PyAny>,
) -> PyResult<()> {
    if engine.memoized(code).is_some() {
        program.get(code);
        return Ok(());
    }
    let written = written(engine, program, code, plan, Some(function))?;
    if let Some(equal) = engine.ext.made(&written.arguments) {
        program.get(&equal);
    } else if matches!(written.maker, Runtime::Bytecode) {
        program.call_with(written.maker, &written.arguments);
        program.memoize(code);
    } else {
        program.save(written.arguments.into_any());
    }
    Ok(())
}

fn written<'py>(
    engine: &mut Engine<'py>,
    program: &mut Program<'py>,
    code: &Bound<'py, PyAny>,
    plan: &Arc<Plan>,
    function: Option<&Bound<'py, PyAny>>,
) -> PyResult<Written<'py>> {
    let py = code.py();
    if let Some(dig) = &plan.dig {
        let dig = dig.bind(py);
        if engine
            .ext
            .units
            .contains(&(dig.get_item(0)?.as_ptr() as usize))
        {
            let arguments = if engine.config.content_only {
                without_line(dig)?
            } else {
                dig.clone()
            };
            return Ok(Written {
                maker: Runtime::Dig,
                arguments,
            });
        }
    }
    let own = if plan.args.is_some() {
        plan.clone()
    } else {
        plans::source(code, function, true)?
    };
    let empty = PyTuple::empty(py);
    let args = own.args.as_ref().map_or(&empty, |args| args.bind(py));
    if own.bytecode {
        return Ok(Written {
            maker: Runtime::Bytecode,
            arguments: args.clone(),
        });
    }
    let arguments = arguments(engine, program, args)?;
    Ok(Written {
        maker: Runtime::Snippet,
        arguments: engine.ext.first_equal(arguments)?,
    })
}
