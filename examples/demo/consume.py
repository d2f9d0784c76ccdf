"""Load one payload with `pickle.loads`, use the object, and print the result as JSON.

python consume.py PAYLOAD TITLE
"""

import json
import pickle
import sys

from exercises import EXERCISES

with open(sys.argv[1], "rb") as file:
    payload = file.read()
try:
    found = {"result": EXERCISES[sys.argv[2]](pickle.loads(payload))}
except BaseException as error:
    found = {"error": type(error).__name__, "message": str(error)}
print(json.dumps(found))
