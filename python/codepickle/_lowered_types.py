"""What lowered text calls for type parameters and `type` statements (PEP 695, PEP 696).

Beside `_lowered`, so that other lowered text imports no `typing`. Standard library only, in the syntax of 3.7.

From 3.12 on the objects are those of `typing`, but 3.12 has no `__default__`. Before, they are of classes here, which
`typing` takes for its own: bounds, defaults and values of aliases are evaluated when they are first asked for, the
variance is left to type checkers, and the module is `typing`. `typing` itself stays as old as it is: a generic class
takes as many arguments as it has parameters, defaults or not (before 3.13), and one for a TypeVarTuple (before 3.11).
"""

import sys
import types
import typing

from ._lowered import let

_IS_NATIVE = sys.version_info >= (3, 12)
_missing = object()


class _Lazy:
    """A value that a function makes when it is first asked for."""

    __slots__ = ("function", "value")

    def __init__(self, function):
        self.function = function
        self.value = _missing

    def __call__(self):
        if self.value is _missing:
            self.value = self.function()
        return self.value


class _Maker:
    """What a type parameter is made of, and the variable for it."""

    def __init__(self, variable, stars, name, **values):
        self.variable = variable
        self.stars = stars
        self.name = name
        self.values = {key: _Lazy(value) for key, value in values.items() if value is not None}

    def text(self, space, number=0):
        """The parameter as 3.12 writes it; `space` takes what the text mentions."""
        text = self.stars + self.name
        for key, form in (("bound", ": %s()"), ("constraints", ": (*%s(),)"), ("default", " = %s()")):
            if key in self.values and (key != "default" or sys.version_info >= (3, 13)):
                text += form % (key + str(number))
                space[key + str(number)] = self.values[key]
        return text

    def make(self):
        if _IS_NATIVE:
            space = {"__name__": self.variable.__module__}
            exec("def made[%s](): 0" % self.text(space), space)
            made = space["made"].__type_params__[0]
            if not hasattr(made, "has_default"):  # 3.12
                has_default = "default" in self.values
                made.has_default = lambda: has_default
        else:
            made = _KINDS[self.stars](self.name, self.values)
        _makers[made] = self
        return let(self.variable, made)


#: Those of parameters whose definition is not complete yet.
_makers = {}


def typevar(variable, name, **values):
    """Make a TypeVar and assign it to the variable that ``lambda: variable`` reads."""
    return _Maker(variable, "", name, **values).make()


def typevartuple(variable, name, **values):
    return _Maker(variable, "*", name, **values).make()


def paramspec(variable, name, **values):
    return _Maker(variable, "**", name, **values).make()


class names:
    """Looks names up as an expression does that is evaluated on demand in the class body that calls.

    `cls` is ``lambda: __class__``: when the class exists, its attributes count.
    """

    def __init__(self, cls):
        frame = sys._getframe(1)
        self.cls = cls
        self.body = frame.f_locals
        self.spaces = (frame.f_globals, frame.f_builtins)

    def __call__(self, name, otherwise=None):
        try:
            body = vars(self.cls())
        except NameError:
            body = self.body
        try:
            return body[name]
        except KeyError:
            return self.glob(name) if otherwise is None else otherwise()

    def glob(self, name):
        for space in self.spaces:
            if name in space:
                return space[name]
        raise NameError("name %r is not defined" % name)


def _cell(value):
    return (lambda: value).__closure__[0]


def _with_own_cells(function, params):
    """The function; another one, with cells of its own for the parameters, if it sees any of them."""
    cells = []
    is_changed = False
    for cell in function.__closure__ or ():
        try:
            value = cell.cell_contents
        except ValueError:
            value = None
        if any(value is param for param in params):
            cell = _cell(value)
            is_changed = True
        cells.append(cell)
    if not is_changed:
        return function
    made = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, tuple(cells)
    )
    for name in ("__kwdefaults__", "__qualname__", "__doc__", "__module__"):
        setattr(made, name, getattr(function, name))
    made.__dict__.update(function.__dict__)
    lazy = "__annotate__" if hasattr(function, "__annotate__") else "__annotations__"  # 3.14
    setattr(made, lazy, getattr(function, lazy))
    return made


def _complete(params):
    """Give what is evaluated later cells of its own."""
    makers = [_makers.pop(param, None) for param in params]
    for maker in makers:
        for value in maker.values.values() if maker else ():
            value.function = _with_own_cells(value.function, params)
    return makers


def generic(*params):
    """A decorator that gives a function its type parameters."""
    _complete(params)

    def decorate(function):
        function = _with_own_cells(function, params)
        function.__type_params__ = params
        return function

    return decorate


