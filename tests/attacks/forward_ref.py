"""typing.ForwardRef: text that is evaluated."""

PAYLOAD = b"ctyping\nForwardRef\n(V__import__('os')\ntR."
