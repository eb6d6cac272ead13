"""The clouds of `up --demo`: simulated, and made so that a first visit shows what there is."""

from typing import Any

from clouds.models import Cloud, Plug, Venue

NAMES = ("Cumulus", "Stratus", "Nimbus")
FILL_SECONDS = 40.0
HALF_LIFE_SECONDS = 90.0
SIMULATE = [
    *("--names", *NAMES, "--port", "0", "--control", "0"),
    *("--fill-seconds", str(FILL_SECONDS), "--half-life", str(HALF_LIFE_SECONDS)),
]


def make(whereabouts: list[dict[str, Any]]) -> None:
    """Have a cloud for each simulated one, with its plug where the simulator says that it is."""
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
