//! What a self-contained payload brings along: the runtime at its head, executed before anything refers to it, and what
//! lowered text calls.

use crate::names::intern;
use pyo3::prelude::*;

use crate::engine::{Engine, GlobalName, Op};
use crate::program::Program;

static EXEC: GlobalName = GlobalName::new("builtins", "exec");

/// The wire format that the payload needs.
const WIRE_VERSION: i64 = 1;

/// Writes the head and leaves nothing on the unpickler's stack.
pub(crate) fn head(engine: &mut Engine<'_>) -> PyResult<()> {
    let py = engine.py;
    let head = py
        .import(intern!(py, "codepickle._self_contained"))?
        .call_method0(intern!(py, "head"))?;
    let (bootstrap, runtime) = (head.get_item(0)?, head.get_item(1)?);
    let mut program = Program::new(engine);
    program.global(&EXEC);
    program.tuple(2, |program| {
        program.save(bootstrap);
        program.op(Op::EmptyDict);
        program.set_items(["z", "wire"], |program, name| {
            program.str(name);
            if name == "z" {
                program.save(runtime.clone());
            } else {
                program.int(WIRE_VERSION);
            }
        });
    });
    program.op(Op::Reduce);
    program.op(Op::Pop);
    program.run(engine);
    Ok(())
}

/// Writes what lowered text calls, before the first that does, and leaves nothing on the unpickler's stack.
pub(crate) fn lowered<'py>(engine: &mut Engine<'py>, program: &mut Program<'py>) -> PyResult<()> {
    if std::mem::replace(&mut engine.ext.lowered, true) {
        return Ok(());
    }
    let py = engine.py;
    let part = py
        .import(intern!(py, "codepickle._self_contained"))?
        .call_method0(intern!(py, "lowered"))?;
    let (bootstrap, source) = (part.get_item(0)?, part.get_item(1)?);
    program.global(&EXEC);
    program.tuple(2, |program| {
        program.save(bootstrap);
        program.op(Op::EmptyDict);
        program.set_items(["z"], |program, name| {
            program.str(name);
            program.save(source.clone());
        });
    });
    program.op(Op::Reduce);
    program.op(Op::Pop);
    Ok(())
}
