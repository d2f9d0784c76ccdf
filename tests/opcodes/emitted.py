"""Which opcodes do the functions of tests/fixtures/cases/opcodes consist of, on the Python that runs this?

    python emitted.py

Prints one JSON object: `known` are the names of `dis.opmap`, and OPCODE:OPERATION for those whose argument is the number of
an operation; `emitted` are those found, each with a case where it is. Only what travels and has run counts: functions that a
case defines (its `payload` and `check` are the test's own, and what a module itself consists of never leaves it), and in them
the instructions of lines that `check(payload())` reached. Nothing is specialised or instrumented here.
"""

import dis
import inspect
import json
import opcode
import os
import sys
import types
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "matrix"))
import cases

TABLES = {
    "BINARY_OP": ("_nb_ops", lambda entry: entry[0]),  # 3.11
    "CALL_INTRINSIC_1": ("_intrinsic_1_descs", str),  # 3.12
    "CALL_INTRINSIC_2": ("_intrinsic_2_descs", str),
    "LOAD_COMMON_CONSTANT": ("_common_constants", lambda entry: getattr(entry, "__name__", repr(entry))),  # 3.14
    "LOAD_SPECIAL": ("_special_method_names", str),
}


def operations():
    """{opcode: the operations that its argument is the number of}"""
    return {
        name: [show(entry) for entry in getattr(opcode, table)]
        for name, (table, show) in TABLES.items()
        if hasattr(opcode, table) and name in dis.opmap
    }


def comparison(text):
    """How an operator of COMPARE_OP is named here: `bool(<)` (3.13) is `<` in a condition."""
    return "COMPARE_OP:" + (text[5:-1] if text.startswith("bool(") else text).replace(" ", "_")


def known():
    found = set(dis.opmap)
    found.update("%s:%s" % (name, one) for name, table in operations().items() for one in table)
    found.update(comparison(text) for text in dis.cmp_op)
    return found


def travelling(code):
    """The code objects of the functions that a module defines, and what is inside them."""
    for inner in code.co_consts:
        if not isinstance(inner, types.CodeType):
            continue
        name = inner.co_name
        # Class bodies, annotations and the scopes of type parameters are evaluated by the sender.
        is_function = inner.co_flags & inspect.CO_OPTIMIZED and name != "__annotate__"
        if not is_function or (name.startswith("<") and name != "<lambda>"):
            yield from travelling(inner)
        elif name not in ("payload", "check"):
            yield from with_inner(inner)


def with_inner(code):
    yield code
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from with_inner(inner)


def instructions(code):
    """(instruction, its line or None), unspecialised."""
    line = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        if hasattr(instruction, "positions"):  # 3.11
            line = instruction.positions.lineno
        elif instruction.starts_line:
            line = instruction.starts_line
        yield instruction, line


def names(instruction, tables):
    yield instruction.opname
    if instruction.opname in tables:
        yield "%s:%s" % (instruction.opname, tables[instruction.opname][instruction.arg])
    elif instruction.opname == "COMPARE_OP":
        yield comparison(instruction.argrepr)


def run(code, name):
    """Execute a case and its check; return {(code object, line)} of what ran."""
    module = types.ModuleType(name)
    sys.modules[name] = module  # dataclasses look there
    exec(code, vars(module))
    reached = set()

    def trace(frame, event, arg):
        reached.add((id(frame.f_code), frame.f_lineno))
        reached.add((id(frame.f_code), None))
        return trace

    sys.settrace(trace)
    try:
        module.check(module.payload())
    finally:
        sys.settrace(None)
    return reached


def main():
    warnings.simplefilter("ignore")  # They are the matrix's business.
    tables = operations()
    emitted = {}
    for case in cases.find(os.path.join(cases.CASES, "opcodes")):
        if sys.version_info[:2] < case.min:
            continue
        with open(case.path, "rb") as file:
            code = compile(file.read(), case.path, "exec", dont_inherit=True)
        reached = run(code, "ck_opcodes_" + case.name)
        for inner in travelling(code):
            for instruction, line in instructions(inner):
                if (id(inner), line) in reached:
                    for name in names(instruction, tables):
                        emitted.setdefault(name, case.name)
    print(json.dumps({"known": sorted(known()), "emitted": emitted}))


if __name__ == "__main__":
    main()
