"""That every text can be read, at every time of day, in light and dark: reckoned from the style sheet itself."""

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from clouds.daylight import Phase
from tests.site import ROOT

CSS = (ROOT / "clouds" / "static" / "clouds" / "sky.css").read_text()
LIGHT, _, REST = CSS.partition("@media (prefers-color-scheme: dark) {")
DARK = REST[: REST.index("\n}\n")]
# WCAG 2.2, 1.4.3 and 1.4.11.
TEXT, BORDER = 4.5, 3.0
STEPS = 10

Colour = tuple[float, float, float]


def palette(phase: str, scheme: str) -> dict[str, str]:
    """The colours that hold at this time of day: rules in the order in which they stand."""
    found: dict[str, str] = {}
    for css in (LIGHT, DARK) if scheme == "dark" else (LIGHT,):
        for selectors, body in re.findall(r"(:root[^{]*)\{([^}]*)\}", css):
            if any(
                one.strip() in (":root", ":root[data-phase]", f':root[data-phase="{phase}"]')
                for one in selectors.split(",")
            ):
                found.update(re.findall(r"--([\w-]+): ([^;]+);", body))
    return found


def colour(told: str) -> tuple[Colour, float]:
    """#rgb, #rrggbb or #rrggbbaa, as red, green, blue and opacity from 0 to 1."""
    digits = told.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits.ljust(8, "f")
    red, green, blue, opacity = (int((digits.ljust(8, "f"))[place : place + 2], 16) / 255 for place in (0, 2, 4, 6))
    return (red, green, blue), opacity


def over(front: str, back: Colour, share: float = 1.0) -> Colour:
    """A colour laid over another one."""
    top, opacity = colour(front)
    opacity *= share
    red, green, blue = (opacity * one + (1 - opacity) * two for one, two in zip(top, back, strict=True))
    return red, green, blue


def luminance(one: Colour) -> float:
    """WCAG's relative luminance."""
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in one)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, two: Colour) -> float:
    """WCAG's contrast ratio."""
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def skies(colours: dict[str, str]) -> Iterator[Colour]:
    """Every part of the sky, under as much and as little of the glow as there may be."""
    stops = [colour(colours[name])[0] for name in ("sky-top", "sky-mid", "sky-low")]
    for above, below in pairwise(stops):
        for step in range(STEPS + 1):
            red, green, blue = (one + (two - one) * step / STEPS for one, two in zip(above, below, strict=True))
            for share in (0.0, 0.5, 1.0):
                yield over(colours["glow"], (red, green, blue), share)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phase", ["", *Phase])
def test_every_text_can_be_read_on_every_sky(phase: str, scheme: str) -> None:
    colours = palette(phase, scheme)
    texts = {name: colour(colours[name])[0] for name in ("ink", "soft", "warn", "accent-deep")}
    edge = colour(colours["cloud-edge"])[0]
    for sky in skies(colours):
        grounds = {"sky": sky, **{name: over(colours[name], sky) for name in ("sheet", "dock", "field")}}
        for ground, behind in grounds.items():
            for name, text in texts.items():
                assert contrast(text, behind) >= TEXT, (name, ground)
        assert contrast(edge, grounds["field"]) >= BORDER
        assert contrast(colour(colours["accent"])[0], sky) >= BORDER


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phase", ["", *Phase])
def test_buttons_can_be_read(phase: str, scheme: str) -> None:
    colours = palette(phase, scheme)
    on_accent = colour(colours["on-accent"])[0]
    for ground in ("accent", "accent-deep"):
        assert contrast(on_accent, colour(colours[ground])[0]) >= TEXT
    assert contrast(colour(colours["soft"])[0], colour(colours["quiet"])[0]) >= TEXT


def test_every_time_of_day_has_its_own_sky_and_the_dark_is_darker() -> None:
    skies_of = {(phase, scheme): palette(phase, scheme)["sky-top"] for phase in Phase for scheme in ("light", "dark")}
    assert len(set(skies_of.values())) == len(skies_of)
    for phase in Phase:
        light, dark = (luminance(colour(skies_of[phase, scheme])[0]) for scheme in ("light", "dark"))
        assert dark < light
