"""Where cloudpickle 2 keeps the pickle module that it uses."""

import pickle  # noqa: F401
from pickle import Pickler  # noqa: F401
