"""The clouds of `up --demo`: simulated, and made so that a first visit shows what there is."""

from datetime import date, time
from typing import Any

from clouds import patterns
from clouds.models import Cloud, Plug, Program, Show, Story, Venue
from clouds.patterns import Kind, Pattern

NAMES = ("Cumulus", "Stratus", "Nimbus")
SHOW = "Wandering drizzle"
FILL_SECONDS = 40.0
HALF_LIFE_SECONDS = 90.0
SIMULATE = [
    *("--names", *NAMES, "--port", "0", "--control", "0"),
    *("--fill-seconds", str(FILL_SECONDS), "--half-life", str(HALF_LIFE_SECONDS)),
]


def make(whereabouts: list[dict[str, Any]]) -> None:
    """Have a cloud for each simulated one, with its plug where the simulator says that it is, a story, and a show."""
    venue = Venue.objects.order_by("pk").first()
    if venue is None:
        venue = Venue.objects.create(name="The gallery", slug="gallery")
    for place in whereabouts:
        cloud, _ = Cloud.objects.get_or_create(
            slug=f"demo-{place['name'].lower()}",
            defaults={
                "venue": venue,
                "name": place["name"],
                "fill_seconds": FILL_SECONDS,
                "half_life_seconds": HALF_LIFE_SECONDS,
                "cool_down_seconds": 5.0,
                "story": Story.objects.first() if place["name"] == NAMES[0] else None,
            },
        )
        inflate = place["inflate"]
        Plug.objects.update_or_create(
            cloud=cloud,
            pump=Plug.Pump.INFLATE,
            defaults={
                "venue": cloud.venue,
                "name": f"{cloud}'s simulated plug",
                "host": inflate["host"],
                "port": inflate["port"],
                "mac": inflate["mac"],
                "simulated": True,
            },
        )
    _make_show(venue)


def _make_show(venue: Venue) -> None:
    """A drizzle that wanders over the clouds every ten minutes, and makes way for visitors."""
    program = Program.objects.filter(name="Drizzle").first()
    clouds = list(Cloud.objects.filter(venue=venue, slug__startswith="demo-"))
    if program is None or not clouds or Show.objects.filter(name=SHOW).exists():
        return
    every_ten_minutes = Pattern(Kind.MINUTES, every_minutes=10, last=time(23, 55))
    show = Show.objects.create(
        name=SHOW, venue=venue, program=program, first_on=date(2026, 1, 1), starts_at=time(0, 5),
        rrule=patterns.rrule(every_ten_minutes, time(0, 5)), stagger_seconds=12, protected=False,
    )  # fmt: skip
    for place, cloud in enumerate(clouds):
        show.lines.create(cloud=cloud, position=place)
