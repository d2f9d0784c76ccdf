"""concurrent.futures: calls what it is given, later."""

PAYLOAD = b"\x80\x04cconcurrent.futures\nThreadPoolExecutor\n)R."
