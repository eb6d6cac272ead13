"""Years of a history: as many puffs as are wanted, as a gallery with ten clouds would have made them."""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from clouds.models import Cloud, Puff, Run, User, Venue, tally

CLOUDS = 10
PEOPLE = 5_000
PUFFS_A_DAY = 900
OPENS_AT, OPEN_SECONDS = 10, 8 * 3600
# So many of the visitors' puffs are those of one.
FAITHFUL = 0.065
CHUNK = 10_000
SEED = 7
SOURCES = ["visitor"] * 78 + ["show"] * 18 + ["curator"] * 3 + ["api"]
OUTCOMES = ["done"] * 950 + ["stopped"] * 30 + ["failed"] * 17 + ["lost"] * 3
COLUMNS = [
    "cloud_id", "run_id", "pump", "source", "asked_by_id", "planned_seconds", "on_at", "off_at", "outcome", "reason",
    "confirmed", "simulated",
]  # fmt: skip


def clouds(venue: Venue) -> list[Cloud]:
    """The clouds, made the first time."""
    Cloud.objects.bulk_create(
        (
            Cloud(venue=venue, name=f"Cloud {number}", slug=f"cloud-{number}", half_life_seconds=90.0)
            for number in range(CLOUDS)
        ),
        ignore_conflicts=True,
    )
    return list(Cloud.objects.filter(venue=venue).select_related("venue"))


def write(venue: Venue, count: int, *, until: datetime | None = None) -> datetime:
    """Write so many puffs, the newest shortly before `until`; when the oldest of them began."""
    there = clouds(venue)
    people = _people()
    puffs = _puffs(random.Random(SEED), [cloud.pk for cloud in there], people, until or timezone.now())
    oldest = timezone.now()
    with transaction.atomic():
        for chunk in _chunks(itertools.islice(puffs, count)):
            _insert(chunk)
            oldest = chunk[-1][COLUMNS.index("on_at")]
    for cloud in there:
        tally.recount(cloud)
    return oldest


def _people() -> list[int]:
    people = [User(name=f"Visitor {number}", name_key=f"visitor {number}", password="!") for number in range(PEOPLE)]
    User.objects.bulk_create(people, ignore_conflicts=True, batch_size=1000)
    return list(User.objects.filter(is_staff=False).order_by("pk").values_list("pk", flat=True))


def _puffs(chance: random.Random, clouds: list[int], people: list[int], until: datetime) -> Iterator[tuple[Any, ...]]:
    """Newest first. Some visitors come often, some outcomes are rare, and by hand somebody switched only long ago."""
    run = None
    for day in itertools.count():
        morning = (until - timedelta(days=day)).astimezone(UTC).replace(hour=OPENS_AT - 2, minute=0, second=0)
        for second in sorted((chance.uniform(0, OPEN_SECONDS) for _ in range(PUFFS_A_DAY)), reverse=True):
            on_at = morning + timedelta(seconds=second)
            if on_at >= until:
                continue
            source, outcome = chance.choice(SOURCES), chance.choice(OUTCOMES)
            seconds = chance.choice([3.0, 5.0, 5.0, 8.0])
            who = _who(chance, people) if source == "visitor" else None
            if source == "show" and (run is None or chance.random() < 0.1):
                run = _run(chance.choice(clouds), on_at)
            yield (
                chance.choice(clouds), run if source == "show" else None, "inflate", source, who, seconds, on_at,
                on_at + timedelta(seconds=seconds + chance.uniform(0.01, 0.05)), outcome,
                "" if outcome == "done" else "The plug did not answer.", outcome != "lost", chance.random() < 0.01,
            )  # fmt: skip


def _who(chance: random.Random, people: list[int]) -> int:
    if chance.random() < FAITHFUL:
        return people[0]
    return people[int(len(people) * chance.random() ** 1.5)]


def _run(cloud: int, at: datetime) -> int:
    return Run.objects.create(
        cloud_id=cloud, source="show", steps=[{"do": "inflate", "seconds": 5.0}], seconds=60.0, state="ended",
        outcome="done", asked_at=at, due_at=at, started_at=at, ended_at=at + timedelta(seconds=60), title="Drizzle",
    ).pk  # fmt: skip


def _chunks(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while chunk := list(itertools.islice(rows, CHUNK)):
        yield chunk


def _insert(rows: list[tuple[Any, ...]]) -> None:
    fields = [Puff._meta.get_field(name.removesuffix("_id")) for name in COLUMNS]
    values = [
        [field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)] for row in rows
    ]
    places = ", ".join(["%s"] * len(COLUMNS))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {Puff._meta.db_table} ({', '.join(COLUMNS)}) VALUES ({places})", values)  # noqa: S608
