"""Numbers, dates, random numbers."""

import calendar
import datetime
import decimal
import fractions
import ipaddress
import random
import statistics
import time
import uuid

from table import entry

try:
    import zoneinfo
except ImportError:  # before 3.9
    zoneinfo = None

UTC = datetime.timezone.utc
ISO = "2020-10-25T02:30:00"


def local(fold=0):
    """A time that there are two of."""
    return datetime.datetime(2020, 10, 25, 2, 30, fold=fold)


def berlin():
    return zoneinfo.ZoneInfo("Europe/Berlin")


entry("date", lambda: datetime.date(2020, 2, 29))
entry("time", lambda: datetime.time(1, 2, 3, 4))
entry("time_fold", lambda: datetime.time(1, 2, fold=1), lambda t: t.fold == 1 and t == datetime.time(1, 2))
entry("time_zone_time", lambda: datetime.time(1, 2, tzinfo=UTC))
entry("datetime", lambda: datetime.datetime(2020, 1, 2, 3, 4, 5, 6))
entry("datetime_utc", lambda: datetime.datetime(2020, 1, 2, tzinfo=UTC))
entry("datetime_fold", lambda: local(1), lambda d: d.fold == 1 and d.isoformat() == ISO)
entry("timedelta", lambda: datetime.timedelta(-1, 2, 3))
entry("timezone", lambda: datetime.timezone(datetime.timedelta(hours=-5, minutes=30)))
entry("timezone_named", lambda: datetime.timezone(datetime.timedelta(hours=2), "X"), lambda z: z.tzname(None) == "X")
entry("timezone_utc", lambda: UTC, lambda z: z is UTC)
entry("zone_info", berlin, lambda z: z is berlin(), since=(3, 9))
entry(
    "zone_info_no_cache",
    lambda: zoneinfo.ZoneInfo.no_cache("Europe/Berlin"),
    lambda z: z.key == "Europe/Berlin" and z is not berlin(),
    since=(3, 9),
)
entry(
    "datetime_zone_info",
    lambda: local(1).replace(tzinfo=berlin()),
    lambda d: d.tzinfo is berlin() and d.utcoffset() == datetime.timedelta(hours=1),
    since=(3, 9),
)
entry("zone_info_error", lambda: zone_error(), lambda e: type(e) is zoneinfo.ZoneInfoNotFoundError, since=(3, 9))
entry("iso_calendar", lambda: tuple(datetime.date(2020, 1, 1).isocalendar()))
entry("iso_calendar_date", lambda: datetime.date(2020, 1, 1).isocalendar(), lambda d: tuple(d) == (2020, 1, 3))
entry("struct_time", lambda: time.gmtime(86400), lambda t: t.tm_mday == 2 and t.tm_zone in ("GMT", "UTC"))
entry(
    "calendar", lambda: calendar.Calendar(6), lambda c: c.firstweekday == 6 and len(c.monthdatescalendar(2020, 2)) == 5
)
entry("text_calendar", lambda: calendar.TextCalendar(), lambda c: "February 2020" in c.formatmonth(2020, 2))
entry("html_calendar", lambda: calendar.HTMLCalendar(1), lambda c: c.firstweekday == 1)
entry("decimal", lambda: decimal.Decimal("1.50"), lambda d: str(d) == "1.50")
entry("decimal_nan", lambda: decimal.Decimal("-sNaN12"), lambda d: str(d) == "-sNaN12")
entry("decimal_tuple", lambda: decimal.Decimal("1.5").as_tuple())
entry(
    "decimal_context",
    lambda: decimal.Context(prec=5, rounding=decimal.ROUND_UP, traps=[decimal.Inexact]),
    lambda c: (
        c.prec == 5 and c.rounding == decimal.ROUND_UP and c.traps[decimal.Inexact] and not c.traps[decimal.Overflow]
    ),
)
entry(
    "decimal_basic_context", lambda: decimal.BasicContext.copy(), lambda c: c.prec == 9 and c.traps[decimal.Underflow]
)
entry("decimal_error", lambda: decimal.InvalidOperation("x"), lambda e: type(e) is decimal.InvalidOperation)
entry("fraction", lambda: fractions.Fraction(1, 3))
entry("big_int", lambda: -(2**70))
entry("floats", lambda: [float("inf"), -0.0, 1e-320], lambda f: repr(f) == "[inf, -0.0, 1e-320]")
entry("bool", lambda: [True, False], lambda b: b[0] is True and b[1] is False)
entry("uuid", lambda: uuid.UUID(int=5))
entry("uuid_safe", lambda: uuid.UUID(int=5, is_safe=uuid.SafeUUID.safe), lambda u: u.is_safe is uuid.SafeUUID.safe)
entry("uuid_name", lambda: uuid.uuid5(uuid.NAMESPACE_DNS, "example.org"))
entry("ipv4_address", lambda: ipaddress.ip_address("192.0.2.1"))
entry("ipv6_address", lambda: ipaddress.ip_address("2001:db8::1"))
entry("ipv6_scope", lambda: ipaddress.ip_address("fe80::1%eth0"), since=(3, 9))
entry(
    "ipv4_network",
    lambda: ipaddress.ip_network("192.0.2.0/24"),
    lambda n: n == ipaddress.ip_network("192.0.2.0/24") and n.num_addresses == 256,
)
entry("ipv6_network", lambda: ipaddress.ip_network("2001:db8::/32"))
entry("ipv4_interface", lambda: ipaddress.ip_interface("192.0.2.1/24"))
entry("ipv6_interface", lambda: ipaddress.ip_interface("2001:db8::1/32"))
entry("ip_error", lambda: ipaddress.AddressValueError("x"), lambda e: type(e) is ipaddress.AddressValueError)
entry("random", lambda: random.Random(5), lambda r: r.random() == random.Random(5).random())
entry("random_state", lambda: random.Random(5).getstate())
entry("random_used", lambda: used_random(), lambda r: r.gauss(0, 1) == used_random().gauss(0, 1))
entry("system_random_type", lambda: random.SystemRandom)
entry("normal_dist", lambda: statistics.NormalDist(1, 2), since=(3, 8))
entry("statistics_error", lambda: statistics.StatisticsError("x"), lambda e: type(e) is statistics.StatisticsError)
entry("local_time_functions", lambda: [time.time, datetime.datetime.now, calendar.monthrange])


def used_random():
    generator = random.Random(5)
    generator.gauss(0, 1)  # keeps a second number for the next call
    return generator


def zone_error():
    return zoneinfo.ZoneInfoNotFoundError("Nowhere")
