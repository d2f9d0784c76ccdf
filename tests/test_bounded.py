"""A process that dumps, or loads, one function after another keeps no more than the bounds of the caches."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "benches" / "bounded.py"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux how much memory there is")
@pytest.mark.parametrize("what", ["dumps", "loads"])
def test_does_not_grow(what):
    """With caches of 64 KiB, thousands of functions leave less behind than they would without a bound: 2 KiB each."""
    number = 6000
    environment = dict(os.environ, CODEPICKLE_CACHE_BYTES=str(1 << 16))
    output = subprocess.check_output([sys.executable, str(SCRIPT), what, str(number)], env=environment)
    lines = [line.split() for line in output.decode().splitlines()]
    memory = {int(done): float(size) for _, done, size, _ in lines}
    grown = memory[number] - memory[number // 4]
    assert grown < number * 3 // 4 * 2048 / 2**20 / 2, memory
