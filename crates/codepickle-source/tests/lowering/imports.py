import a
lazy import b, c.d as e  # later
if a:
    lazy from f import g, h as i
    lazy   from . import (
        j
    )
lazy = import_ = 1
lazy: int
