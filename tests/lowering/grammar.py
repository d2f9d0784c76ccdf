"""Makes programs at random: in new syntax, and with calls that note the order of what happens."""

import random
from typing import NamedTuple, Set

from grammar_types import Scope, Types, features

NAMES = ["a", "b", "c", "d", "e", "match", "case", "_p"]
VALUES = """
None True 0 1 -1 7 2.5 1j '' 'k' 'text' b'b' [] [1] [1,2] (1,) (1,'k') [1,[2,3]] [[1],2,3] (0,1,2,3) {} {'k':1} {'k':[1,2],'l':0} {1:2,'k':{'k':3}}
Seq() Seq(1) Seq(1,2) Seq(1,Seq(2,'k')) Map({}) Map({'k':1}) Map({'k':[1],'l':Pt(1,2)}) Pt(1,2) Pt(Pt(0,'k'),[1]) [Pt(1,1),{'k':1}] range(3) {1}
"""
SUBJECTS = VALUES.split()
SOURCE_OF_ERRORS = ["1/0", "[][1]", "{}['k']", "int('x')", "None.a"]


class Program(NamedTuple):
    """A text, and what the receiver has to have: `groups`, `defaults`."""

    text: str
    needs: Set[str]


class Maker(Types):
    def __init__(self, seed, version):
        self.random = random.Random(seed)
        self.features = features(version)
        self.needs = set()
        self.lines = []
        self.count = 0

    # Small helpers.

    def one(self, *choices):
        return self.random.choice(choices)

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def fresh(self, prefix):
        self.count += 1
        return "%s%d" % (prefix, self.count)

    def several(self, make, low, high):
        return [make() for _ in range(self.random.randint(low, high))]

    # Expressions.

    def name(self, scope):
        names = sorted(scope.bound)
        if names and self.chance(97):
            return self.random.choice(names)
        return self.one("a", "b", "c")

    def atom(self, scope):
        if scope.in_class and scope.kind != "class" and self.chance(8):
            return "__class__.__name__[0]"
        return self.one(
            lambda: self.name(scope),
            lambda: self.name(scope),
            lambda: str(self.random.randrange(5)),
            lambda: self.one("'k'", '"t"', '"it\'s"', "'\\n'", "None", "True", "1.5", "b'x'", "K.a"),
        )()

    def expr(self, scope, depth):
        if depth <= 0:
            return self.atom(scope)
        inner = depth - 1
        makers = [
            lambda: self.atom(scope),
            lambda: "log(%s)" % self.expr(scope, inner),
            lambda: "log(%s)" % self.expr(scope, inner),
            lambda: "(%s)" % self.expr(scope, inner),
            lambda: "[%s]" % ", ".join(self.several(lambda: self.item(scope, inner), 0, 3)),
            lambda: "(%s,)" % ", ".join(self.several(lambda: self.item(scope, inner), 1, 3)),
            lambda: (
                "{%s}" % ", ".join("%r: %s" % (i, self.expr(scope, inner)) for i in range(self.random.randrange(3)))
            ),
            lambda: (
                "%s %s %s" % (self.operand(scope, inner), self.one("==", "and", "or", "!="), self.operand(scope, inner))
            ),
            lambda: "%s is %s" % (self.operand(scope, inner), self.one("None", "K.c")),
            lambda: "%s if %s else %s" % tuple(self.operand(scope, inner) for _ in range(3)),
            lambda: "not %s" % self.operand(scope, inner),
            lambda: self.f_string(scope, inner),
            lambda: self.f_string(scope, inner),
            lambda: self.comprehension(scope, inner),
            lambda: self.function(scope, inner),
            lambda: "I[%s]" % self.index(scope, inner),
        ]
        if scope.may_walrus:
            makers += [lambda: self.walrus(scope, inner)] * 3
        if scope.kind == "async":
            makers += [lambda: "(await get(%s))" % self.expr(scope, inner)] * 2
        if scope.kind == "generator":
            makers.append(lambda: "(yield %s)" % self.expr(scope, inner))
        return self.random.choice(makers)()

    def operand(self, scope, depth):
        return "(%s)" % self.expr(scope, depth)

    def item(self, scope, depth):
        if self.chance(15):
            return "*[%s]" % self.expr(scope, depth)
        return self.expr(scope, depth)

    def walrus(self, scope, depth):
        value = self.expr(scope, depth)
        name = self.one(*NAMES)
        if name in scope.iterated:
            return value
        scope.bound.add(name)
        return "(%s := %s)" % (name, value)

    def index(self, scope, depth):
        items = self.several(lambda: self.item(scope, depth), 1, 3)
        if self.chance(15):
            items.append("%s:%s" % (self.operand(scope, depth), self.one("", "1", "2:3")))
        if scope.may_walrus and self.chance(20) and scope.kind != "class":
            items[0] = self.walrus(scope, depth)[1:-1] if self.chance(50) else items[0]
        return ", ".join(items)

    def function(self, scope, depth):
        """The call of a lambda."""
        inner = Scope("lambda", scope)
        first = self.one("x", "y", "__z")
        inner.bound.add(first)
        more = self.one("", ", q=%s" % self.operand(scope, depth))
        if more:
            inner.bound.add("q")
        slash = self.one("", "", ", /")
        return "(lambda %s%s%s: %s)(%s)" % (first, more, slash, self.operand(inner, depth), self.expr(scope, depth))

    def comprehension(self, scope, depth):
        inner = Scope("lambda" if scope.kind == "lambda" else scope.kind, scope)
        if inner.kind == "generator":
            inner.kind = "function"
        inner.iterated = set(scope.iterated)
        inner.may_walrus = scope.may_walrus and scope.kind != "class"
        clauses = []
        for index in range(self.random.randint(1, 2)):
            outer = Scope(scope.kind if index == 0 else inner.kind, scope if index == 0 else inner)
            outer.may_walrus = False
            outer.iterated = set(inner.iterated)
            if scope.kind == "generator" and index:
                outer.kind = "function"
            iterable = "[%s]" % ", ".join(self.several(lambda outer=outer: self.expr(outer, depth - 1), 0, 3))
            variable = self.one("i", "j", "k")
            is_async = scope.kind == "async" and self.chance(30)
            inner.bound.add(variable)
            inner.iterated.add(variable)
            clause = "for %s in %s" % (variable, iterable)
            if is_async:
                clause = "async for %s in Items(*%s)" % (variable, iterable)
            if self.chance(40):
                clause += " if %s" % self.operand(inner, depth - 1)
            clauses.append(clause)
        before = set(inner.bound)
        element = self.expr(inner, depth - 1)
        kind = self.random.randrange(4)
        if "unpacking" in self.features and self.chance(25) and ":=" not in element:
            kind = self.one(2, 3, 4)
            # CPython asks for the length of what it unpacks, and has another message for what it cannot.
            element = ("**{0: %s}" if kind == 4 else "*[%s]") % element
        if kind == 0:
            text = "{repr(%s): %s %s}" % (element, self.expr(inner, depth - 1), " ".join(clauses))
        elif kind == 1:
            text = "{repr(%s) %s}" % (element, " ".join(clauses))
            text = "sorted(%s)" % text
        elif kind == 4:
            text = "{%s %s}" % (element, " ".join(clauses))
        elif (
            kind == 2
            and not any("async" in clause or "await" in clause for clause in clauses)
            and "await" not in element
        ):
            text = "list(%s %s)" % (element, " ".join(clauses))
        else:
            text = "[%s %s]" % (element, " ".join(clauses))
        for name in inner.bound - before - inner.iterated:
            scope.bound.add(name)
        return text

    def f_string(self, scope, depth):
        quote = self.one("'", '"', "'''", '"""')
        parts = []
        for _ in range(self.random.randint(1, 3)):
            if self.chance(40):
                parts.append(self.one("text", "{{", "}}", " ", "\\n", "\\x41", "%"))
            value = self.expr(scope, depth)
            if value[0] in "{":
                value = " " + value
            if ":=" in value or "lambda" in value:
                value = "(%s)" % value
            conversion = self.one("", "", "!r", "!s", "!a")
            # 3.12 and 3.13 show a line end for the `\\n` in `{"\\n"=}`, and lose what follows `!=`.
            equals = "=" if self.chance(20) and "\\" not in value and "!" not in value else ""
            spec = ""
            if conversion and self.chance(40):
                spec = self.one(":>8", ":{6}", ":{'>'}{5}", ":{log('*')}^9")
            gap = "\n" if self.chance(5) and "\n" not in value and quote not in value else ""
            parts.append("{%s%s%s%s%s}" % (gap, value, equals, conversion, spec))
        return "f%s%s%s" % (quote, "".join(parts), quote)

    # Patterns.

    def pattern(self, names, depth):
        """`names` are those that it may still bind; what it binds is taken out."""
        if depth <= 0 or self.chance(20):
            if names and self.chance(40):
                return names.pop()
            return self.one("_", "0", "1", "-1", "2.5", "'k'", "None", "True", "K.a", "K.b", "K.c", "b'b'", "1 + 1j")
        kind = self.random.randrange(9)
        inner = depth - 1
        if kind in (0, 1):
            items = self.several(lambda: self.pattern(names, inner), 0, 3)
            if self.chance(50):
                star = names.pop() if names and self.chance(60) else "_"
                items.insert(self.random.randint(0, len(items)), "*" + star)
            if self.chance(50) or len(items) < 2:
                return "[%s]" % ", ".join(items)
            return "(%s)" % ", ".join(items)
        if kind in (2, 3):
            keys = self.random.sample(["'k'", "'l'", "1", "K.a", "None"], self.random.randint(0, 2))
            items = ["%s: %s" % (key, self.pattern(names, inner)) for key in keys]
            if names and self.chance(40):
                items.append("**" + names.pop())
            return "{%s}" % ", ".join(items)
        if kind == 4:
            one = self.random.randrange(4)
            if one == 0:
                return "Pt(%s)" % ", ".join(self.several(lambda: self.pattern(names, inner), 0, 2))
            if one == 1:
                return "Pt(%s, y=%s)" % (self.pattern(names, inner), self.pattern(names, inner))
            if one == 2:
                return "Pt(x=%s)" % self.pattern(names, inner)
            return "%s(%s)" % (self.one("int", "str", "list", "dict", "tuple", "Seq"), self.one("", ""))
        if kind == 5:
            return "%s(%s)" % (self.one("int", "str", "float", "bytes", "list"), self.pattern(names, 0))
        if kind == 6:
            return "(%s)" % " | ".join(self.pattern([], inner) for _ in range(self.random.randint(2, 3)))
        if kind == 7 and names:
            name = names.pop()
            forms = ["[%s]", "[%s, _]", "{'k': %s}", "Pt(%s)", "[_, *%s]", "(int() as %s)", "(str() | None) as %s"]
            chosen = self.random.sample(forms[:-1], 2)
            return "(%s)" % " | ".join(form % name for form in chosen)
        if names:
            name = names.pop()
            return "%s as %s" % (self.wrapped(self.pattern(names, inner)), name)
        return "_"

    @staticmethod
    def wrapped(pattern):
        return "(%s)" % pattern if pattern != "_" and not pattern.isidentifier() else "[_]"

    # Statements.

    def put(self, indent, text):
        for line in text.split("\n"):
            self.lines.append("    " * indent + line if line else line)

    def put_raw(self, indent, text):
        """A line in whose brackets there may be others."""
        self.lines.append("    " * indent + text)

    def block(self, scope, indent, depth, low=1, high=2):
        for _ in range(self.random.randint(low, high)):
            self.statement(scope, indent, depth)

    def statement(self, scope, indent, depth):
        if depth <= 0:
            return self.simple(scope, indent)
        makers = [self.simple] * 2 + [self.match, self.match, self.match]
        inner = [self.if_, self.for_, self.while_, self.with_, self.try_, self.def_]
        if scope.kind != "class":
            inner.append(self.class_)
        inner.append(self.try_star)
        if "params" in self.features:
            inner.append(self.alias)
        maker = self.random.choice(makers + inner)
        if maker == self.simple:
            return self.simple(scope, indent)
        return maker(scope, indent, depth - 1)

    def simple(self, scope, indent):
        name = self.one(*NAMES)
        value = self.expr(scope, self.random.randint(1, 3))
        kind = self.random.randrange(10)
        if kind < 4:
            text = "%s = %s" % (name, value)
            scope.bound.add(name)
        elif kind == 4:
            text = "log(%s)" % value
        elif kind == 5:
            text = "%s, *%s = log([%s, *[%s]])" % ("d", "e", value, self.expr(scope, 2))
            scope.bound |= {"d", "e"}
        elif kind == 6 and scope.kind == "generator":
            text = "yield %s, *[%s]" % (value, self.expr(scope, 2))
        elif kind == 7 and scope.kind not in ("class", "module"):
            star = "" if scope.kind == "generator" else ", *[%s]" % self.expr(scope, 2)
            text = "if log(%s): return %s%s" % (self.operand(scope, 1), self.operand(scope, 2), star)
            if scope.kind == "async_generator":
                text = "pass"
        elif kind == 8 and scope.loops:
            text = "if %s: %s" % (self.operand(scope, 1), self.one("break", "continue"))
        elif kind == 9 and scope.kind not in ("class", "module"):
            text = "if log(%s) == 0: %s" % (self.operand(scope, 0), self.one(*SOURCE_OF_ERRORS))
        else:
            text = "log(%s)" % value
        self.put(indent, text)

    def match(self, scope, indent, depth):
        subject = self.one(self.name(scope), "log(%s)" % self.expr(scope, 2), self.one(*SUBJECTS))
        if self.chance(15):
            subject += ", " + self.item(scope, 1)
        self.put(indent, "match %s:" % subject)
        bound = set(scope.bound)
        for _ in range(self.random.randint(1, 4)):
            names = self.random.sample([name for name in NAMES if name not in scope.iterated], 4)
            known = set(names)
            pattern = self.pattern(names, 3)
            if pattern.isidentifier():
                pattern = "[%s]" % pattern
            scope.bound = bound | (known - set(names))
            guard = " if %s" % self.expr(scope, 2) if self.chance(35) else ""
            if self.chance(10) and ", " in pattern and "'" not in pattern:
                pattern = pattern.replace(", ", ",  # a comment\n" + "    " * (indent + 2), 1)
                guard = ""
                self.lines.append("    " * (indent + 1) + "case (%s):" % pattern)
            else:
                self.put(indent + 1, "case %s%s:" % (pattern, guard))
            self.block(scope, indent + 2, depth, 1, 2)
        scope.bound = bound
        if self.chance(40):
            self.put(indent + 1, self.one("case _:", "case other:"))
            self.block(scope, indent + 2, depth, 1, 2)

    def if_(self, scope, indent, depth):
        self.put(indent, "if %s:" % self.expr(scope, 2))
        bound = set(scope.bound)
        self.block(scope, indent + 1, depth)
        scope.bound = bound
        if self.chance(50):
            self.put(indent, "elif %s:" % self.expr(scope, 2))
            self.block(scope, indent + 1, depth)
            scope.bound = set(bound)

    def for_(self, scope, indent, depth):
        items = ", ".join(self.several(lambda: self.item(scope, 2), 1, 3)) + ","
        name = self.one("b", "c", "d")
        if scope.kind == "async" and self.chance(30):
            self.put(indent, "async for %s in Items(%s):" % (name, items))
        else:
            self.put(indent, "for %s in %s:" % (name, items))
        bound = set(scope.bound)
        scope.bound.add(name)
        scope.loops += 1
        self.block(scope, indent + 1, depth)
        scope.loops -= 1
        scope.bound = bound

    def while_(self, scope, indent, depth):
        counter = self.fresh("n")
        self.put(indent, "%s = 3" % counter)
        self.put(indent, "while (%s := %s - 1) and %s:" % (counter, counter, self.operand(scope, 2)))
        bound = set(scope.bound)
        scope.loops += 1
        self.block(scope, indent + 1, depth)
        scope.loops -= 1
        scope.bound = bound

    def with_(self, scope, indent, depth):
        items = []
        for _ in range(self.random.randint(1, 3)):
            name = self.one("a", "b", "c")
            item = "Manager(%s%s)" % (self.expr(scope, 1), self.one("", "", ", True"))
            if self.chance(60):
                item += " as " + name
                scope.bound.add(name)
            items.append(item)
        word = "async with" if scope.kind == "async" and self.chance(40) else "with"
        if self.chance(30):
            gap = ",\n" + "    " * (indent + 2)
            self.lines.append("    " * indent + "%s (%s%s):" % (word, gap.join(items), self.one("", ",")))
        else:
            self.put(indent, "%s (%s%s):" % (word, ", ".join(items), self.one("", ",")))
        self.block(scope, indent + 1, depth)

    def try_(self, scope, indent, depth):
        bound = set(scope.bound)
        self.put(indent, "try:")
        self.block(scope, indent + 1, depth)
        scope.bound = set(bound)
        is_final = self.chance(50)
        if not is_final or self.chance(50):
            if "except tuple" in self.features and self.chance(40):
                self.put(indent, "except TypeError, ZeroDivisionError:")
                self.put(indent + 1, "log('caught')")
            else:
                self.put(indent, "except %s as error:" % self.one("Exception", "(TypeError, ZeroDivisionError)"))
                self.put(indent + 1, "log(caught(error))")
        if is_final:
            self.put(indent, "finally:")
            loops = scope.loops
            # `return` and `break` there are warned of from 3.14 on.
            kind, scope.kind, scope.loops = scope.kind, "class" if scope.kind != "async" else "async", 0
            self.put(indent + 1, "log(%s)" % self.expr(Scope("lambda", scope), 2))
            scope.kind, scope.loops = kind, loops
            if loops and self.chance(50):
                self.put(indent + 1, "if %s: continue" % self.operand(scope, 1))
        scope.bound = bound

    def try_star(self, scope, indent, depth):
        self.needs.add("groups")
        bound = set(scope.bound)
        self.put(indent, "try:")
        self.block(scope, indent + 1, depth)
        group = "ExceptionGroup('g', [TypeError(1), ValueError(%s)])" % self.expr(scope, 1)
        self.put(indent + 1, self.one("log('no')", "raise " + group, "raise KeyError"))
        # Neither `return` nor `break` may leave a clause.
        kind, scope.kind = scope.kind, "class" if scope.kind != "async" else "async"
        loops, scope.loops = scope.loops, 0
        kinds = ["TypeError", "(KeyError, ValueError)", "log(OSError)", "Exception"]
        if "except tuple" in self.features:
            kinds.append("KeyError, ValueError")
        for caught in self.random.sample(kinds, self.random.randint(1, 3)):
            scope.bound = set(bound)
            if "," in caught and caught[0] != "(":
                self.put(indent, "except* %s:" % caught)
                self.put(indent + 1, "log('caught')")
            else:
                self.put(indent, "except* %s as error:" % caught)
                self.put(indent + 1, "log(caught(error))")
            if kind != "async" and self.chance(30):
                self.simple(scope, indent + 1)
            if self.chance(30):
                self.put(indent + 1, self.one("raise", "raise OSError", "log(%s)" % self.expr(scope, 1)))
        scope.kind, scope.loops = kind, loops
        scope.bound = set(bound)
        if self.chance(40):
            self.put(indent, "else:")
            self.block(scope, indent + 1, 0)
        if self.chance(30):
            self.put(indent, "finally:")
            self.put(indent + 1, "log('finally')")
            if scope.loops and self.chance(50):
                self.put(indent + 1, "if %s: continue" % self.operand(scope, 1))
        scope.bound = bound

    def parameters(self, scope, annotated):
        """Text, and names; annotations are evaluated in another scope than defaults."""
        names = self.random.sample(["a", "b", "c", "x", "__y"], 3)
        plain = [name + self.annotation(annotated) for name in names]
        defaults = ["%s=%s" % (name, self.operand(scope, 1)) for name in plain]
        stars = sorted(annotated.stars)
        star = "%s: *%s" % (names[1], stars[0]) if stars and self.chance(60) else plain[1]
        forms = [
            "%s, /" % ", ".join(defaults),
            # CPython evaluates the annotations of positional-only parameters after those of others, which no lowering does.
            "%s=1, /, %s" % (names[0], ", ".join(defaults[1:])),
            "%s, %s, /, *, %s" % (plain[0], defaults[1], defaults[2]),
            "%s, /, **rest" % ", ".join(plain),
            "%s, /, *%s, **%s" % (plain[0], star, plain[2]),
            "%s, *%s" % (defaults[0], star),
            ", ".join(defaults),
        ]
        return self.random.choice(forms), names

    def generic(self, scope):
        """Type parameters, or none, and the scope of what follows them."""
        if "params" in self.features and self.chance(35):
            return self.type_params(scope)
        return "", self.in_annotation(scope)

    def def_(self, scope, indent, depth):
        kind = self.one("function", "function", "generator", "async" if scope.kind == "async" else "function")
        name = self.fresh("f")
        for _ in range(self.random.randrange(2)):
            decorator = self.one("same", "(same)", "[same][0]", "log and same", "(lambda f: same(f))", "(dec := same)")
            if scope.kind == "class" and ":=" in decorator:
                decorator = "same"
            self.put(indent, "@" + decorator)
        params, annotated = self.generic(scope)
        inner = Scope(kind, annotated if scope.kind != "class" else scope.around)
        inner.bound |= annotated.params
        inner.params |= annotated.params
        inner.iterated = set()
        inner.in_class = annotated.in_class
        parameters, names = self.parameters(scope, annotated)
        word = "async def" if kind == "async" else "def"
        returns = self.annotation(annotated).replace(": ", " -> ", 1)
        self.put_raw(indent, "%s %s%s(%s)%s:" % (word, name, params, parameters, returns))
        inner.bound |= set(names)
        if self.chance(20):
            self.put(indent + 1, '"""Text."""')
        if scope.kind in ("function", "async", "generator") and self.chance(40):
            free = [
                found
                for found in sorted(scope.bound)
                if found not in names and found in NAMES[:5] and found not in inner.params
            ]
            if free:
                shared = self.random.choice(free)
                self.put(indent + 1, "nonlocal " + shared)
        self.block(inner, indent + 1, depth)
        if kind == "generator":
            self.put(indent + 1, "yield 1")
        if params:
            self.show_params(scope, indent, name)
        if scope.kind == "class":
            return
        call = "%s(%s)" % (name, ", ".join(self.several(lambda: self.expr(scope, 1), 1, 3)))
        call = {"generator": "log(list(%s))" % call, "async": "log(await %s)" % call}.get(kind, "log(%s)" % call)
        self.put(indent, call)

    def method(self, scope, indent, depth):
        """A method that knows its class; the first parameter is not lost where others are."""
        name = self.fresh("g")
        params, annotated = self.generic(scope)
        inner = Scope("function", scope.around)
        inner.bound |= annotated.params | {"b", "self"}
        inner.params |= annotated.params
        inner.in_class = True
        text = "self%s, b%s" % (self.one("", ", /"), self.annotation(annotated))
        self.put_raw(indent, "def %s%s(%s=%s):" % (name, params, text, self.operand(scope, 1)))
        self.put(indent + 1, "log(super().%s)" % self.one("base(b)", "base(%s)" % self.expr(inner, 1), "missing"))
        self.block(inner, indent + 1, depth)
        self.put(indent + 1, "return %s" % self.expr(inner, 2))
        return name

    def class_(self, scope, indent, depth):
        name = self.fresh("C")
        if self.chance(30):
            self.put(indent, self.one("@same", "@[same][0]"))
        params, annotated = self.generic(scope)
        bases = self.one("", "()", "(Base)", "(Base)", "(log(Base))", "(Base, option=%s)" % self.expr(annotated, 1))
        self.put_raw(indent, "class %s%s%s:" % (name, params, bases))
        inner = Scope("class", None)
        inner.bound = set(annotated.bound)
        inner.params = set(annotated.params)
        inner.around = Scope("function", annotated)
        inner.around.in_class = True
        if self.chance(20):
            self.put(indent + 1, '"""Text."""')
        methods = []
        if "Base" in bases and self.chance(60):
            methods.append(self.method(inner, indent + 1, max(depth - 1, 0)))
        self.block(inner, indent + 1, depth)
        shown = "sorted(name for name in vars(%s) if name[0] != '_' and name[0] != 'f')" % name
        self.put(indent, "log(%s)" % shown)
        if params:
            self.show_params(scope, indent, name)
        for method in methods:
            self.put(indent, "log(%s().%s(%s))" % (name, method, self.one("", self.expr(scope, 1))))

    def global_(self, scope):
        """A definition of the module."""
        self.put(0, "try:")
        self.random.choice([self.def_, self.class_, self.alias if "params" in self.features else self.def_])(
            scope, 1, 1
        )
        self.put(0, "except Exception as error: log(caught(error))")

    def program(self):
        kind = self.one("function", "function", "generator", "async")
        scope = Scope(kind)
        scope.bound = {"a", "b"}
        if self.chance(30):
            top = Scope("module")
            top.bound = {"a"}
            self.put(0, "a = b = c = 0")
            self.simple(top, 0)
            self.global_(top)
        self.put(0, "%s f(a, b%s):" % ("async def" if kind == "async" else "def", self.one("", ", /", "=0, /")))
        self.block(scope, 1, self.random.randint(1, 2), 2, 4)
        self.put(1, "return %s" % self.expr(scope, 2) if kind != "generator" else "yield")
        for subject in self.random.sample(SUBJECTS, 4):
            self.put(0, "call(f, %s, %s)" % (subject, self.one(*SUBJECTS)))
        return "\n".join(self.lines) + "\n"


def program(seed, version):
    """The program of that number, in the syntax of the version."""
    maker = Maker(seed, version)
    return Program(maker.program(), maker.needs)
