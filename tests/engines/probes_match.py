"""A probe in the syntax of 3.10."""


def describe():
    def describe(command):
        match command:
            case ["go", str(where)]:
                return where
            case {"n": int(n)} if n > 1:
                return n
        return None

    return describe
