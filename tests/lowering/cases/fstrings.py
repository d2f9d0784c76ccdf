"""f-strings."""


class F:
    def __format__(self, spec): return log("<%s>" % spec)
    def __repr__(self): return log("F()")


def debug(x, d):
    return f"{x=} {x = !s} {x=:>4} {x+1=} {{}} {d["k"]=} {d['k']   =!r:>5}", f'''{
        x=}''', f"{ {1: 2}[1] =}"


call(debug, 1, {"k": "v"})


def nested(d, x):
    return (f"{d["k"]}", f'{d['k']!r:>{d['w']}}', f"{"\n".join(["a", "b"])}\\ \x41 {{}} \N{BULLET}", f"{
        x  # comment
    } {x:{"0"}>{4}}", f"{f"{f"{f"{f"{x}"}"}"}"}", rf"\d{d["k"]}\n", "a{}" f"{d["k"]}" 'b', f"""{d["k"]} "quoted" '''{x}''' {"""t"""}
 line""", F"{'#'}{d["k"]}'\"")


call(nested, {"k": "v", "w": 6}, 3)


def order():
    return f"{log(1)}{F():{log("spec")}}{F()!r}{log(2)}{"'\n"}{"\""}"


call(order)


def values(x):
    return f"{3!s  }", f"{x!r :>4}", f"{(y := x)} {y}", f"{x!s:{x}}{"\t"}", f"{lambda_(1) if x else "\\"}", f"{1, 2}{"'"'"'}"


lambda_ = lambda v: v
call(values, 3)
call(values, 1)


def comments(x):
    return f"{x + 1  # comment
    }", f"""{x  # "comment"
    !r:>3}""", f"{3:>{(w := 4)}}{w=}"


call(comments, 1)


def shown(x):
    items = type("Items", (), {"__getitem__": lambda self, item: item})()
    return f"{items[*x]=}", f'{items[f"{x!r}", (y := 1)]=}', f"{f'{x!r:>{9}}'=}"


call(shown, [1])
