"""A portable function whose expression is another one."""

import pickle

import codepickle

PAYLOAD = pickle.dumps(codepickle.portable(len), 4).replace(b"group[index]", b"os.system(1)")
