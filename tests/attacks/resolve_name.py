"""pkgutil.resolve_name: any object by its name."""

PAYLOAD = b"cpkgutil\nresolve_name\n(Vos:system\ntR."
