"""Names of the standard library that differ between versions; written by tools/names.py.

The keys are what a class or function says of itself in some version from 3.7 to 3.15.
"""

#: module -> the public module that has its objects under the same names
MODULES = {
    "_ast": "ast",
    "_asyncio": "asyncio",
    "_bisect": "bisect",
    "_codecs": "codecs",
    "_contextvars": "contextvars",
    "_csv": "csv",
    "_ctypes": "ctypes",
    "_curses": "curses",
    "_decimal": "decimal",
    "_frozen_importlib": "importlib.machinery",
    "_frozen_importlib_external": "importlib.machinery",
    "_heapq": "heapq",
    "_io": "io",
    "_locale": "locale",
    "_lzma": "lzma",
    "_operator": "operator",
    "_pickle": "pickle",
    "_py_warnings": "warnings",
    "_sha3": "hashlib",
    "_signal": "signal",
    "_socket": "socket",
    "_sqlite3": "sqlite3",
    "_ssl": "ssl",
    "_stat": "stat",
    "_struct": "struct",
    "_thread": "threading",
    "_tracemalloc": "tracemalloc",
    "_weakref": "weakref",
    "asyncio.exceptions": "asyncio",
    "concurrent.futures._base": "concurrent.futures",
    "concurrent.interpreters._queues": "concurrent.interpreters",
    "email._parseaddr": "email.utils",
    "genericpath": "posixpath",
    "importlib.resources._functional": "importlib.resources",
    "importlib.resources._legacy": "importlib.resources",
    "importlib.resources.readers": "importlib.readers",
    "math.integer": "math",
    "numpy.core._multiarray_umath": "numpy",
    "numpy.ma.core": "numpy.ma",
    "pathlib._local": "pathlib",
    "posix": "os",
    "profiling.tracing": "cProfile",
    "xml.sax._exceptions": "xml.sax",
    "zoneinfo._tzpath": "zoneinfo",
}

