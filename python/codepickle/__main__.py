"""The command line: ``codepickle``, or ``python -m codepickle``."""

import sys

from ._cli import main

if __name__ == "__main__":
    sys.exit(main())
