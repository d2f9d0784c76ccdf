"""Whether two code objects are the same code; written apart from the package's own comparison, which it checks.

Two facts about a module, which its functions do not show, change what CPython's compiler makes of them:

- 3.11 and later: calling an attribute of a name that the module imports goes without the shortcut for methods;
- 3.12 and later: a module that uses `super` itself gets no shortcut for `super().name` in its methods.

Both versions of the code mean the same, so neither fact travels. `without_module_facts` compiles a whole file as if
neither held: a function that is not identical has to be identical to that.
"""

import ast
import sys
import types

FIELDS = [
    "co_name",
    "co_argcount",
    "co_kwonlyargcount",
    "co_flags",
    "co_firstlineno",
    "co_names",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_code",
    "co_lnotab" if sys.version_info < (3, 10) else "co_linetable",
]
if sys.version_info >= (3, 8):
    FIELDS.append("co_posonlyargcount")
if sys.version_info >= (3, 11):
    FIELDS += ["co_qualname", "co_exceptiontable"]


def difference(one, other):
    """The first field that differs, with both values, or None. Depth is bounded by the nesting of the source."""
    for field in FIELDS:
        a, b = getattr(one, field), getattr(other, field)
        if a != b:
            return "%s of %s: %r, not %r" % (field, one.co_name, b, a)
    if len(one.co_consts) != len(other.co_consts):
        return "co_consts of %s: %d, not %d" % (one.co_name, len(other.co_consts), len(one.co_consts))
    for a, b in zip(one.co_consts, other.co_consts):
        if isinstance(a, types.CodeType) and isinstance(b, types.CodeType):
            nested = difference(a, b)
            if nested:
                return nested
        elif describe(a) != describe(b):
            return "constant of %s: %s, not %s" % (one.co_name, describe(b), describe(a))
    return None


def describe(constant):
    """Type and value, down to the sign of a zero, independent of the order in a set."""
    if isinstance(constant, tuple):
        return "(%s)" % ", ".join(map(describe, constant))
    if isinstance(constant, frozenset):
        return "{%s}" % ", ".join(sorted(map(describe, constant)))
    return "%s %r" % (type(constant).__name__, constant)


class _Neutral(ast.NodeTransformer):
    """Replaces imports at module level by assignments of the same names, and `super` there by another name."""

    def visit_Import(self, node):
        names = [alias.asname or alias.name.split(".")[0] for alias in node.names]
        return self.assignment(node, names)

    def visit_ImportFrom(self, node):
        if node.module == "__future__":
            return node
        return self.assignment(node, [alias.asname or alias.name for alias in node.names if alias.name != "*"])

    def assignment(self, node, names):
        targets = [ast.copy_location(ast.Name(name, ast.Store()), node) for name in names]
        value = ast.copy_location(ast.Constant(None), node)
        if not targets:
            return ast.copy_location(ast.Expr(value), node)
        return ast.copy_location(ast.Assign(targets, value), node)

    def visit_Name(self, node):
        return ast.copy_location(ast.Name("super_", node.ctx), node) if node.id == "super" else node

    # What is inside these is not the module's own scope; what stands at their edges is.

    def visit_FunctionDef(self, node):
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.args.defaults = [self.visit(each) for each in node.args.defaults]
        node.args.kw_defaults = [each and self.visit(each) for each in node.args.kw_defaults]
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.bases = [self.visit(each) for each in node.bases]
        return node

    def visit_Lambda(self, node):
        return node


def without_module_facts(text, filename):
    """All code objects of a file compiled without the two facts, as {key(code): [code, ...]}."""
    tree = ast.fix_missing_locations(_Neutral().visit(ast.parse(text)))
    found = {}
    pending = [compile(tree, filename, "exec", dont_inherit=True)]
    while pending:
        code = pending.pop()
        found.setdefault(key(code), []).append(code)
        pending += [const for const in code.co_consts if isinstance(const, types.CodeType)]
    return found


def key(code):
    return getattr(code, "co_qualname", code.co_name), code.co_firstlineno
