"""How often something may be tried: passwords by name and address, guests and accounts by address.

What decides is the row count of a conditional UPDATE, so that fifty tries at once are fifty. A gallery's visitors share
one address, therefore limits for an address are high, and a name's slow down those who guess it. A browser in which
somebody has logged in before has tries of its own, which no one else can use up.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext, ngettext

from clouds import refusals
from clouds.models import Tries
from clouds.names import key_of

# Nothing is remembered longer.
FORGOTTEN_AFTER = timedelta(days=1)
# Tries at the same moment that change a count between our look and our change of it.
MOST_CLASHES = 20


@dataclass(frozen=True, slots=True)
class Delays:
    """So many tries are free; after each of the others one waits, twice as long each time."""

    what: str
    free: int
    first: timedelta
    longest: timedelta

    def after(self, count: int) -> timedelta:
        """How long one waits after so many tries."""
        doublings = min(count - self.free, 30)
        return timedelta() if doublings < 0 else min(self.first * 2**doublings, self.longest)


@dataclass(frozen=True, slots=True)
class Quota:
    """So many tries within a time."""

    what: str
    most: int
    within: timedelta


# Whoever guesses a password from one address is soon alone with it.
PAIR = Delays("name and address", free=5, first=timedelta(seconds=2), longest=timedelta(minutes=15))
# A browser that is known as theirs.
BROWSER = Delays("browser", free=5, first=timedelta(seconds=2), longest=timedelta(minutes=15))
# From many addresses, a name is guessed once a minute at most.
NAME = Delays("name", free=25, first=timedelta(seconds=2), longest=timedelta(minutes=1))
ADDRESS = Quota("wrong passwords", most=300, within=timedelta(minutes=10))
JOINS_BY_PASS = Quota("joins by a pass", most=3000, within=timedelta(minutes=10))
JOINS_BY_ADDRESS = Quota("joins by an address", most=1500, within=timedelta(minutes=10))
SIGN_UPS = Quota("sign-ups by an address", most=600, within=timedelta(minutes=10))
RENAMES = Quota("names of a person", most=5, within=timedelta(minutes=10))


def knock(name: str, address: str, now: datetime, *, browser: str = "") -> None:
    """Before a password is looked at; `browser` is the number of one that is known as theirs.

    Raises TooMany, with a time, when it is not to be looked at.
    """
    if browser:
        _slow_down(BROWSER, browser, now)
        return
    for delays, whose in _of_log_in(name, address):
        _slow_down(delays, whose, now)
    # Last, so that whoever hammers at a name that has to wait doesn't use up what the others at the address have.
    spend(ADDRESS, address, now)


def welcome(name: str, address: str, *, browser: str = "") -> None:
    """The password was right: what was tried before is forgotten."""
    tried = [(BROWSER, browser)] if browser else _of_log_in(name, address)
    Tries.objects.filter(key__in=[_key(delays.what, whose) for delays, whose in tried]).delete()
    if not browser:
        Tries.objects.filter(key=_key(ADDRESS.what, address), count__gt=0).update(count=F("count") - 1)


def spend(quota: Quota, whose: str, now: datetime) -> None:
    """Count one try. Raises TooMany, with a time, when there were as many as may be."""
    row = _row(_key(quota.what, whose), now)
    if row.filter(since__lte=now - quota.within).update(since=now, count=1):
        return
    if not row.filter(count__lt=quota.most).update(count=F("count") + 1):
        since = row.values_list("since", flat=True).first() or now
        raise refusals.TooMany(gettext("There were too many tries just now."), since + quota.within)


def told(refused: refusals.TooMany) -> str:
    """The sentence, with how long to wait."""
    seconds = seconds_until(refused)
    if seconds < 120:
        again = ngettext("Try again in %(count)d second.", "Try again in %(count)d seconds.", seconds)
        return f"{refused} {again % {'count': seconds}}"
    minutes = math.ceil(seconds / 60)
    again = ngettext("Try again in %(count)d minute.", "Try again in %(count)d minutes.", minutes)
    return f"{refused} {again % {'count': minutes}}"


def seconds_until(refused: refusals.Refused) -> int:
    """How long to wait, in whole seconds."""
    wait = refused.until - timezone.now() if refused.until else timedelta()
    return max(1, math.ceil(wait.total_seconds()))


def _of_log_in(name: str, address: str) -> list[tuple[Delays, str]]:
    # A name of any length is kept as a hash, so it costs nothing more.
    return [(PAIR, f"{key_of(name)}\n{address}"), (NAME, key_of(name))]


def _slow_down(delays: Delays, whose: str, now: datetime) -> None:
    """Count one try, and set the time of the next: whoever finds that time still to come is refused."""
    row = _row(_key(delays.what, whose), now)
    row.filter(since__lte=now - FORGOTTEN_AFTER).update(count=0, since=now, until=None)
    for _ in range(MOST_CLASHES):
        tally = row.first()
        if tally is None:
            return  # the right password came in meanwhile
        if until := tally.waits_until(now):
            raise refusals.TooMany(gettext("There were too many wrong passwords for this name."), until)
        count = tally.count + 1
        mine = row.filter(Q(until=None) | Q(until__lte=now), count=tally.count)
        if mine.update(count=count, until=now + delays.after(count)):
            return
    raise refusals.TooMany(gettext("There were too many wrong passwords for this name."), now + delays.first)


def _row(key: str, now: datetime) -> "QuerySet[Tries]":
    """The row of this key, there from now on; whoever makes one sweeps away those that are forgotten."""
    rows = Tries.objects.filter(key=key)
    if not rows.exists():
        Tries.objects.filter(since__lte=now - FORGOTTEN_AFTER).delete()
        Tries.objects.bulk_create([Tries(key=key, since=now)], ignore_conflicts=True)
    return rows


def _key(what: str, whose: str) -> str:
    return salted_hmac(f"clouds.throttle {what}", whose, algorithm="sha256").hexdigest()
