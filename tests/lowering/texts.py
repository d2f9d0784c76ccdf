"""Reads a library, or compiles texts: the part of `library.py` that runs in the Python it is about.

    python texts.py OUT read FOLDER...    every file that this Python compiles
    python texts.py OUT files PATTERN...  files of the standard library
    python texts.py OUT compile TEXTS     whether this Python compiles them

A list of texts is a JSON file: [name, text], ... Without a folder, the standard library is read. Syntax of 3.7.
"""

import ast
import glob
import json
import os
import sys
import tokenize
import warnings


def read(out, *folders):
    found = []
    for folder in folders or [os.path.dirname(os.__file__)]:
        for parent, children, files in os.walk(folder):
            children.sort()
            if not folders and "site-packages" in children:
                children.remove("site-packages")
            for name in sorted(files):
                path = os.path.join(parent, name)
                text = source(path) if name.endswith(".py") else None
                if text is not None:
                    found.append([os.path.relpath(path, folder).replace(os.sep, "/"), text])
    write(out, found)


def files(out, *patterns):
    folder = os.path.dirname(os.__file__)
    found = []
    for pattern in patterns:
        for path in sorted(glob.glob(os.path.join(folder, pattern))):
            found.append([os.path.relpath(path, folder).replace(os.sep, "/"), source(path)])
    write(out, [[name, text] for name, text in found if text is not None])


def source(path):
    try:
        with open(path, "rb") as file:
            encoding, _ = tokenize.detect_encoding(file.readline)
        with open(path, encoding=encoding, newline="") as file:
            text = file.read()
        compile(text, path, "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # Tests have files that nothing compiles.
    return text


def check(out, texts):
    """For each text: None, or the error; and whether it holds what versions after 3.7 take for something else."""
    answers = []
    with open(texts, encoding="utf-8") as file:
        for name, text in json.load(file):
            try:
                compile(text, name, "exec", dont_inherit=True)
                answers.append([None, is_ambiguous(ast.parse(text))])
            except Exception as error:
                answers.append(["%s: %s" % (type(error).__name__, error), False])
    write(out, answers)


def is_ambiguous(tree):
    """A dict comprehension evaluates in another order, `with (a, b):` was a tuple."""
    for node in ast.walk(tree):
        if isinstance(node, ast.DictComp):
            return True
        if isinstance(node, (ast.With, ast.AsyncWith)) and isinstance(node.items[0].context_expr, ast.Tuple):
            return True
    return False


def write(path, data):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(data, file)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    {"read": read, "files": files, "compile": check}[sys.argv[2]](sys.argv[1], *sys.argv[3:])
