"""unittest.mock: attributes by name, of anything."""

PAYLOAD = b"cunittest.mock\n_importer\n(Vos.system\ntR."
