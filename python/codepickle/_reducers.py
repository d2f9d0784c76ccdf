from typing import Any, Callable, Dict

dispatch: Dict[type, Callable[..., Any]] = {}
