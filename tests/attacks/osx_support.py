"""_osx_support._read_output: a shell command."""

PAYLOAD = b"c_osx_support\n_read_output\n(Vid\ntR."
