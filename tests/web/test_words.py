"""Every text of a page can be translated: shown in a language of brackets, no word stands outside of them."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import trans_real

from clouds import actions, patterns, people
from clouds.live import facts
from clouds.models import (
    BlockedWord,
    CalledOff,
    Cloud,
    GuestPass,
    Plug,
    Program,
    Rehearsal,
    Run,
    Show,
    Story,
    User,
    Venue,
)
from clouds.models.words import FIELDS, MODELS
from clouds.recurrence import BadRule
from clouds.timeline import Do, Step
from tests.web.conftest import Make, text
from tests.web.test_sky import SCENES

# What people wrote, and what is the same in every language.
DATA = {
    "Cumulus", "Ada", "Bob", "Curator", "Gust", "Evening", "Gale", "Opening", "Helpers", "A wedding", "Christmas",
    "A scale, p. 7", "What weighs what", "A word.", "A book.", "A library.", "From little to much.", "Gone.",
    "Cumulus's plug", "The gallery", "Europe/Berlin", "CET", "CEST", "UTC", "CSV", "JSON", "Cloudsite", "Django",
    "A4", "Letter", "The Cloud", "http://localhost", "gallery", "cumulus", "cloudsite", "Kasa", "FREQ=DAILY", "CO₂e",
    "Cumulus: 20 % full", "curators", "operators",
}  # fmt: skip
SILENT = {"script", "style"}
# What there is to choose from is not ours to say: the names of time zones, and what Django keeps in its tables.
LISTS = {"time_zone", "permissions", "groups"}
# What Django 5.2 itself leaves in English: pictures of yes and no and of a magnifying glass, how passwords are kept.
DJANGOS = {"True", "False", "None", "Search", "md5"}
NO_WORDS = re.compile(r"https?://\S+|\S*\*{6,}")


class Brackets:
    """A language in which every text is the English one in brackets."""

    def gettext(self, message: str) -> str:
        """In brackets, without what says in which context it stands."""
        return f"⟦{message.rpartition(chr(4))[2]}⟧" if message else ""

    def ngettext(self, one: str, many: str, number: int) -> str:
        """In brackets."""
        return self.gettext(one if number == 1 else many)

    def language(self) -> str:
        """It has the dates of English."""
        return "en"

    to_language = language


class Reader(HTMLParser):
    """Reads what a page says, as far as it stands outside of brackets: its texts, and what is read aloud of fields."""

    LABELS = ("aria-label", "alt", "title", "placeholder")

    def __init__(self) -> None:
        super().__init__()
        self.left: list[str] = []
        self._silent: list[str] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Hear its labels, and whether what it holds is said at all."""
        given = dict(attrs)
        if tag in SILENT or (tag == "select" and given.get("name") in LISTS):
            self._silent.append(tag)
        says = [name for name in given if name in self.LABELS or name.startswith("data-says")]
        if tag == "input" and given.get("type") in ("submit", "button"):
            says.append("value")
        self.left += filter(None, (outside(given[name] or "") for name in says))

    def handle_endtag(self, tag: str) -> None:
        """Listen again."""
        if tag in self._silent:
            self._silent.remove(tag)

    def handle_data(self, data: str) -> None:
        """A text, unless a machine reads it. Brackets may hold elements."""
        if not self._silent:
            before = "⟦" * self._depth
            self._depth += data.count("⟦") - data.count("⟧")
            self.left += filter(None, [outside(before + data + "⟧" * self._depth)])


def outside(said: str) -> str:
    """The words of a text that stand outside of brackets and are nobody's data; "" if there are none."""
    bare = said
    while (inner := re.sub(r"⟦[^⟦⟧]*⟧", " ", bare)) != bare:
        bare = inner
    bare = NO_WORDS.sub("", bare)
    for word in sorted(DATA, key=len, reverse=True):
        bare = bare.replace(word, "")
    return " ".join(said.split()) if bare.strip() not in DJANGOS and re.search(r"[A-Za-z]{2,}", bare) else ""


