"""Makes type parameters and `type` statements at random: the part of `grammar.py` that is about them and what versions have."""


class Scope:
    """What names an expression may use here."""

    def __init__(self, kind, outer=None):
        self.kind = kind
        self.bound = set(outer.bound) if outer else set()
        #: Those of the names that are type parameters, and whether `__class__` is there.
        self.params = set(outer.params) if outer else set()
        self.in_class = outer is not None and outer.in_class
        #: Type parameters that stand for several types.
        self.stars = set()
        #: Iteration variables of the comprehensions around, which no walrus may bind.
        self.iterated = set()
        self.may_walrus = True
        self.loops = 0
        #: Of a class: what the functions in it see.
        self.around = None


def features(version):
    """What this version has, and 3.11 has not."""
    found = {"params"} if version >= (3, 12) else set()
    if version >= (3, 13):
        found.add("defaults")
    if version < (3, 14):
        found.add("annotations")  # from then on they are not evaluated at once
    else:
        found.add("except tuple")
    if version >= (3, 15):
        found.add("unpacking")
    return found


NAMES = ["T", "U", "V", "__W", "a", "match"]


class Types:
    """What `Maker` has for them."""

    def lazily(self, scope, depth=1):
        """What is evaluated on demand: where it stands, nothing is assigned; and it may name what comes later."""
        inner = self.in_annotation(scope)
        inner.bound |= set(self.random.sample(["b", "c", "d", "later"], 2))
        return self.expr(inner, depth)

    def in_annotation(self, scope):
        """The scope of what stands between the type parameters and the body."""
        inner = Scope("lambda", scope)
        inner.may_walrus = False
        inner.iterated = set(scope.iterated)
        inner.in_class = scope.in_class or scope.kind == "class"
        return inner

    def type_params(self, scope, may_be_private=True):
        """Text in brackets, and a scope that has the names."""
        inner = self.in_annotation(scope)
        names = self.random.sample(NAMES if may_be_private else NAMES[:3], self.random.randint(1, 3))
        inner.bound |= set(names)
        inner.params |= set(names)
        stars = [""] * len(names)
        if self.chance(20):
            stars[-1] = self.one("*", "**")
        inner.stars = {name for star, name in zip(stars, names) if star == "*"}
        found = []
        has_default = False
        for star, name in zip(stars, names):
            text = star + name
            if not star and self.chance(45):
                bound = self.lazily(inner)
                if self.chance(30):
                    bound = "(%s, log(%s))" % (bound, self.lazily(inner))
                elif bound.startswith("("):
                    bound = "log(%s)" % bound  # up to 3.13, a tuple of constants is no tuple for the compiler
                text += ": " + self.bracketed(bound)
            if has_default or ("defaults" in self.features and self.chance(20)):
                has_default = True
                self.needs.add("defaults")
                default = self.bracketed(self.lazily(inner))
                text += " = %s%s" % ("*" if star == "*" and self.chance(50) else "", default)
            found.append(text)
        text = ", ".join(found)
        if self.chance(8) and "'" not in text and '"' not in text:
            text = "\n    %s,\n" % text
        return "[%s]" % text, inner

    @staticmethod
    def bracketed(text):
        """A yield or a lambda may stand there, a bare tuple not."""
        return text if text.isidentifier() or text[0] in "([" else "(%s)" % text

    def annotation(self, scope):
        """One for a parameter, or none."""
        if "annotations" not in self.features or self.chance(70):
            return ""
        return ": " + self.bracketed(self.expr(self.in_annotation(scope), 1))

    def alias(self, scope, indent, depth):
        """A `type` statement, and what comes of it."""
        name = self.fresh("A")
        params, inner = "", scope
        if self.chance(60):
            params, inner = self.type_params(scope)
        value = self.lazily(inner, depth + 1)
        self.put_raw(indent, "type %s%s = %s" % (name, params, self.bracketed(value)))
        if self.chance(30):
            self.simple(scope, indent)
        self.put(indent, "log(alias(%s))" % name)
        if "unpacking" not in self.features:
            scope.bound.add(name)  # 3.15 shows its qualified name

    def show_params(self, scope, indent, name):
        """Look at the type parameters of what has been defined, at once or later."""
        if self.chance(30):
            self.simple(scope, indent)
        self.put(indent, "log(params(%s))" % name)
