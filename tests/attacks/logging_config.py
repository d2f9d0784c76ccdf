"""logging.config.dictConfig: calls what a dict names."""

PAYLOAD = b"clogging.config\ndictConfig\n(}tR."
