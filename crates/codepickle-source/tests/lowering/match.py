def f(command):
    match command.split():
        case ["go", ("north" | "south") as direction]:
            return direction  # unchanged
        case [x, *rest] if x:
            return x, rest
        case {"key": [a, _], **others} | {"other": a, **others}:
            if a:
                return others
        case Point(0, y=y):
            """Not
    re-indented."""
        case (
            Color.RED
            | None
        ):
            pass
        case _:
            match x, y:
                case 1, 2: return 1


def watched(x):
    match x:
        case [a]: pass
    return locals()


class C:
    match 1:
        case int(x): y = x
