"""Fixtures for all tests."""

import helpers
import pytest


@pytest.fixture
def make_module(tmp_path, monkeypatch):
    """`make_module(name, text)`: an importable module whose contents travel by value."""
    yield lambda name, text: helpers.module_from(tmp_path, monkeypatch, name, text)
    helpers.forget_registered()
