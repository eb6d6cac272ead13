"""How clouds are drawn: always the same, never two alike, always inside their picture, and small."""

import hashlib
import re
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from clouds import shapes
from clouds.models import Cloud, Venue
from clouds.shapes import Shape
from clouds.views.standing import Standing, State

NAMES = [f"Cloud {number}" for number in range(1000)]
ODD_NAMES = ["", " ", "雲", "Ü" * 80, "<b>&\"'", "\u202e", "☁️"]
MOST_BYTES = 2048
NUMBER = r"-?\d+(?:\.\d+)?"


def all_of(shape: Shape) -> str:
    """Everything that is drawn."""
    return repr(shape)


def drawing(name: str) -> str:
    """The SVG as it stands in a page."""
    cloud = Cloud(name=name, slug="a-name-of-some-length", venue=Venue())
    stands = Standing(cloud, State.READY, "", None, 0.42, [], None, [], 5.0, simulated=False, unguarded=False)
    return render_to_string("clouds/drawing.svg", {"standing": stands, "label": "", "at": timezone.now()})


def test_the_same_name_grows_the_same_cloud_with_every_python_and_for_ever() -> None:
    drawn = all_of(shapes.grow("Cumulus")).encode()
    assert hashlib.sha256(drawn).hexdigest()[:16] == "a2726a42f1f1a298"


def test_a_thousand_names_are_a_thousand_clouds() -> None:
    assert len({shapes.grow(name).outline for name in NAMES}) == len(NAMES)
    assert shapes.grow("Cumulus").outline != shapes.grow("cumulus").outline


@pytest.mark.parametrize("names", [NAMES, ODD_NAMES], ids=["many", "odd"])
def test_every_cloud_is_one_closed_edge_inside_the_picture(names: list[str]) -> None:
    left, top, width, _ = shapes.VIEW
    for name in names:
        shape = shapes.grow(name)
        arc = rf"A\d+ \d+ 0 [01]1({NUMBER}) ({NUMBER})"
        found = re.fullmatch(rf"M({NUMBER}) 46((?:{arc})+)Q{NUMBER} {NUMBER} ({NUMBER}) 46Z", shape.outline)
        assert found, name
        assert found[1] == found[5]
        corners = [(float(x), float(y)) for x, y in re.findall(arc, found[2])]
        assert all(left < x < left + width and top < y <= shapes.BASE + 0.1 for x, y in corners), name
        for lobe in shape.lobes:
            assert left <= lobe.x - lobe.r, name
            assert lobe.x + lobe.r <= left + width, name
            assert top <= lobe.y - lobe.r, name
        assert all(left <= wisp.x - wisp.r and wisp.x + wisp.r <= left + width for wisp in shape.wisps), name


def test_the_edge_leads_over_the_top_and_not_just_around_a_foot() -> None:
    for name in NAMES:
        heights = [float(y) for y in re.findall(rf"[01]1{NUMBER} ({NUMBER})", shapes.grow(name).outline)]
        assert min(heights) < 10, name


def test_a_name_whose_balls_hardly_touch_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    edge, tries = shapes._outline, []

    def fail_once(*args: object, **kwargs: object) -> str:
        tries.append(args)
        return edge(*args, **kwargs) if len(tries) > 1 else ""  # type: ignore[arg-type]

    monkeypatch.setattr(shapes, "_outline", fail_once)
    assert shapes.grow("a name that nobody asked for yet").outline
    assert len(tries) == 2


def test_a_drawing_is_well_formed_and_small() -> None:
    for name in [*NAMES[:100], *ODD_NAMES]:
        svg = drawing(name)
        ElementTree.fromstring(svg.strip())  # noqa: S314 - our own
        assert len(svg.encode()) <= MOST_BYTES, name