def own(*params):
    """A decorator: cells of the function's own for the type parameters of its class, which a loop makes again."""
    return lambda function: _with_own_cells(function, params)


def bind(*params):
    """No bases: the parameters are made, before the bases are evaluated."""
    _complete(params)
    return ()


def base(*params):
    """The last base of a generic class."""
    _complete(params)
    excluded = getattr(typing, "EXCLUDED_ATTRIBUTES", None)
    if isinstance(excluded, list) and "__type_params__" not in excluded:
        excluded.append("__type_params__")  # up to 3.11, Protocol takes it for a member
    _at_work.extend(params)
    try:
        return typing.Generic[tuple(item for param in params for item in _unpacked(param))]
    finally:
        del _at_work[:]


def _unpacked(param):
    is_tuple = type(param).__name__ == "TypeVarTuple" and sys.version_info >= (3, 11)
    return tuple(param) if is_tuple else (param,)


class _TypeParams(tuple):
    """The attribute of a generic class; subclasses do not inherit it (before 3.12)."""

    def __get__(self, instance, owner=None):
        if instance is None and vars(owner).get("__type_params__") is not self:
            return ()
        return tuple(self)

    def __reduce__(self):
        return tuple, (list(self),)


def type_params(*params):
    """What a generic class has under ``__type_params__``."""
    return params if _IS_NATIVE else _TypeParams(params)


def alias(name, params, value):
    """What a `type` statement assigns; `value` is a function."""
    makers = _complete(params)
    if not _IS_NATIVE:
        return _alias(name, params, _Lazy(_with_own_cells(value, params)), value.__module__)
    lazy = _Lazy(value)
    space = {"__name__": value.__module__, "value": lazy}
    texts = [maker.text(space, number) for number, maker in enumerate(makers)]
    exec("type %s%s = value()" % (name, "[%s]" % ", ".join(texts) if texts else ""), space)
    made = space[name]
    params = made.__type_params__
    for maker, param in zip(makers, params):
        let(maker.variable, param)
    for inner in [lazy] + [inner for maker in makers for inner in maker.values.values()]:
        inner.function = _with_own_cells(inner.function, params)
    return made


# --- before 3.12 ---


class _NoDefault:
    """That of `typing`, which has it from 3.13 on."""

    def __repr__(self):
        return "typing.NoDefault"


NoDefault = getattr(typing, "NoDefault", None) or _NoDefault()
#: The parameters of a class that is being made, while `typing` looks at them.
_at_work = []


def _known(name):
    """What code finds under the name: that of typing_extensions comes before ours, where somebody imported it.

    It lets `typing` look at defaults.
    """
    return getattr(sys.modules.get("typing_extensions"), name, None) or globals()[name]


def parameter(kind, name, constraints=(), **values):
    """A TypeVar, ParamSpec or TypeVarTuple as lowered code has it, of values that are known."""
    if constraints:
        values["constraints"] = constraints
    variance = {key: values.pop(key) for key in ("covariant", "contravariant", "infer_variance") if key in values}
    stars = {"TypeVar": "", "TypeVarTuple": "*", "ParamSpec": "**"}[kind]
    made = _KINDS[stars](name, {key: (lambda value=value: value) for key, value in values.items()})
    if kind != "TypeVarTuple":
        for key in ("covariant", "contravariant", "infer_variance"):
            setattr(made, "__%s__" % key, variance.get(key, False))
    return made


class _Parameter:
    """What the kinds of type parameters have in common."""

    def __init__(self, name, values=()):
        self.__name__ = name
        self._values = values

    def __repr__(self):
        return self.__name__

    def __reduce__(self):
        return self.__name__

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __or__(self, other):
        return typing.Union[self, other]

    def __ror__(self, other):
        return typing.Union[other, self]

    def has_default(self):
        return "default" in self._values

    @property
    def __default__(self):
        if "default" not in self._values or any(param is self for param in _at_work):
            return _known("NoDefault")
        return self._values["default"]()


class _Variance(_Parameter):
    def __init__(self, name, values=()):
        _Parameter.__init__(self, name, values)
        self.__covariant__ = self.__contravariant__ = False
        self.__infer_variance__ = True

    def __repr__(self):
        if self.__infer_variance__:
            return self.__name__
        return ("+" if self.__covariant__ else "-" if self.__contravariant__ else "~") + self.__name__

    @property
    def __bound__(self):
        return self._values["bound"]() if "bound" in self._values else None


