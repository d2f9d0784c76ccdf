"""The native module; private."""

from types import CodeType, FunctionType
from typing import IO, Any, Callable, Optional, Sequence, Union

__version__: str

class Snippet:
    text: str
    header: str
    trailer: str
    line: int
    column: int
    decorators: int
    name: str
    qualname: str
    kind: str
    globals: list[tuple[str, tuple[str, ...]]]
    free_chains: list[tuple[str, tuple[str, ...]]]
    unread: tuple[str, ...]
    named_cells: bool
    relative_import: bool
    imports: list[str]
    doc: Optional[str]
    def facts(self, module: Union[SourceFile, Excerpts, None]) -> str: ...

class SourceFile:
    futures: tuple[str, ...]
    module_imports: Sequence[str]
    module_uses_super: bool
    def __new__(cls, text: str) -> SourceFile: ...
    def functions(self, line: int, name: str) -> list[int]: ...
    def enclosing_class(self, id: int) -> Optional[int]: ...
    def classes(self, qualname: str) -> list[int]: ...
    def class_info(self, id: int) -> tuple[str, int, str]: ...
    def methods(self, class_id: int) -> list[tuple[str, int, int]]: ...
    def snippet(self, id: int, freevars: Sequence[str]) -> Snippet: ...

class Excerpts:
    def around(self, line: int, name: str) -> Optional[SourceFile]: ...

class Functions:
    def __init__(
        self,
        all: Callable[..., Any],
        codes: dict[Any, CodeType],
        methods: dict[int, Any],
        helped: dict[int, Any],
    ) -> None: ...
    def __call__(self, *args: Any, **options: Any) -> Any: ...

def excerpts(filename: str) -> Optional[Excerpts]: ...
def kept_text(filename: str) -> Optional[str]: ...
def forget(filename: str) -> None: ...
def kept_files() -> tuple[int, int]: ...
def excerpt_plan(code: CodeType, function: Optional[FunctionType] = None) -> Optional[tuple[Any, ...]]: ...
def snippet_arguments(file: SourceFile, snippet: Snippet, shift: int, path: str, futures: str) -> tuple[Any, ...]: ...
def source_path(filename: str, module: Any = None) -> str: ...
def difference(live: CodeType, compiled: CodeType, positions: bool = True, columns: bool = True) -> Optional[str]: ...
def compile_text(text: str, filename: str, annotations: bool) -> Optional[CodeType]: ...

class Pickler:
    fast: bool
    bin: int
    memo: Any
    def __init__(
        self,
        file: IO[bytes],
        protocol: Optional[int] = None,
        fix_imports: bool = True,
        buffer_callback: Optional[Callable[[Any], object]] = None,
        *,
        by_source: Optional[bool] = None,
        pickle_by_reference: Optional[Callable[[Any], bool]] = None,
        self_contained: bool = False,
        min_python: Optional[tuple[int, int]] = None,
    ) -> None: ...
    def dump(self, obj: object) -> None: ...
    def clear_memo(self) -> None: ...
    def reducer_override(self, obj: object) -> Any: ...

def dumps(
    obj: object,
    protocol: Optional[int] = None,
    buffer_callback: Optional[Callable[[Any], object]] = None,
    *,
    by_source: Optional[bool] = None,
    pickle_by_reference: Optional[Callable[[Any], bool]] = None,
    self_contained: bool = False,
    min_python: Optional[tuple[int, int]] = None,
    key: Any = None,
) -> bytes: ...
def content(
    obj: object, by_source: Optional[bool] = None, pickle_by_reference: Optional[Callable[[Any], bool]] = None
) -> bytes: ...
def dump(
    obj: object,
    file: IO[bytes],
    protocol: Optional[int] = None,
    buffer_callback: Optional[Callable[[Any], object]] = None,
    *,
    by_source: Optional[bool] = None,
    pickle_by_reference: Optional[Callable[[Any], bool]] = None,
    self_contained: bool = False,
    min_python: Optional[tuple[int, int]] = None,
    key: Any = None,
) -> None: ...
def older(
    text: str,
    line: int,
    header: str,
    trailer: str,
    column: int,
    decorators: int,
    has_text_annotations: bool,
    producer: int,
    wanted: int,
) -> Optional[tuple[Any, ...]]: ...
def disguise(text: str, header: str, trailer: str, decorators: int, name: str) -> Optional[str]: ...
def lower_module(text: str, wanted: int) -> tuple[Optional[str], Optional[tuple[str, int, int]]]: ...
def constructs(text: str) -> tuple[list[tuple[str, int, int]], list[tuple[str, int]]]: ...
def read_payload(
    data: bytes,
) -> tuple[
    int,
    list[tuple[str, Optional[str], int]],
    list[tuple[str, list[str], str]],
    list[int],
    list[tuple[str, str, str]],
]: ...
def inspect_payload(data: bytes) -> dict[str, Any]: ...
def load_checked(data: bytes, rules: Sequence[Any], buffers: Optional[Any]) -> Any: ...
