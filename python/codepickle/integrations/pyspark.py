"""PySpark, with workers of another Python than the driver's.

Needed in the driver; the workers need Codepickle to be importable:

    from codepickle.integrations import pyspark as on_spark
    on_spark.install()
    with on_spark.worker_python(spark.sparkContext, "/usr/bin/python3.8"):
        rdd.map(function).collect()

Results that hold functions or classes come back by plain `pickle`, which Spark's workers use: wrap them in
`codepickle.portable`, or return `codepickle.dumps` of them.
"""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import Any, Iterator

from ._engine import Changes, Integration
from .cloudpickle import redirect_in


def _change(changes: Changes, pyspark: Any) -> None:
    from pyspark import cloudpickle

    redirect_in(changes, cloudpickle)


integration = Integration(__name__, "pyspark", "pyspark", ("3.5", "4"), _change, "pyspark")
install = integration.install
uninstall = integration.uninstall


@contextmanager
def worker_python(context: Any, executable: str) -> Iterator[None]:
    """Have `executable` run the functions of what is submitted inside ``with``.

    Spark's workers compare their version with the one that comes with a function, and refuse another: it is that of
    `executable` here, since functions travel as source.

    Args:
        context: The SparkContext.
        executable: A Python on the workers; one of the same version must be here under that name, to be asked.
    """
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    version = subprocess.check_output([executable, "-c", code], universal_newlines=True).strip()
    before = context.pythonExec, context.pythonVer
    context.pythonExec, context.pythonVer = executable, version
    try:
        yield
    finally:
        context.pythonExec, context.pythonVer = before
