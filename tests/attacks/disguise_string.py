"""Header and trailer make a string of the text that is shown."""

PAYLOAD = (
    b"ccodepickle._runtime\nf\n((Vdef f(x): return safe(x)\nI1\nVa.py\nVdef f(x): return evil(x); '''\nV'''\nt}tR."
)
