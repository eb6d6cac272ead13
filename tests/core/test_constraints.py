"""Every rule that the database keeps, broken once behind the models' backs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms import modelform_factory

from clouds.models import (
    Act,
    BalloonNote,
    BlockedWord,
    CalledOff,
    Cloud,
    Fact,
    GuestPass,
    Kiosk,
    Plug,
    Program,
    ProgramStep,
    Puff,
    Rehearsal,
    Run,
    Show,
    ShowCloud,
    ShowDate,
    Story,
    Tally,
    Tries,
    User,
    Venue,
)  # fmt: skip

from . import make
from .conftest import NOON

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Gallery:
    """What the rules are broken on."""

    venue: Venue
    cloud: Cloud
    plug: Plug
    ada: User


@pytest.fixture
def gallery(venue: Venue, cloud: Cloud, ada: User) -> Gallery:
    """A venue with a cloud on a plug, and a visitor."""
    return Gallery(venue, cloud, cloud.plugs.get(), ada)


Deed = Callable[[Gallery], object]


def set_venue(**fields: object) -> Deed:
    return lambda it: Venue.objects.filter(pk=it.venue.pk).update(**fields)


def set_cloud(**fields: object) -> Deed:
    return lambda it: Cloud.objects.filter(pk=it.cloud.pk).update(**fields)


def set_plug(**fields: object) -> Deed:
    return lambda it: Plug.objects.filter(pk=it.plug.pk).update(**fields)


def rehearsal(**fields: object) -> Rehearsal:
    return Rehearsal.objects.create(**{"venue": Venue.objects.get(), "title": "Gale", "asked_at": NOON} | fields)


def add_rehearsal(**fields: object) -> Deed:
    return lambda it: rehearsal(**fields)


def rehearsed(deed: Callable[..., Deed], **fields: object) -> Deed:
    """One that is a rehearsal."""
    return lambda it: deed(rehearsal=rehearsal(), **fields)(it)


def add_plug(**fields: object) -> Deed:
    return lambda it: Plug.objects.create(
        **{"venue": it.venue, "cloud": it.cloud, "pump": "deflate", "host": "127.0.0.1", "port": 9998} | fields
    )


def add_tally(**fields: object) -> Deed:
    return lambda it: Tally.objects.create(
        **{"cloud": it.cloud, "begins_at": NOON, "puffs": 1, "seconds": 5.0} | fields
    )


def add_note(**fields: object) -> Deed:
    return lambda it: BalloonNote.objects.create(**{"cloud": it.cloud, "kind": "set", "noted_at": NOON} | fields)


def add_run(**fields: object) -> Deed:
    return lambda it: make.run(it.cloud, **fields)


def add_puff(**fields: object) -> Deed:
    return lambda it: make.puff(it.cloud, **fields)


def twice(first: Deed, second: Deed | None = None) -> Deed:
    return lambda it: (first(it), (second or first)(it))


def for_ada(deed: Callable[..., Deed], **fields: object) -> Deed:
    return lambda it: deed(asked_by=it.ada, **fields)(it)


def on_its_plug(**fields: object) -> Deed:
    return lambda it: make.puff(it.cloud, plug=it.plug, **fields)


def two_puffs(steps: tuple[int | None, int | None]) -> Deed:
    def deed(it: Gallery) -> None:
        run = make.playing(it.cloud)
        for step in steps:
            make.puff(it.cloud, run=run, step=step)

    return deed


def make_show(it: Gallery, **fields: object) -> Show:
    program = Program.objects.get_or_create(name="Drizzle")[0]
    values = {"venue": it.venue, "program": program, "name": "Rain", "first_on": NOON.date(), "starts_at": time(19)}
    return Show.objects.create(**values | fields)


def add_program(**fields: object) -> Deed:
    return lambda it: Program.objects.create(**{"name": "A new one"} | fields)


def add_step(seconds: float) -> Deed:
    return lambda it: ProgramStep.objects.create(program=add_program()(it), do="inflate", seconds=seconds)


def add_show(**fields: object) -> Deed:
    return lambda it: make_show(it, **fields)


def in_a_show(*those: Callable[[Show, Gallery], object]) -> Deed:
    def deed(it: Gallery) -> None:
        show = make_show(it)
        for add in those:
            add(show, it)

    return deed


def on_day(at: time | None) -> Callable[[Show, Gallery], object]:
    return lambda show, it: ShowDate.objects.create(show=show, on=NOON.date(), at=at)


def a_line(show: Show, it: Gallery) -> object:
    return ShowCloud.objects.create(show=show, cloud=it.cloud)


def called_off(minutes: int = 0) -> Callable[[Show, Gallery], object]:
    return lambda show, it: CalledOff.objects.create(
        show=show, starts_at=NOON + timedelta(minutes=minutes), seconds=5, called_off_at=NOON
    )


def a_run(**fields: object) -> Callable[[Show, Gallery], object]:
    return lambda show, it: make.run(it.cloud, **{"source": "show", "show": show, "nominal_at": NOON} | fields)


def add_pass(**fields: object) -> Deed:
    return lambda it: GuestPass.objects.create(**{"kind": "cloud", "venue": it.venue, "cloud": it.cloud} | fields)


def add_story(**fields: object) -> Deed:
    return lambda it: Story.objects.create(**{"name": "A new one"} | fields)


def add_fact(**fields: object) -> Deed:
    values = {"amount": 5, "text": "A fact.", "source": "A book."} | fields
    return lambda it: Story.objects.create(name="A new one").facts.create(**values)


NOUNS = (
    Act, BalloonNote, BlockedWord, CalledOff, Cloud, Fact, GuestPass, Kiosk, Plug, Program, ProgramStep, Puff,
    Rehearsal, Run, Show, ShowCloud, ShowDate, Story, Tally, Tries, User, Venue,
)  # fmt: skip
ENDED = {"state": "ended", "outcome": "done", "ended_at": NOON}
PLAYING = {"state": "playing", "started_at": NOON}

BROKEN: list[tuple[str, Deed]] = [
    ("a_venue_opens_and_closes_or_neither", set_venue(opens_at=time(10))),
    ("a_venue_opens_and_closes_or_neither", set_venue(closes_at=time(18))),
    ("a_venue_opens_and_closes_or_neither", set_venue(opens_at=time(10), closes_at=time(10))),
    ("a_clouds_seconds_are_within_bounds", set_cloud(fill_seconds=0.9)),
    ("a_clouds_seconds_are_within_bounds", set_cloud(fill_seconds=86_401)),
    ("a_clouds_seconds_are_within_bounds", set_cloud(hard_cap_seconds=4.9)),
    ("a_clouds_seconds_are_within_bounds", set_cloud(hard_cap_seconds=601)),
    ("a_clouds_seconds_are_within_bounds", set_cloud(half_life_seconds=-60)),
    ("a_clouds_seconds_are_within_bounds", set_cloud(vent_seconds=0)),
    ("a_clouds_seconds_are_within_bounds", set_cloud(puff_seconds=0.9)),
    ("a_clouds_seconds_are_within_bounds", set_cloud(puff_seconds=21, hard_cap_seconds=20)),
    ("a_clouds_seconds_are_within_bounds", set_cloud(rest_seconds=-1)),
    ("a_clouds_seconds_are_within_bounds", set_cloud(cool_down_seconds=-1)),
    ("a_clouds_fill_is_not_negative", set_cloud(fill_then=-0.01)),
    ("a_noted_fill_is_a_share", add_note(fill=1.01)),
    ("a_noted_fill_is_a_share", add_note(fill=-0.01)),
    ("only_a_set_balloon_has_air", add_note(kind="vented", fill=0.5)),
    ("only_a_set_balloon_has_air", add_note(kind="new", fill=0.5)),
    ("a_plugs_port_is_a_port", set_plug(port=0)),
    ("a_plugs_port_is_a_port", set_plug(port=65_536)),
    ("a_cloud_has_one_plug_for_each_pump", add_plug(pump="inflate")),
    ("an_outlet_is_one_plug", add_plug(port=9999)),
    ("an_outlet_is_one_plug", add_plug(port=9999, cloud=None)),
    ("one_run_plays_on_a_cloud", twice(add_run(**PLAYING))),
    ("one_run_plays_on_a_cloud", twice(add_run(**PLAYING), add_run(**PLAYING, source="show"))),
    ("one_live_request_a_visitor_a_cloud", twice(for_ada(add_run))),
    ("one_live_request_a_visitor_a_cloud", twice(for_ada(add_run), for_ada(add_run, **PLAYING))),
    ("a_runs_seconds_are_within_bounds", add_run(seconds=0)),
    ("a_runs_seconds_are_within_bounds", add_run(seconds=-1)),
    ("a_runs_seconds_are_within_bounds", add_run(seconds=48 * 3600 + 1)),
    ("an_ended_run_has_an_outcome", add_run(**ENDED | {"outcome": ""})),
    ("an_ended_run_has_an_outcome", add_run(**ENDED | {"ended_at": None})),
    ("an_ended_run_has_an_outcome", add_run(outcome="done")),
    ("an_ended_run_has_an_outcome", add_run(**PLAYING, outcome="done")),
    ("a_playing_run_has_started", add_run(state="playing")),
    ("a_step_is_one_puff", two_puffs((0, 0))),
    ("a_plug_is_on_once", twice(on_its_plug(seconds=None))),
    ("a_puff_ends_after_it_begins", add_puff(seconds=-1)),
    ("a_puff_that_is_off_has_an_outcome", add_puff(outcome="")),
    ("a_puff_that_is_off_has_an_outcome", add_puff(seconds=None, outcome="done")),
    ("an_occurrence_is_one_run_a_cloud", in_a_show(a_run(), a_run())),
    ("an_occurrence_is_one_run_a_cloud", in_a_show(a_run(**ENDED), a_run())),
    ("a_programs_repeats_and_scale_are_within_bounds", add_program(repeats=0)),
    ("a_programs_repeats_and_scale_are_within_bounds", add_program(repeats=1001)),
    ("a_programs_repeats_and_scale_are_within_bounds", add_program(scale_percent=401)),
    ("a_steps_seconds_are_within_bounds", add_step(0)),
    ("a_steps_seconds_are_within_bounds", add_step(48 * 3600 + 1)),
    ("a_rehearsals_speed_and_fill_are_within_bounds", add_rehearsal(speed=0.9)),
    ("a_rehearsals_speed_and_fill_are_within_bounds", add_rehearsal(speed=60.1)),
    ("a_rehearsals_speed_and_fill_are_within_bounds", add_rehearsal(fill=1.1)),
    ("a_shows_stagger_and_scale_are_within_bounds", add_show(stagger_seconds=-1)),
    ("a_shows_stagger_and_scale_are_within_bounds", add_show(stagger_seconds=3601)),
    ("a_shows_stagger_and_scale_are_within_bounds", add_show(scale_percent=0)),
    ("a_show_ends_after_it_begins", add_show(until_on=NOON.date() - timedelta(days=1))),
    ("a_show_has_a_cloud_once", in_a_show(a_line, a_line)),
    ("a_moment_is_added_once", in_a_show(on_day(time(9)), on_day(time(9)))),
    ("a_day_is_left_out_once", in_a_show(on_day(None), on_day(None))),
    ("an_occurrence_is_called_off_once", in_a_show(called_off(), called_off())),
    ("an_hour_of_a_cloud_is_tallied_once", twice(add_tally(), add_tally())),
    ("a_pass_ends_after_it_begins", add_pass(valid_from=NOON, valid_until=NOON)),
    ("a_pass_lets_in_no_more_than_it_may", add_pass(most_uses=2, uses=3)),
    ("a_pass_is_for_a_cloud_an_event_or_a_person", add_pass(kind="event", label="Opening night")),
    ("a_storys_scale_rises_from_above_zero", add_story(shortest_at=0)),
    ("a_storys_scale_rises_from_above_zero", add_story(longest_at=-1)),
    ("a_storys_scale_rises_from_above_zero", add_story(shortest_at=5, longest_at=5)),
    ("a_facts_amount_is_within_bounds", add_fact(amount=-0.001)),
    ("a_facts_amount_is_within_bounds", add_fact(amount=1.001e12)),
    ("a_facts_amount_is_within_bounds", add_fact(amount=float("inf"))),
    ("a_facts_link_is_of_the_web", add_fact(link="javascript:alert(1)")),
    ("a_facts_link_is_of_the_web", add_fact(link="//example.org")),
]

KEPT: list[tuple[str, Deed]] = [
    ("a_venue_opens_and_closes_or_neither", set_venue(opens_at=time(10), closes_at=time(9))),
    ("a_venue_opens_and_closes_or_neither", set_venue(opens_at=None, closes_at=None)),
    ("a_clouds_seconds_are_within_bounds", set_cloud(fill_seconds=1, rest_seconds=0, cool_down_seconds=0)),
    ("a_clouds_seconds_are_within_bounds", set_cloud(puff_seconds=20, hard_cap_seconds=20)),
    ("a_clouds_fill_is_not_negative", set_cloud(fill_then=1.2)),
    ("a_noted_fill_is_a_share", twice(add_note(fill=0), add_note(fill=1))),
    ("only_a_set_balloon_has_air", twice(add_note(kind="vented"), add_note(kind="set", fill=0.5))),
    ("a_plugs_port_is_a_port", twice(set_plug(port=1), set_plug(port=65_535))),
    ("a_cloud_has_one_plug_for_each_pump", add_plug(pump="deflate")),
    ("a_cloud_has_one_plug_for_each_pump", twice(add_plug(cloud=None), add_plug(cloud=None, port=9997))),
    (
        "an_outlet_is_one_plug",
        twice(add_plug(port=9999, child_id="01"), add_plug(cloud=None, port=9999, child_id="02")),
    ),
    ("a_rehearsals_speed_and_fill_are_within_bounds", twice(add_rehearsal(fill=1), add_rehearsal(speed=60))),
    ("one_run_plays_on_a_cloud", twice(add_run(**PLAYING), rehearsed(add_run, **PLAYING))),
    ("one_run_plays_on_a_cloud", twice(add_run(**PLAYING), add_run())),
    ("one_run_plays_on_a_cloud", twice(add_run(**PLAYING), add_run(**ENDED))),
    ("one_live_request_a_visitor_a_cloud", twice(for_ada(add_run), for_ada(add_run, **ENDED))),
    ("one_live_request_a_visitor_a_cloud", twice(for_ada(add_run, source="curator"))),
    ("one_live_request_a_visitor_a_cloud", twice(add_run())),
    ("a_runs_seconds_are_within_bounds", add_run(seconds=48 * 3600)),
    ("an_ended_run_has_an_outcome", add_run(**ENDED)),
    ("a_playing_run_has_started", add_run(**PLAYING)),
    ("a_step_is_one_puff", two_puffs((0, 1))),
    ("a_step_is_one_puff", two_puffs((None, None))),
    ("a_plug_is_on_once", twice(on_its_plug(seconds=None), on_its_plug(seconds=5))),
    ("a_puff_ends_after_it_begins", add_puff(seconds=0)),
    ("a_puff_that_is_off_has_an_outcome", twice(add_puff(seconds=None), add_puff(seconds=1, outcome="lost"))),
    ("an_occurrence_is_one_run_a_cloud", in_a_show(a_run(**ENDED | {"outcome": "withdrawn"}), a_run())),
    ("a_programs_repeats_and_scale_are_within_bounds", add_program(repeats=1000, scale_percent=400)),
    ("a_steps_seconds_are_within_bounds", add_step(48 * 3600)),
    ("a_shows_stagger_and_scale_are_within_bounds", add_show(stagger_seconds=3600, scale_percent=1)),
    ("a_show_ends_after_it_begins", add_show(until_on=NOON.date())),
    ("a_show_has_a_cloud_once", twice(in_a_show(a_line))),
    ("a_moment_is_added_once", in_a_show(on_day(time(9)), on_day(time(10)))),
    ("a_day_is_left_out_once", in_a_show(on_day(None), on_day(time(10)))),
    ("an_occurrence_is_called_off_once", in_a_show(called_off(), called_off(1))),
    ("an_hour_of_a_cloud_is_tallied_once", twice(add_tally(), add_tally(begins_at=NOON + timedelta(hours=1)))),
    ("a_pass_ends_after_it_begins", add_pass(valid_from=NOON, valid_until=NOON + timedelta(microseconds=1))),
    ("a_pass_lets_in_no_more_than_it_may", twice(add_pass(most_uses=2, uses=2), add_pass(uses=3000))),
    (
        "a_pass_is_for_a_cloud_an_event_or_a_person",
        twice(
            add_pass(kind="event", cloud=None, label="Opening night", valid_until=NOON),
            add_pass(kind="person", cloud=None, person="Ada"),
        ),
    ),
    ("a_storys_scale_rises_from_above_zero", add_story(shortest_at=5)),
    ("a_storys_scale_rises_from_above_zero", add_story(shortest_at=5, longest_at=5.1)),
    ("a_facts_amount_is_within_bounds", add_fact(amount=0)),
    ("a_facts_amount_is_within_bounds", add_fact(amount=1e12)),
    ("a_facts_link_is_of_the_web", add_fact(link="")),
    ("a_facts_link_is_of_the_web", add_fact(link="HTTPS://example.org")),
]


@pytest.mark.parametrize(("rule", "deed"), BROKEN, ids=[rule for rule, _ in BROKEN])
def test_the_database_refuses_what_breaks_a_rule(rule: str, deed: Deed, gallery: Gallery) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        deed(gallery)
    assert rule in str(refusal.value) or _names_the_columns_of(rule, str(refusal.value))


@pytest.mark.parametrize(("rule", "deed"), KEPT, ids=[rule for rule, _ in KEPT])
def test_the_database_lets_in_what_keeps_a_rule_by_a_hair(rule: str, deed: Deed, gallery: Gallery) -> None:
    with transaction.atomic():
        assert deed(gallery) is not False


def _names_the_columns_of(rule: str, sentence: str) -> bool:
    """SQLite names a unique constraint by its columns."""
    fields = next(fields for name, fields in _constraints() if name == rule)
    return "UNIQUE" in sentence and sentence.count(".") == len(fields) and all(field in sentence for field in fields)


def _constraints() -> list[tuple[str, tuple[str, ...]]]:
    return [(rule.name, getattr(rule, "fields", ())) for model in NOUNS for rule in model._meta.constraints]


def test_every_constraint_of_the_nouns_is_broken_here_and_kept_here() -> None:
    rules = {rule.name for noun in NOUNS for rule in noun._meta.constraints}
    assert set(NOUNS) == set(apps.get_app_config("clouds").get_models())
    assert {rule for rule, _ in BROKEN} == rules
    assert {rule for rule, _ in KEPT} == rules


@pytest.mark.parametrize("model", [User, Venue, Cloud])
def test_names_and_slugs_that_must_be_unique_are(model: type[User | Venue | Cloud], gallery: Gallery) -> None:
    twin = model.objects.get(pk={User: gallery.ada, Venue: gallery.venue, Cloud: gallery.cloud}[model].pk)
    twin.pk, twin._state.adding = None, True
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def _with(model: Venue | Cloud | Plug, **fields: object) -> Venue | Cloud | Plug:
    for name, value in fields.items():
        setattr(model, name, value)
    return model


PORT = "A port is a number from 1 to 65535."
TOLD: list[tuple[str, Callable[[Gallery], Venue | Cloud | Plug], str]] = [
    (
        "half opening hours",
        lambda it: _with(it.venue, opens_at=time(10)),
        "Give an opening and a closing time that differ, or leave both empty.",
    ),
    (
        "hours of no length",
        lambda it: _with(it.venue, opens_at=time(10), closes_at=time(10)),
        "Give an opening and a closing time that differ, or leave both empty.",
    ),
    (
        "a puff past the hard cap",
        lambda it: _with(it.cloud, puff_seconds=21.0, hard_cap_seconds=20.0),
        "A puff lasts at least 1 second, and at most as long as the hard cap.",
    ),
    (
        "a second inflate plug",
        lambda it: Plug(venue=it.venue, cloud=it.cloud, name="Two", host="127.0.0.1", port=9998, simulated=True),
        "This cloud has a plug that does this already.",
    ),
    (
        "the same address",
        lambda it: Plug(venue=it.venue, name="Two", host="127.0.0.1", port=9999, simulated=True),
        "There is a plug at this address already.",
    ),
]


@pytest.mark.parametrize(("make_one", "sentence"), [told[1:] for told in TOLD], ids=[told[0] for told in TOLD])
def test_a_curator_who_breaks_a_rule_is_told_which(
    make_one: Callable[[Gallery], Venue | Cloud | Plug], sentence: str, gallery: Gallery
) -> None:
    with pytest.raises(ValidationError) as refusal:
        make_one(gallery).full_clean()
    assert sentence in refusal.value.messages


def test_every_sentence_of_a_constraint_is_told_here() -> None:
    rules = [rule for noun in (BalloonNote, Cloud, Plug, Puff, Run, User, Venue) for rule in noun._meta.constraints]
    own = {rule.violation_error_message for rule in rules} - {rule.default_violation_error_message for rule in rules}
    assert own == {sentence for _, _, sentence in TOLD} | {PORT}


@pytest.mark.parametrize("port", [0, 65_536])
def test_a_port_that_is_none_is_refused_at_its_field_and_by_its_rule(port: int, gallery: Gallery) -> None:
    gallery.plug.port = port
    with pytest.raises(ValidationError) as refusal:
        gallery.plug.full_clean()
    assert "port" in refusal.value.message_dict
    with pytest.raises(ValidationError, match=PORT):
        gallery.plug.validate_constraints()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fill_seconds", 0.0),
        ("half_life_seconds", 0.0),
        ("half_life_seconds", -1.0),
        ("vent_seconds", 0.0),
        ("hard_cap_seconds", 3.0),
        ("hard_cap_seconds", 601.0),
        ("puff_seconds", 0.0),
        ("rest_seconds", -1.0),
        ("cool_down_seconds", -1.0),
        ("queue_limit", 1001),
    ],
)
def test_a_curator_is_told_which_number_of_a_cloud_is_out_of_bounds(field: str, value: float, gallery: Gallery) -> None:
    setattr(gallery.cloud, field, value)
    with pytest.raises(ValidationError) as refusal:
        gallery.cloud.full_clean()
    assert field in refusal.value.message_dict


def test_a_form_that_does_not_show_the_outlet_tells_of_a_second_plug_at_an_address_all_the_same(
    gallery: Gallery,
) -> None:
    form_class = modelform_factory(Plug, fields=["venue", "name", "host", "port", "pump", "family", "simulated"])
    fields = {"name": "Two", "host": "127.0.0.1", "pump": "inflate", "family": "legacy", "simulated": True}
    form = form_class(fields | {"venue": gallery.venue, "port": 9999})
    assert form.errors == {"__all__": ["There is a plug at this address already."]}
    assert form_class(fields | {"venue": gallery.venue, "port": 9998}).is_valid()
    assert form_class(fields | {"venue": gallery.venue, "port": 9999}, instance=gallery.plug).is_valid()


def test_a_plug_at_a_forbidden_address_is_refused_at_its_field(gallery: Gallery) -> None:
    gallery.plug.simulated = False
    with pytest.raises(ValidationError) as refusal:
        gallery.plug.full_clean()
    assert "not on a local network" in refusal.value.message_dict["host"][0]


def test_a_plug_of_another_venue_than_its_cloud_is_refused(gallery: Gallery) -> None:
    gallery.plug.venue = Venue.objects.create(name="Elsewhere", slug="elsewhere")
    with pytest.raises(ValidationError) as refusal:
        gallery.plug.full_clean()
    assert refusal.value.message_dict["cloud"] == ["This cloud hangs at another venue than the plug."]


@pytest.mark.parametrize("mac", ["50:c7:bf:00:00:00", "50-C7-BF-00-00-00", "50:C7:BF:00:00", "50:C7:BF:00:00:00\n"])
def test_a_mac_address_is_written_in_one_way(mac: str, gallery: Gallery) -> None:
    gallery.plug.mac = mac
    with pytest.raises(ValidationError) as refusal:
        gallery.plug.full_clean()
    assert "mac" in refusal.value.message_dict


def test_a_good_venue_cloud_and_plug_are_fine_as_they_are(gallery: Gallery) -> None:
    gallery.plug.host, gallery.plug.mac = " 127.0.0.1 ", "50:C7:BF:00:00:00"
    for noun in (gallery.venue, gallery.cloud, gallery.plug):
        noun.full_clean()
    assert gallery.plug.host == "127.0.0.1"


def test_an_ended_run_and_a_puff_outlive_the_account_that_asked_for_them(gallery: Gallery) -> None:
    run = make.ended(gallery.cloud, asked_by=gallery.ada)
    puff = make.puff(gallery.cloud, run=run, asked_by=gallery.ada)
    assert puff.who == "Ada"
    gallery.ada.delete()
    run.refresh_from_db()
    puff.refresh_from_db()
    assert run.asked_by is None
    assert puff.who == "a visitor"
    assert puff.seconds == timedelta(seconds=5).total_seconds()


def test_one_run_at_a_time_plays_on_a_cloud(cloud: Cloud) -> None:
    first, second = make.playing(cloud), make.run(cloud)
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(pk=second.pk).update(state="playing", started_at=NOON)
    Run.objects.filter(pk=first.pk).end(Run.Outcome.DONE, "", NOON)
    Run.objects.filter(pk=second.pk).update(state="playing", started_at=NOON)
    assert list(Run.objects.playing()) == [second]
