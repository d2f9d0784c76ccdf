"""The examples in the documentation run, and the documentation agrees with the code."""

import doctest
import os
import re

import codepickle
import pytest

CHECKOUT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGES = ["README.md"]
PAGES += sorted(
    os.path.relpath(os.path.join(folder, name), CHECKOUT).replace(os.sep, "/")
    for folder, _, names in os.walk(os.path.join(CHECKOUT, "docs"))
    for name in names
)


def read(name):
    with open(os.path.join(CHECKOUT, name), encoding="utf-8") as file:
        return file.read()


@pytest.mark.parametrize("page", [page for page in PAGES if page.endswith(".md")])
def test_examples_run(page):
    # In one namespace per page, as a reader would type them one after the other.
    failed, _ = doctest.testfile(os.path.join(CHECKOUT, page), module_relative=False, encoding="utf-8")
    assert not failed


def test_readme_has_examples():
    assert read("README.md").count(">>> ") > 15


def test_version_is_one():
    assert re.search(r'^version = "%s"$' % re.escape(codepickle.__version__), read("Cargo.toml"), re.MULTILINE)
    # Nowhere else, so that a release changes one line.
    for name in ("pyproject.toml", "CITATION.cff", "python/codepickle/__init__.py"):
        assert codepickle.__version__ not in re.sub(r"(?m)^cff-version: .*$", "", read(name)), name


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"])
def test_links_between_pages_lead_somewhere(page):
    folder = os.path.dirname(os.path.join(CHECKOUT, page))
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", read(page)):
        if "://" not in target:
            assert os.path.exists(os.path.join(folder, target)), target


def test_readme_names_the_whole_interface():
    text = read("README.md") + read("CHANGELOG.md")
    unnamed = [name for name in codepickle.__all__ if name not in text]
    assert not unnamed


def test_reference_has_the_whole_interface():
    text = read("docs/api.md")
    entry = r"(?:^::: codepickle\.\w+\.|`)%s(?:`|$)"
    missing = [name for name in codepickle.__all__ if not re.search(entry % name, text, re.MULTILINE)]
    assert not missing