class _ParamSpecPart:
    def __init__(self, origin, name):
        self.__origin__ = origin
        self._name = name

    def __repr__(self):
        return "%s.%s" % (self.__origin__, self._name)

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash((self.__origin__, self._name))


class _Placeholder:
    """What `typing` takes for a TypeVar where it knows of nothing else."""

    __class__ = typing.TypeVar
    __hash__ = object.__hash__

    def __eq__(self, other):
        return self is other

    def __call__(self):
        raise TypeError("%s is not callable" % self)


def _shim(name, *bases, **names):
    """A class that typing, written in Python or in C, knows by its name and module."""
    options = {} if _Placeholder in bases or "alias" in names else {"_root": True}
    return types.new_class(name, bases, options, lambda body: body.update(names, __module__="typing"))


def _constraints(self):
    return self._values["constraints"]() if "constraints" in self._values else ()


if not _IS_NATIVE:
    TypeVar = _shim("TypeVar", _Variance, typing.TypeVar, __constraints__=property(_constraints))
    if hasattr(typing, "ParamSpec"):  # 3.10
        ParamSpec = _shim("ParamSpec", _Variance, typing.ParamSpec)
    else:
        ParamSpec = _shim(
            "ParamSpec",
            _Placeholder,
            _Variance,
            list,  # for Callable
            __iter__=lambda self: iter((self,)),
            __bool__=lambda self: True,
            args=property(lambda self: _ParamSpecPart(self, "args")),
            kwargs=property(lambda self: _ParamSpecPart(self, "kwargs")),
        )
    if hasattr(typing, "TypeVarTuple"):  # 3.11
        TypeVarTuple = _shim("TypeVarTuple", _Parameter, typing.TypeVarTuple)
    else:
        _Unpacked = _shim("Unpack", _Placeholder, _Parameter, __repr__=lambda self: "*" + self.__name__)
        TypeVarTuple = _shim(
            "TypeVarTuple",
            _Placeholder,
            _Parameter,
            __iter__=lambda self: iter((vars(self).setdefault("_star", _Unpacked(self.__name__, {})),)),
        )
    _KINDS = {"": TypeVar, "*": TypeVarTuple, "**": ParamSpec}


class TypeAliasType:
    """That of `typing`, which has it from 3.12 on."""

    __slots__ = ("_module", "_name", "_params", "_value")

    def __init__(self, name, value, *, type_params=()):
        if not isinstance(type_params, tuple):
            raise TypeError("type_params must be a tuple")
        module = sys._getframe(1).f_globals.get("__name__")
        for slot, content in zip(self.__slots__, (module, name, type_params, lambda: value)):
            object.__setattr__(self, slot, content)

    def __init_subclass__(cls, **options):
        raise TypeError("type 'typing.TypeAliasType' is not an acceptable base type")

    def __setattr__(self, name, value):
        raise AttributeError("attribute %r of 'typing.TypeAliasType' objects is not writable" % name)

    def __delattr__(self, name):
        raise AttributeError("attribute %r of 'typing.TypeAliasType' objects is not writable" % name)

    @property
    def __class__(self):
        return _known("TypeAliasType")  # for isinstance()

    @property
    def __name__(self):
        return self._name

    @property
    def __type_params__(self):
        return self._params

    @property
    def __parameters__(self):
        starred = (tuple(param) if type(param).__name__ == "TypeVarTuple" else (param,) for param in self._params)
        return tuple(item for items in starred for item in items)

    @property
    def __value__(self):
        return self._value()

    def __getattribute__(self, name):
        # A property would hide the module of the class.
        return object.__getattribute__(self, "_module" if name == "__module__" else name)

    def __repr__(self):
        return self._name

    def __reduce__(self):
        return self._name

    def __or__(self, other):
        return typing.Union[self, other]

    def __ror__(self, other):
        return typing.Union[other, self]

    def __getitem__(self, arguments):
        if not self._params:
            raise TypeError("Only generic type aliases are subscriptable")
        if not isinstance(arguments, tuple):
            arguments = (arguments,)
        make = getattr(types, "GenericAlias", None) or typing._GenericAlias  # 3.9
        return make(self, arguments)

    if sys.version_info < (3, 11):

        def __call__(self):
            """Up to 3.10 only what can be called is a type to `typing`."""
            raise TypeError("'typing.TypeAliasType' object is not callable")


TypeAliasType.__module__ = "typing"


def _alias(name, params, value, module):
    """The one whose value a function makes."""
    made = TypeAliasType(name, None, type_params=params)
    object.__setattr__(made, "_module", module)
    object.__setattr__(made, "_value", value)
    return made
