"""uuid's helper that runs a command."""

PAYLOAD = b"cuuid\n_get_command_stdout\n(Vid\nV\ntR."
