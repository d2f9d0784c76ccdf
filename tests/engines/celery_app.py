"""The application that client and workers of Celery have in common."""

import os

import celery

app = celery.Celery("engines", broker=os.environ["ENGINES_REDIS"], backend=os.environ["ENGINES_REDIS"])
app.conf.update(
    task_serializer=os.environ["ENGINES_SERIALIZER"],
    result_serializer=os.environ["ENGINES_SERIALIZER"],
    accept_content=[os.environ["ENGINES_SERIALIZER"]],
    broker_connection_retry_on_startup=True,
)


@app.task(name="call")
def call(function, *args):
    return function(*args)
