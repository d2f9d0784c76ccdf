"""Sixty groups of portable functions that name the same megabyte as their payload, and as their runtime."""

BIG = b"B\x00\x00\x10\x00" + b"N" * (1 << 20) + b"q\x00"
HEADS = b"(" + b"(Vm\nVt\n(Vz\nh\x00dt" * 8 + b"t"
GROUP = (
    b"cbuiltins\neval\n(Vx\n(Vname\nVcodepickle._portable\nVboot\nVb\nVparts\n"
    b"(Vpayload\nh\x00Vnames\n(tVproducer\nVp\nVheads\n" + HEADS + b"Vsource\nh\x00Vboot\nVb\nddtR0"
)
PAYLOAD = b"\x80\x03" + BIG + GROUP * 60 + b"."