#: module -> {qualified name: the name to write}
NAMES = {
    "": {
        "backslashreplace_errors": "codecs:backslashreplace_errors",
        "ignore_errors": "codecs:ignore_errors",
        "namereplace_errors": "codecs:namereplace_errors",
        "replace_errors": "codecs:replace_errors",
        "strict_errors": "codecs:strict_errors",
        "xmlcharrefreplace_errors": "codecs:xmlcharrefreplace_errors",
    },
    "<unknown>": {
        "Purpose": "ssl:Purpose",
    },
    "_abc": {
        "get_cache_token": "abc:get_cache_token",
    },
    "_blake2": {
        "blake2b": "hashlib:blake2b",
        "blake2s": "hashlib:blake2s",
    },
    "_bz2": {
        "BZ2Compressor": "bz2:BZ2Compressor",
        "BZ2Decompressor": "bz2:BZ2Decompressor",
    },
    "_codecs": {
        "encode": "_codecs:encode",
    },
    "_ctypes": {
        "dllist": "ctypes.util:dllist",
    },
    "_dbm": {
        "error": "dbm.ndbm:error",
        "open": "dbm.ndbm:open",
    },
    "_elementtree": {
        "SubElement": "xml.etree.ElementTree:SubElement",
    },
    "_frozen_importlib": {
        "module_from_spec": "importlib.util:module_from_spec",
        "spec_from_loader": "importlib.util:spec_from_loader",
    },
    "_frozen_importlib_external": {
        "cache_from_source": "importlib.util:cache_from_source",
        "decode_source": "importlib.util:decode_source",
        "source_from_cache": "importlib.util:source_from_cache",
        "spec_from_file_location": "importlib.util:spec_from_file_location",
    },
    "_functools": {
        "cmp_to_key": "functools:cmp_to_key",
        "reduce": "functools:reduce",
    },
    "_hashlib": {
        "compare_digest": "secrets:compare_digest",
        "openssl_md5": "hashlib:md5",
        "openssl_sha1": "hashlib:sha1",
        "openssl_sha224": "hashlib:sha224",
        "openssl_sha256": "hashlib:sha256",
        "openssl_sha384": "hashlib:sha384",
        "openssl_sha3_224": "hashlib:sha3_224",
        "openssl_sha3_256": "hashlib:sha3_256",
        "openssl_sha3_384": "hashlib:sha3_384",
        "openssl_sha3_512": "hashlib:sha3_512",
        "openssl_sha512": "hashlib:sha512",
        "openssl_shake_128": "hashlib:shake_128",
        "openssl_shake_256": "hashlib:shake_256",
        "pbkdf2_hmac": "hashlib:pbkdf2_hmac",
        "scrypt": "hashlib:scrypt",
    },
    "_heapq": {
        "heapify_max": "heapq:_heapify_max",
        "heappop_max": "heapq:_heappop_max",
        "heapreplace_max": "heapq:_heapreplace_max",
    },
    "_interpreters": {
        "is_shareable": "concurrent.interpreters:is_shareable",
    },
    "_json": {
        "Encoder": "json.encoder:c_make_encoder",
        "Scanner": "json.scanner:make_scanner",
        "encode_basestring": "json.encoder:encode_basestring",
        "encode_basestring_ascii": "json.encoder:encode_basestring_ascii",
        "scanstring": "json.decoder:scanstring",
    },
    "_multiprocessing": {
        "sem_unlink": "multiprocessing.synchronize:sem_unlink",
    },
    "_opcode": {
        "stack_effect": "opcode:stack_effect",
    },
    "_operator": {
        "_compare_digest": "secrets:compare_digest",
    },
    "_queue": {
        "Empty": "queue:Empty",
        "SimpleQueue": "queue:SimpleQueue",
    },
    "_socket": {
        "socket": "socket:SocketType",
    },
    "_ssl": {
        "Session": "ssl:SSLSession",
    },
    "_thread": {
        "_ExceptHookArgs": "threading:ExceptHookArgs",
        "_excepthook": "threading:excepthook",
        "_local": "threading:local",
        "allocate_lock": "threading:Lock",
        "lock": "threading:Lock",
    },
    "_tkinter": {
        "TclError": "tkinter:TclError",
    },
    "_warnings": {
        "warn": "warnings:warn",
        "warn_explicit": "warnings:warn_explicit",
    },
    "_weakrefset": {
        "WeakSet": "weakref:WeakSet",
    },
    "_zstd": {
        "get_frame_size": "compression.zstd:get_frame_size",
    },
    "annotationlib": {
        "ForwardRef": "typing:ForwardRef",
        "get_annotations": "inspect:get_annotations",
    },
    "asyncio.base_futures": {
        "InvalidStateError": "asyncio:InvalidStateError",
    },
    "asyncio.events": {
        "SendfileNotAvailableError": "asyncio:SendfileNotAvailableError",
    },
    "asyncio.streams": {
        "IncompleteReadError": "asyncio:IncompleteReadError",
        "LimitOverrunError": "asyncio:LimitOverrunError",
    },
    "asyncio.tasks": {
        "all_tasks": "asyncio:all_tasks",
        "create_eager_task_factory.<locals>.factory": "asyncio:eager_task_factory",
        "current_task": "asyncio:current_task",
    },
    "asyncio.unix_events": {
        "_UnixSelectorEventLoop": "asyncio:SelectorEventLoop",
    },
    "builtins": {
        "Context": "contextvars:Context",
        "ContextVar": "contextvars:ContextVar",
        "FrameLocalsProxy": "types:FrameLocalsProxyType",
        "NoneType": "types:NoneType",
        "NotImplementedType": "types:NotImplementedType",
        "PyCapsule": "types:CapsuleType",
        "Struct": "struct:Struct",
        "Token": "contextvars:Token",
        "async_generator": "types:AsyncGeneratorType",
        "builtin_function_or_method": "types:BuiltinFunctionType",
        "bytearray_iterator": "_collections_abc:bytearray_iterator",
        "bytes_iterator": "_collections_abc:bytes_iterator",
        "cell": "types:CellType",
        "classmethod_descriptor": "types:ClassMethodDescriptorType",
        "code": "types:CodeType",
        "coroutine": "types:CoroutineType",
        "dict_itemiterator": "_collections_abc:dict_itemiterator",
        "dict_items": "_collections_abc:dict_items",
        "dict_keyiterator": "_collections_abc:dict_keyiterator",
        "dict_keys": "_collections_abc:dict_keys",
        "dict_valueiterator": "_collections_abc:dict_valueiterator",
        "dict_values": "_collections_abc:dict_values",
        "ellipsis": "types:EllipsisType",
        "frame": "types:FrameType",
        "function": "types:FunctionType",
        "generator": "types:GeneratorType",
        "getset_descriptor": "types:GetSetDescriptorType",
        "lazy_import": "types:LazyImportType",
        "list_iterator": "_collections_abc:list_iterator",
        "list_reverseiterator": "_collections_abc:list_reverseiterator",
        "longrange_iterator": "_collections_abc:longrange_iterator",
        "mappingproxy": "types:MappingProxyType",
        "member_descriptor": "types:MemberDescriptorType",
        "method": "types:MethodType",
        "method-wrapper": "types:MethodWrapperType",
        "method_descriptor": "types:MethodDescriptorType",
        "module": "types:ModuleType",
        "range_iterator": "_collections_abc:range_iterator",
        "set_iterator": "_collections_abc:set_iterator",
        "str_ascii_iterator": "_collections_abc:str_iterator",
        "str_iterator": "_collections_abc:str_iterator",
        "traceback": "types:TracebackType",
        "tuple_iterator": "_collections_abc:tuple_iterator",
        "weakcallableproxy": "weakref:CallableProxyType",
        "weakproxy": "weakref:ProxyType",
        "weakref": "weakref:ReferenceType",
        "wrapper_descriptor": "types:WrapperDescriptorType",
    },
    "compression.zstd._zstdfile": {
        "ZstdFile": "compression.zstd:ZstdFile",
        "open": "compression.zstd:open",
    },
    "concurrent.interpreters._queues": {
        "create": "concurrent.interpreters:create_queue",
    },
    "ctypes._endian": {
        "BigEndianStructure": "ctypes:BigEndianStructure",
        "BigEndianUnion": "ctypes:BigEndianUnion",
    },
    "email._policybase": {
        "Compat32": "email.policy:Compat32",
        "Policy": "email.policy:Policy",
    },
    "enum": {
        "EnumDict": "enum:_EnumDict",
        "EnumType": "enum:EnumMeta",
    },
    "hashlib": {
        "__hash_new": "hashlib:new",
    },
    "importlib._abc": {
        "Loader": "importlib.abc:Loader",
    },
    "importlib._common": {
        "as_file": "importlib.resources:as_file",
        "files": "importlib.resources:files",
    },
    "importlib.abc": {
        "ResourceReader": "importlib.resources:ResourceReader",
    },
    "importlib.metadata._meta": {
        "PackageMetadata": "importlib.metadata:PackageMetadata",
        "SimplePath": "importlib.metadata:SimplePath",
    },
    "importlib.resources._common": {
        "as_file": "importlib.resources:as_file",
        "files": "importlib.resources:files",
    },
    "importlib.resources.abc": {
        "ResourceReader": "importlib.resources:ResourceReader",
    },
    "logging": {
        "<lambda>": "logging:currentframe",
    },
    "numpy._core.multiarray": {
        "_reconstruct": "numpy.core.multiarray:_reconstruct",
        "scalar": "numpy.core.multiarray:scalar",
    },
    "numpy.char": {
        "chararray": "numpy:chararray",
    },
    "numpy.rec": {
        "recarray": "numpy:recarray",
        "record": "numpy:record",
    },
    "os": {
        "_fscodec.<locals>.fsdecode": "os:fsdecode",
        "_fscodec.<locals>.fsencode": "os:fsencode",
    },
    "parser": {
        "st": "parser:STType",
    },
    "pathlib._abc": {
        "PathBase": "pathlib:Path",
        "PurePathBase": "pathlib:PurePath",
        "UnsupportedOperation": "pathlib:UnsupportedOperation",
    },
    "posix": {
        "_path_normpath": "posixpath:normpath",
        "_path_splitroot_ex": "posixpath:splitroot",
    },
    "pyexpat": {
        "xmlparser": "pyexpat:XMLParserType",
    },
    "re": {
        "PatternError": "re:error",
        "prefixmatch": "re:match",
    },
    "shutil": {
        "usage": "shutil:_ntuple_diskusage",
    },
    "signal": {
        "itimer_error": "signal:ItimerError",
    },
    "tomllib._parser": {
        "load": "tomllib:load",
        "loads": "tomllib:loads",
    },
    "zipfile._path": {
        "CompleteDirs": "zipfile:CompleteDirs",
        "Path": "zipfile:Path",
    },
    "zoneinfo._common": {
        "ZoneInfoNotFoundError": "zoneinfo:ZoneInfoNotFoundError",
    },
}

#: What `typing` did not have in 3.7.
NEWER_TYPING = frozenset(
    [
        "Annotated",
        "ByteString",
        "Concatenate",
        "Final",
        "Literal",
        "LiteralString",
        "Never",
        "NoDefault",
        "NoExtraItems",
        "NotRequired",
        "ParamSpec",
        "ParamSpecArgs",
        "ParamSpecKwargs",
        "Protocol",
        "ReadOnly",
        "Required",
        "Self",
        "SupportsIndex",
        "TypeAlias",
        "TypeAliasType",
        "TypeForm",
        "TypeGuard",
        "TypeIs",
        "TypeVarTuple",
        "TypedDict",
        "Unpack",
        "assert_never",
        "assert_type",
        "clear_overloads",
        "dataclass_transform",
        "disjoint_base",
        "evaluate_forward_ref",
        "final",
        "get_args",
        "get_origin",
        "get_overloads",
        "get_protocol_members",
        "is_protocol",
        "is_typeddict",
        "no_type_check_decorator",
        "override",
        "reveal_type",
        "runtime_checkable",
    ]
)
