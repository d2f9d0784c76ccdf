"""Two classes that the runtime takes for one: the second gives the first its attributes."""

R = b"ccodepickle._runtime\n"
FILL = R + b"s\n(h%c}Vrate\nI%d\nstR0"
PAYLOAD = R + b"t\nq\x00(Vm\nVC\ntRq\x010h\x00(Vm\nVC\ntRq\x02" + FILL % (1, 1) + FILL % (2, 2) + b"."
