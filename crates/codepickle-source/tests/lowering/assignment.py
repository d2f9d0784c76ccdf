def f(x):
    """Docstring."""
    while (line := x.read()) and (n := len(line)):
        total = [last := i for i in line]
    return {y := 1}, a[z := 2]


class C:
    (a := 1)

    def m(self):
        global g
        if match := (g := re.match(x)):
            pass


class D:
    global g
    (g := 1)
