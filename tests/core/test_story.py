"""Stories: amounts become seconds, a press may be for a fact, and the history keeps what was told."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from clouds import actions, refusals, scale
from clouds.models import Cloud, Fact, Run, Story, User
from clouds.models.cloud import SHORTEST_PUFF_SECONDS
from clouds.models.story import IN_BASE, MOST_AMOUNT, Unit
from clouds.scale import Scale

from . import make
from .conftest import NOON

AMOUNTS = st.floats(0, 1e24)
CAPS = st.floats(SHORTEST_PUFF_SECONDS, 600)
SHIPPED = import_module("clouds.migrations.0010_story")


@given(st.lists(AMOUNTS, min_size=1), AMOUNTS, AMOUNTS, CAPS)
def test_more_is_never_a_shorter_puff_and_no_puff_is_too_short_or_too_long(
    facts: list[float], one: float, other: float, cap: float
) -> None:
    less, more = sorted((one, other))
    story = Scale.of(facts)
    shorter, longer = (scale.seconds(story.share(amount), SHORTEST_PUFF_SECONDS, cap) for amount in (less, more))
    assert SHORTEST_PUFF_SECONDS <= shorter <= longer <= cap


@given(st.lists(st.floats(1e-6, 1e24), min_size=2, unique=True), CAPS)
def test_the_least_fact_is_the_shortest_puff_and_the_greatest_the_longest(facts: list[float], cap: float) -> None:
    story = Scale.of(facts)
    assert scale.seconds(story.share(min(facts)), SHORTEST_PUFF_SECONDS, cap) == SHORTEST_PUFF_SECONDS
    assert scale.seconds(story.share(max(facts)), SHORTEST_PUFF_SECONDS, cap) == pytest.approx(cap, abs=0.005)


def test_ten_times_as_much_is_always_the_same_bit_longer() -> None:
    story = Scale.of([1, 1e15])
    assert [round(story.share(10.0**power) * 15, 6) for power in range(16)] == list(range(16))


def test_the_ends_of_the_scale_can_be_given() -> None:
    story = Scale.of([0.01, 5, 1e9], least=1, greatest=100)
    assert [story.share(amount) for amount in (0.01, 1, 10, 100, 1e9)] == [0, 0, 0.5, 1, 1]


def test_a_fact_about_nothing_is_the_shortest_puff_even_alone() -> None:
    assert Scale.of([0.0]).share(0.0) == 0
    assert Scale.of([]).share(0.0) == 0


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (0.05, "0.05"), (7.8, "7.8"), (330, "330"), (2_000_000, "2,000,000"), (1e12, "1,000,000,000,000"),
        (0, "0"), (1e-7, "0.0000001"), (1_234_567.1, "1,234,567.1"),
    ],
)  # fmt: skip
def test_an_amount_is_written_as_people_write_it(amount: float, written: str) -> None:
    assert scale.written(amount) == written


@given(st.floats(0, MOST_AMOUNT))
def test_no_digit_of_an_amount_is_lost(amount: float) -> None:
    assert float(scale.written(amount).replace(",", "")) == amount


def test_every_unit_can_be_held_against_its_kind() -> None:
    assert set(IN_BASE) == set(Unit)
    assert all(IN_BASE[base] == (base, 1.0) for base, _ in IN_BASE.values())


pressing = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "rung")]


class TestPress:
    """A press for a fact."""

    pytestmark = pressing

    def test_it_takes_its_seconds_from_the_amount_and_keeps_what_was_told(
        self, story: Story, cloud: Cloud, ada: User
    ) -> None:
        middle = story.facts.get(position=1)
        run = actions.press(cloud, by=ada, fact=middle)
        run.refresh_from_db()
        assert (run.seconds, run.fact, run.told) == (3.0, middle, "5 kg CO₂e: A book.")
        assert (run.source, run.state, run.due_at) == ("visitor", "waiting", NOON)

    @pytest.mark.parametrize(("position", "seconds"), [(0, 1.0), (1, 3.0), (2, 5.0)])
    def test_it_puffs_from_a_second_to_the_clouds_own_puff(
        self, position: int, seconds: float, story: Story, cloud: Cloud, ada: User
    ) -> None:
        assert actions.press(cloud, by=ada, fact=story.facts.get(position=position)).seconds == seconds

    def test_it_is_shortened_to_the_room_there_is(self, story: Story, cloud: Cloud, ada: User) -> None:
        Cloud.objects.update(fill_then=1 - 5 / 60, fill_then_at=NOON)
        assert actions.press(cloud, by=ada, fact=story.facts.get(position=2)).seconds == pytest.approx(3, abs=0.11)

    def test_without_room_it_is_refused_as_any_press(self, story: Story, cloud: Cloud, ada: User) -> None:
        Cloud.objects.update(fill_then=1.0, fill_then_at=NOON)
        with pytest.raises(refusals.NoRoom):
            actions.press(cloud, by=ada, fact=story.facts.get(position=0))
        assert not Run.objects.exists()

    def test_it_costs_a_turn_as_any_press(self, story: Story, cloud: Cloud, ada: User) -> None:
        make.puff(cloud, asked_by=ada, on_at=NOON - timedelta(seconds=6))
        with pytest.raises(refusals.CoolingDown):
            actions.press(cloud, by=ada, fact=story.facts.get(position=0))

    @pytest.mark.parametrize("other", [None, "Another"])
    def test_a_fact_that_the_cloud_does_not_tell_is_refused(
        self, other: str | None, story: Story, cloud: Cloud, ada: User
    ) -> None:
        tells = Story.objects.create(name=other) if other else None
        Cloud.objects.update(story=tells)  # and not the page that the visitor has open
        with pytest.raises(refusals.NotTold, match=r"Cumulus does not tell this any more\."):
            actions.press(cloud, by=ada, fact=story.facts.get(position=0))
        assert not Run.objects.exists()

    def test_a_fact_that_is_deleted_meanwhile_is_refused(self, story: Story, cloud: Cloud, ada: User) -> None:
        fact = story.facts.get(position=0)
        Fact.objects.all().delete()
        with pytest.raises(refusals.NotTold):
            actions.press(cloud, by=ada, fact=fact)

    def test_a_press_without_a_fact_asks_the_database_nothing_about_stories(
        self, story: Story, cloud: Cloud, ada: User
    ) -> None:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            run = actions.press(cloud, by=ada)
        assert (run.fact, run.told, run.seconds) == (None, "", 5.0)
        assert not [
            query["sql"] for query in queries if "clouds_fact" in query["sql"] or "clouds_story" in query["sql"]
        ]


@pytest.mark.django_db
@pytest.mark.usefixtures("clock", "rung")
def test_the_history_keeps_what_was_told_when_a_curator_changes_or_deletes_it(
    story: Story, cloud: Cloud, ada: User
) -> None:
    run = actions.press(cloud, by=ada, fact=story.facts.get(position=2))
    puff = make.puff(cloud, run=run)
    story.facts.update(text="Something else.")
    puff.refresh_from_db()
    assert puff.told == "5 t CO₂e: A library."
    story.delete()
    run.refresh_from_db()
    puff.refresh_from_db()
    cloud.refresh_from_db()
    assert (run.fact, run.told, puff.told) == (None, "5 t CO₂e: A library.", "5 t CO₂e: A library.")
    assert cloud.story is None


@pytest.mark.django_db
def test_a_puff_that_is_of_no_story_tells_nothing(cloud: Cloud) -> None:
    assert make.puff(cloud).told == ""
    assert make.puff(cloud, run=make.ended(cloud)).told == ""


@pytest.fixture
def shipped(db: None) -> Story:
    """The story that is there from the start; tests that commit have flushed it, so it may have to be made again."""
    if not Story.objects.filter(name=SHIPPED.NAME).exists():
        SHIPPED.make(apps, None)
    return Story.objects.get(name=SHIPPED.NAME)


def test_the_story_that_is_shipped_goes_from_little_to_much(shipped: Story) -> None:
    facts = list(shipped.facts.all())
    assert len(facts) >= 20
    amounts = [fact.in_base for fact in facts]
    assert amounts == sorted(amounts)
    assert (amounts[0], amounts[-1]) == (0.05, 72e12)
    assert {IN_BASE[fact.unit][0] for fact in facts} == {Unit.GRAM}
    assert shipped.description


def test_each_fact_that_is_shipped_is_sound_and_says_where_it_is_from(shipped: Story) -> None:
    facts = list(shipped.facts.all())
    for fact in facts:
        fact.full_clean()
        assert fact.link.startswith("https://") or "p. " in fact.source
        assert fact.text[-1] in ".”"
        assert fact.amount < 1000  # in a unit that can be read at a glance
    assert len({fact.text for fact in facts}) == len(facts)


def test_the_puffs_of_the_shipped_story_grow_with_it(shipped: Story, cloud: Cloud) -> None:
    facts = list(shipped.facts.all())
    seconds = [cloud.puff_of(shipped.scale_of(facts).share(fact.in_base)) for fact in facts]
    assert seconds == sorted(seconds)
    assert (seconds[0], seconds[-1]) == (SHORTEST_PUFF_SECONDS, cloud.puff_seconds)
