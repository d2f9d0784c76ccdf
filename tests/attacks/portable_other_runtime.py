"""A portable function whose runtime is another one: `eval` makes what the payload says."""

import pickle

import codepickle

PAYLOAD = pickle.dumps(codepickle.portable(len), 4).replace(b"def boot(z):", b"def evil(z):")
