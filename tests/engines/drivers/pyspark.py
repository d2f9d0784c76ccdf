"""A local Spark, whose executor starts the Python that is asked for."""

import ast
import contextlib
import os
import sys

from . import worker_path

#: Workers send results by plain pickle.
RELAYS = False


@contextlib.contextmanager
def start(workers, mode, folder):
    os.environ.update(
        SPARK_LOCAL_IP="127.0.0.1",
        SPARK_LOCAL_HOSTNAME="localhost",
        SPARK_LOCAL_DIRS=folder,
        PYTHONPATH=worker_path(mode),
        PYSPARK_PYTHON=sys.executable,
    )
    from pyspark.sql import SparkSession

    here = SparkSession.builder.master("local[1]").appName("engines").config("spark.ui.enabled", "false")
    here = here.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    here = here.config("spark.ui.showConsoleProgress", "false").config("spark.task.maxFailures", "1")
    here = here.config("spark.sql.warehouse.dir", folder)
    spark = here.getOrCreate()
    try:
        spark.sparkContext.setLogLevel("OFF")
        if mode == "codepickle":
            from codepickle.integrations import pyspark as ours

            ours.install()

        def udf(version, function):
            from pyspark.sql.functions import udf

            # Columns have types of Spark's own: the result goes through one as text.
            def text():
                return repr(function())

            if mode == "portable":
                import codepickle

                text = codepickle.portable(text)
            with chosen(spark.sparkContext, version, workers[version], mode):
                return ast.literal_eval(spark.range(1).select(udf(text, "string")()).first()[0])

        def submit(version, function):
            if mode == "portable":  # `map` puts a function of Spark's around it, in bytecode
                return udf(version, function)
            with chosen(spark.sparkContext, version, workers[version], mode):
                return spark.sparkContext.parallelize([0], 1).map(lambda _: function()).collect()[0]

        submit.forms = {"udf": udf} if mode == "codepickle" else {}
        yield submit
    finally:
        spark.stop()
        # Its gateway is a process that outlives it.
        gateway = spark.sparkContext._gateway
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(30)


@contextlib.contextmanager
def chosen(context, version, python, mode):
    if mode == "codepickle":
        from codepickle.integrations import pyspark as ours

        with ours.worker_python(context, python):
            yield
    else:
        # As it would be by default, but for the version, at which the workers refuse.
        context.pythonExec, context.pythonVer = python, version
        yield
