"""Plain data that the benchmarks dump beside the standard library's pickle.

Some are of the shapes of `pickle`, `pickle_list` and `pickle_dict` in CPython's benchmark suite, written anew: a
profile, a tuple around a list of ints and a group of three profiles; lists of ints in lists; small dicts in a dict.
They are small, so the cost of the call counts, too.
"""

import datetime


class Place:
    def __init__(self, x, y):
        self.x = x
        self.y = y


class Slotted:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


def profile(number):
    """What a social network knows of somebody."""
    return {
        "active": True,
        "age": 18 + number,
        "born": datetime.date(1980, 5, 7),
        "city": "Recife",
        "country": "BR",
        "education": "",
        "favourites": 9 * number,
        "first_name": "Maria",
        "followers": 0,
        "friends": 73,
        "gender": 1,
        "height": 1.68,
        "homepage": "https://example.org/~maria%d" % number,
        "identifier": "kT3vQX0wPmE%d" % number,
        "interests": "cinema, philosophy, chess",
        "joined": datetime.date(2009, 3, 14),
        "last_name": "",
        "likes": 1234567 + number,
        "locked": False,
        "messages": 0,
        "modified": 1231363544,
        "nickname": None,
        "occupation": "",
        "options": [1, 0, 0, 1],
        "rating": 4.5,
        "region": 7,
        "score": 100200300400 + number,
        "secret": "d41d8cd98f00b204e9800998ecf8427e",
        "status": "somewhere between two trains",
        "subscriptions": 12,
        "team": ("blue", 3),
        "visits": 4096,
    }


def plain_data():
    """{name: a value to be dumped}"""
    start = datetime.datetime(2024, 2, 29, 12, 30, 45, 123456)
    record = {
        "ads_flags": 0,
        "age": 18,
        "birthday": datetime.date(1980, 5, 7),
        "home": "x" * 30,
        "friends": [{"name": "friend %d" % i, "rank": i, "near": i % 2 == 0} for i in range(10)],
        "bulletin": ["a string of some length", 3.25, None, (1, 2, "three")],
    }
    return {
        "pickle: profile": profile(0),
        "pickle: ints in a tuple": ([265867233 + 17 * i for i in range(60)], 60),
        "pickle: three profiles": [profile(i) for i in range(3)],
        "pickle_list": [[list(range(10)), list(range(10))] for _ in range(10)],
        "pickle_dict": {key: dict.fromkeys(range(10)) for key in range(100)},
        "records": [dict(record, id=i) for i in range(200)],
        "dict of ints": {i: i * 7 for i in range(20000)},
        "nested lists": [[list(range(10)) for _ in range(10)] for _ in range(100)],
        "ints": list(range(0, 1 << 40, 1 << 24)),
        "floats": [i / 7 for i in range(50000)],
        "strings": ["string %d" % i for i in range(20000)],
        "tuples": [(i, -i, str(i % 100)) for i in range(20000)],
        "instances": [Place(i, -i) for i in range(5000)],
        "instances with slots": [Slotted(i, -i) for i in range(5000)],
        "datetimes": [start + datetime.timedelta(seconds=i) for i in range(5000)],
    }