def untranslatable(page: str) -> list[str]:
    """The texts of a page that have words outside of brackets."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader.left


@pytest.fixture
def brackets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """From here on everything is told in that language."""
    with translation.override("en"), monkeypatch.context() as patched:
        patched.setitem(trans_real._translations, "en", Brackets())
        translation.activate("en")
        yield


@pytest.fixture
def house(
    conducted: Venue, cloud: Cloud, story: Story, ada: User, bob: User, curator: User, make_run: Make, make_puff: Make
) -> dict[str, Any]:
    """One of everything there is, by what stands in the addresses below."""
    now = timezone.now()
    Program.objects.all().delete()  # those that are there from the start are data, too
    Story.objects.exclude(pk=story.pk).delete()
    puff = make_puff(ada, run=make_run(ada, "ended"), step=0, on_at=now - timedelta(hours=1))
    make_puff(source="hand", outcome="stopped")
    program = Program.objects.create(name="Gust")
    for place, (do, seconds) in enumerate([("inflate", 5), ("rest", 10), ("inflate", 5)]):
        program.steps.create(position=place, do=do, seconds=seconds)
    show = Show.objects.create(
        venue=conducted, program=program, name="Evening", first_on=now.date(), starts_at="19:00", rrule="FREQ=DAILY"
    )
    show.lines.create(cloud=cloud)
    show.dates.create(on=now.date() + timedelta(days=3))
    show.dates.create(on=now.date() + timedelta(days=4), at="12:00")
    later = now + timedelta(hours=30)
    CalledOff.objects.create(
        show=show, starts_at=later, title="Evening", seconds=20, because="Gone.", called_off_at=now
    )
    User.objects.filter(pk=ada.pk).update(share="abcdefgh")
    actions.note(cloud, "set", fill=0.2, by=curator)
    rehearsal = Rehearsal.objects.create(venue=conducted, title="Gale", asked_at=now, asked_by=curator)
    rehearsed = {"rehearsal": rehearsal, "source": "curator", "simulated": True, "title": "Gale"}
    make_run(curator, "playing", **rehearsed)
    guest_pass = GuestPass.objects.create(
        venue=conducted, cloud=cloud, kind="event", label="Opening", valid_until=now + timedelta(days=9)
    )
    return {
        "venue": conducted.pk, "cloud": cloud.pk, "plug": Plug.objects.get().pk, "puff": puff.pk,
        "run": Run.objects.get().pk, "program": program.pk, "show": show.pk, "story": story.pk, "user": ada.pk,
        "guestpass": guest_pass.pk, "pass": guest_pass.path, "rehearsal": rehearsal.pk, "me": curator.pk,
        "act": conducted.acts.first().pk, "blockedword": BlockedWord.objects.create(word="Gale").pk,
    }  # fmt: skip


PUBLIC = [
    "/", "/wall/", "/clouds/cumulus/", "/clouds/cumulus/story/", "/clouds/cumulus/story/?live", "/history/",
    "/history/?cloud=cumulus&source=visitor", "/history/?outcome=sun&who=Nobody&since=x", "/history/charts/",
    "/history/charts/?span=week", "/history/{puff}/", "/shows/", "/accounts/signup/", "/accounts/login/",
    "/shared/abcdefgh/", "/accounts/erased/", "/offline/", "{pass}", "/pass/none/", "/admin/login/",
]  # fmt: skip
OWN = [
    "/", "/clouds/cumulus/", "/clouds/cumulus/story/", "/accounts/puffs/", "/accounts/me/", "/accounts/name/",
    "/accounts/password/", "/accounts/erase/", "{pass}",
]  # fmt: skip
NOT_FOUND = ["/nowhere/", "/clouds/none/", "/history/99999/", "/clouds/cumulus/press/", "/accounts/share/"]
NOUNS = ["venue", "cloud", "plug", "program", "show", "story", "user", "guestpass", "blockedword"]
SEEN = ["run", "puff", "act", "rehearsal"]
DESK = [
    "/admin/", "/admin/password_change/", "/admin/auth/group/", "/admin/auth/group/add/", "/admin/none/",
    "/admin/clouds/venue/{venue}/day/", "/admin/clouds/venue/{venue}/day/?on=soon",
    "/admin/clouds/venue/{venue}/day/?on=2001-01-01", "/admin/clouds/venue/{venue}/week/",
    "/admin/clouds/venue/{venue}/hold/", "/admin/clouds/venue/{venue}/stop/",
    "/admin/clouds/user/{user}/moderate/",
    "/admin/clouds/guestpass/sheet/?pass={guestpass}", "/admin/clouds/guestpass/sheet/?pass=99999",
    "/admin/clouds/program/{program}/delete/", "/admin/clouds/cloud/{cloud}/delete/",
    "/admin/clouds/cloud/{cloud}/history/",
    *(f"/admin/clouds/{noun}/" for noun in NOUNS + SEEN), *(f"/admin/clouds/{noun}/add/" for noun in NOUNS),
    *(f"/admin/clouds/{noun}/{{{noun}}}/change/" for noun in NOUNS + SEEN),
]  # fmt: skip


def test_a_word_outside_of_brackets_is_found() -> None:
    page = "<p>⟦Hello ⟦you⟧ there⟧ Ada</p><p title='Look'>and me</p><script>let it</script><i data-says-x='⟦So⟧'></i>"
    assert untranslatable(page) == ["Look", "and me"]


@pytest.mark.parametrize("url", PUBLIC + NOT_FOUND)
def test_every_word_that_everybody_reads_can_be_translated(
    url: str, house: dict[str, Any], client: Client, brackets: None
) -> None:
    assert untranslatable(text(client.get(url.format(**house)))) == []


@pytest.mark.parametrize("url", OWN)
def test_so_can_those_that_only_visitors_read(url: str, house: dict[str, Any], visitor: Client, brackets: None) -> None:
    assert untranslatable(text(visitor.get(url.format(**house)))) == []


@pytest.mark.parametrize("url", DESK)
def test_so_can_those_of_the_curators_pages(url: str, house: dict[str, Any], desk: Client, brackets: None) -> None:
    assert untranslatable(text(desk.get(url.format(**house)))) == []


@pytest.mark.parametrize("name", SCENES)
def test_so_can_how_a_cloud_stands(
    name: str, house: dict[str, Any], client: Client, brackets: None, make_run: Make, make_puff: Make
) -> None:
    SCENES[name](make_run, make_puff)
    Venue.objects.filter(held_until__isnull=False).update(held_because="")
    for url in ("/", "/wall/", "/clouds/cumulus/", "/clouds/cumulus/story/"):
        assert untranslatable(text(client.get(url))) == []
    for told in facts.read().clouds.values():
        assert outside(told["sentence"]) == outside(told["who"]) == ""


def in_line(make_run: Make, bob: User, count: int = 1) -> None:
    """Somebody plays, and others wait."""
    make_run(None, "playing")
    for _ in range(count):
        make_run(bob if not Run.objects.filter(asked_by=bob).exists() else None)


REFUSALS: dict[str, Callable[[Make, Make, User, User], object]] = {
    "switched off": lambda run, puff, ada, bob: Cloud.objects.update(enabled=False),
    "stopped": lambda run, puff, ada, bob: SCENES["stopped"](run, puff),
    "held": lambda run, puff, ada, bob: Venue.objects.update(held_until=timezone.now() + timedelta(hours=30)),
    "closed": lambda run, puff, ada, bob: SCENES["closed"](run, puff),
    "without a pump": lambda run, puff, ada, bob: Plug.objects.all().delete(),
    "in trouble": lambda run, puff, ada, bob: Plug.objects.update(trouble="It does not answer."),
    "asked already": lambda run, puff, ada, bob: run(ada),
    "cooling down": lambda run, puff, ada, bob: puff(ada, on_at=timezone.now() - timedelta(seconds=6)),
    "too full": lambda run, puff, ada, bob: SCENES["full"](run, puff),
    "the queue is full": lambda run, puff, ada, bob: (Cloud.objects.update(queue_limit=1), in_line(run, bob)),
    "nobody waits": lambda run, puff, ada, bob: (Cloud.objects.update(queue_limit=0), run(bob, "playing")),
    "about to": lambda run, puff, ada, bob: (Cloud.objects.update(queue_limit=0), run(bob)),
    "resting": lambda run, puff, ada, bob: (
        Cloud.objects.update(queue_limit=0),
        puff(bob, on_at=timezone.now() - timedelta(seconds=6)),
    ),
    "too late": lambda run, puff, ada, bob: (
        Venue.objects.update(
            time_zone="UTC", opens_at="00:00", closes_at=(timezone.now() + timedelta(seconds=20)).time()
        ),
        in_line(run, bob, 8),
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_so_can_every_refusal(
    name: str, house: dict[str, Any], visitor: Client, brackets: None, ada: User, bob: User, make_run: Make,
    make_puff: Make,
) -> None:  # fmt: skip
    Run.everything.filter(rehearsal=None).exclude(state="ended").delete()
    REFUSALS[name](make_run, make_puff, ada, bob)
    response = visitor.post("/clouds/cumulus/press/")
    assert response.status_code >= 400
    assert untranslatable(text(response)) == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_so_can_what_those_who_wait_are_told(
    place: int, house: dict[str, Any], visitor: Client, brackets: None, ada: User, bob: User, make_run: Make
) -> None:
    if place:
        in_line(make_run, bob, place - 1)
    make_run(ada, "waiting" if place else "playing")
    for url in ("/clouds/cumulus/", "/accounts/puffs/", "/clouds/cumulus/story/"):
        assert untranslatable(text(visitor.get(url))) == []


def test_so_can_what_a_guest_is_told(house: dict[str, Any], client: Client, brackets: None) -> None:
    assert untranslatable(text(client.post(house["pass"], {"name": ""}))) == []
    client.post(house["pass"], {"name": "Ada"})
    for url in ("/clouds/cumulus/", "/accounts/me/", "/accounts/keep/"):
        assert untranslatable(text(client.get(url))) == []


ASKED: list[tuple[str, dict[str, Any]]] = [
    ("/accounts/signup/", {"name": "Ada", "password": "1234"}),
    ("/accounts/signup/", {"name": "visitor", "password": ""}),
    ("/accounts/login/", {"username": "Ada", "password": "wrong"}),
    ("/accounts/name/", {"name": "Ada\u202e"}),
    ("/accounts/password/", {"old": "wrong", "new": "another long phrase"}),
    ("/accounts/erase/", {}),
    ("/runs/99999/end/", {}),
    ("/clouds/cumulus/press/", {"fact": "99999"}),
    ("/admin/clouds/venue/{venue}/hold/", {}),
    ("/admin/clouds/venue/{venue}/hold/", {"until": "soon"}),
    ("/admin/clouds/venue/{venue}/hold/", {"until": "2001-01-01T00:00"}),
    ("/admin/clouds/venue/add/", {"name": "", "time_zone": "Moon", "closed_on": "1"}),
    ("/admin/clouds/cloud/{cloud}/puff/", {"seconds": "x"}),
    ("/admin/clouds/cloud/{cloud}/puff/", {"seconds": "9999"}),
    ("/admin/clouds/cloud/{cloud}/note/", {"kind": "set", "percent": ""}),
    ("/admin/clouds/cloud/add/", {"name": "", "puff_seconds": "99", "hard_cap_seconds": "5"}),
    ("/admin/clouds/plug/{plug}/wish/", {"wish": "fly"}),
    ("/admin/clouds/plug/add/", {"name": "Gale", "host": "8.8.8.8", "port": "1", "venue": "{venue}"}),
    ("/admin/clouds/run/{run}/end/", {}),
    ("/admin/clouds/run/{run}/pause/", {}),
    ("/admin/clouds/program/{program}/run/", {}),
    ("/admin/clouds/program/{program}/rehearse/", {"clouds": ["{cloud}"], "speed": "99"}),
    ("/admin/clouds/program/{program}/rehearse/", {"clouds": ["{cloud}"], "speed": "10", "percent": "100"}),
    ("/admin/clouds/program/picture/", {"steps-TOTAL_FORMS": "0", "steps-INITIAL_FORMS": "0"}),
    (
        "/admin/clouds/program/add/",
        {"name": "Gale", "repeats": "1", "scale_percent": "100", "steps-TOTAL_FORMS": "0", "steps-INITIAL_FORMS": "0"},
    ),
    (
        "/admin/clouds/show/add/",
        {
            "name": "Gale", "venue": "{venue}", "program": "{program}", "scale_percent": "100", "stagger_seconds": "0",
            "first_on": "2026-01-01", "starts_at": "10:00", "kind": "weekdays", "lines-TOTAL_FORMS": "0",
            "lines-INITIAL_FORMS": "0", "dates-TOTAL_FORMS": "0", "dates-INITIAL_FORMS": "0",
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("url", "said"), ASKED, ids=lambda part: part if isinstance(part, str) else "")
def test_so_can_what_is_said_of_bad_input(
    url: str, said: dict[str, Any], house: dict[str, Any], desk: Client, visitor: Client, brackets: None
) -> None:
    browser = Client() if "signup" in url or "login" in url else desk if "admin" in url else visitor
    filled = {name: [one.format(**house) for one in value] if isinstance(value, list) else value.format(**house)
              for name, value in said.items()}  # fmt: skip
    response = browser.post(url.format(**house), filled)
    assert response.status_code in (200, 400, 404, 409, 422)
    assert untranslatable(text(response)) == []


DONE: list[tuple[str, dict[str, Any]]] = [
    ("/admin/clouds/venue/{venue}/stop/", {}),
    ("/admin/clouds/venue/{venue}/release/", {}),
    ("/admin/clouds/venue/{venue}/hold/", {"minutes": "5"}),
    ("/admin/clouds/venue/{venue}/end_hold/", {}),
    ("/admin/clouds/cloud/{cloud}/puff/", {"seconds": "2"}),
    ("/admin/clouds/cloud/{cloud}/note/", {"kind": "vented"}),
    ("/admin/clouds/plug/{plug}/wish/", {"wish": "test"}),
    ("/admin/clouds/guestpass/{guestpass}/revoke/", {}),
    ("/admin/clouds/program/{program}/run/", {"clouds": ["{cloud}"]}),
    ("/admin/clouds/show/", {"action": "switch_off", "_selected_action": "{show}"}),
    ("/admin/clouds/plug/", {"action": "switch_them_off", "_selected_action": "{plug}"}),
    ("/admin/clouds/show/{show}/delete/", {"post": "yes"}),
]


@pytest.mark.parametrize(("url", "said"), DONE, ids=lambda part: part if isinstance(part, str) else "")
def test_so_can_what_curators_are_told_of_what_they_did(
    url: str, said: dict[str, Any], house: dict[str, Any], desk: Client, brackets: None
) -> None:
    filled = {name: [one.format(**house) for one in value] if isinstance(value, list) else value.format(**house)
              for name, value in said.items()}  # fmt: skip
    response = desk.post(url.format(**house), filled, follow=True)
    assert response.redirect_chain
    assert untranslatable(text(response)) == []
    # What was written down of it is written in the language of the site.
    assert untranslatable(text(desk.get("/admin/clouds/act/"))) == []


@pytest.mark.parametrize("rule", ["", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,FR", "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYMONTHDAY=3", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=DAILY;BYHOUR=19,20;BYMINUTE=0,30"])  # fmt: skip
def test_so_can_when_a_show_recurs(rule: str, brackets: None) -> None:
    assert outside(patterns.in_words(rule, timezone.now().replace(hour=19, minute=0).time())) == ""


def test_so_can_what_a_pure_module_says(brackets: None) -> None:
    with pytest.raises(BadRule) as caught:
        patterns.rrule(patterns.Pattern(patterns.Kind.WEEKDAYS), timezone.now().time())
    assert str(caught.value) == "Choose at least one weekday."
    assert caught.value.said(translation.gettext) == "⟦Choose at least one weekday.⟧"


def test_what_is_written_down_is_plain_text(house: dict[str, Any], cloud: Cloud, curator: User) -> None:
    actions.play(cloud, [Step(Do.INFLATE, 2.0)], by=curator)
    actions.stop(cloud.venue, by=curator)
    assert Run.objects.first().reason == "Everything was stopped by Curator."
    assert type(Run.objects.first().reason) is str


def test_a_name_is_forgotten_in_every_language_that_the_site_has_spoken(
    ada: User, make_run: Make, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    monkeypatch.setitem(trans_real._translations, "de", Brackets())
    for reason in ("Ended by Ada.", "⟦Ended by Ada.⟧"):
        make_run(ada, "ended", reason=reason)
    people.erase(ada)
    assert set(Run.objects.values_list("reason", flat=True)) == {"Ended by whoever asked for it."}


def test_the_names_that_django_makes_of_the_code_are_there_to_be_translated() -> None:
    for model in filter(admin.site.is_registered, apps.get_app_config("clouds").get_models()):
        assert isinstance(model._meta.verbose_name, Promise)
        assert isinstance(model._meta.verbose_name_plural, Promise)
        if "verbose_name" not in model._meta.original_attrs:
            assert str(model._meta.verbose_name) in MODELS
        if "verbose_name_plural" not in model._meta.original_attrs:
            assert str(model._meta.verbose_name_plural) in MODELS
        fields = [field for field in model._meta.local_fields if field.editable and not field.auto_created]
        for field in fields:
            assert isinstance(field.verbose_name, Promise)
            own = field._verbose_name  # type: ignore[attr-defined]
            assert own or str(field.verbose_name) in FIELDS or str(field.verbose_name) in MODELS, field


def test_no_name_is_kept_for_translators_that_nobody_bears() -> None:
    borne = set()
    for model in apps.get_app_config("clouds").get_models():
        borne |= {model._meta.verbose_name_raw, f"{model._meta.verbose_name_raw}s"}
        borne |= {str(field.verbose_name) for field in model._meta.local_fields}
    assert set(FIELDS) | set(MODELS) <= borne


def test_a_press_that_is_granted_looks_no_word_up(
    visitor: Client, conducted: Venue, cloud: Cloud, brackets: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Brackets, "gettext", lambda self, message: asked.append(message) or message)
    assert visitor.post("/clouds/cumulus/press/").status_code == 303
    assert asked == []
