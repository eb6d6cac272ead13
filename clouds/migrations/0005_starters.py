"""A starter set of programs. Each fits a balloon of 40 s with a half-life of 90 s, and larger ones."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PROGRAMS = [
    (
        "Drizzle",
        "Small drops of air, each a little later than one expects.",
        4,
        [("inflate", 2), ("rest", 6), ("inflate", 1.5), ("rest", 9), ("inflate", 2), ("rest", 14)],
    ),
    (
        "Cumulus",
        "One long rise in steps, as a fair-weather cloud grows in the sun, and a long look at it.",
        1,
        [("inflate", 8), ("rest", 4), ("inflate", 8), ("rest", 4), ("inflate", 8), ("rest", 60)],
    ),
    (
        "Slow breath",
        "In for four seconds, out for eleven: somebody asleep in the next room.",
        12,
        [("inflate", 4), ("rest", 11)],
    ),
    (
        "Storm front",
        "Restlessness, a squall, a lull that lasts too long, and the squall again.",
        1,
        [
            ("inflate", 2), ("rest", 3), ("inflate", 2), ("rest", 2), ("inflate", 3), ("rest", 1.5), ("inflate", 6),
            ("rest", 30), ("inflate", 2), ("rest", 1.5), ("inflate", 3), ("rest", 1), ("inflate", 8), ("rest", 45),
        ],
    ),
    (
        "Morning fog",
        "Barely there: a sigh every half minute.",
        10,
        [("inflate", 1.5), ("rest", 28)],
    ),
    (
        "Anvil",
        "Up in one go until it towers, held up there by short breaths.",
        1,
        [
            ("inflate", 22), ("rest", 15), ("inflate", 3), ("rest", 15), ("inflate", 3), ("rest", 15), ("inflate", 3),
            ("rest", 60),
        ],
    ),
]  # fmt: skip


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    program, step = (apps.get_model("clouds", name) for name in ("Program", "ProgramStep"))
    for name, description, repeats, steps in PROGRAMS:
        made = program.objects.create(name=name, description=description, repeats=repeats)
        step.objects.bulk_create(
            step(program=made, position=place, do=do, seconds=seconds) for place, (do, seconds) in enumerate(steps)
        )


class Migration(migrations.Migration):
    dependencies = [("clouds", "0004_groups")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
