"""Guest passes: who is let in, how often, and under which name."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from time_machine import TimeMachineFixture

from clouds import people, refusals
from clouds.models import Act, Cloud, GuestPass, User, Venue
from clouds.models.guestpass import SIGNATURE_LENGTH

from . import make
from .conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest_pass(cloud: Cloud) -> GuestPass:
    """A pass for whoever stands before the cloud."""
    return GuestPass.objects.create(venue=cloud.venue, cloud=cloud)


def signed(guest_pass: GuestPass) -> str:
    return guest_pass.path.removeprefix("/pass/").removesuffix("/")


def test_a_pass_lets_any_number_in_each_as_a_user_without_a_password(guest_pass: GuestPass) -> None:
    guests = [people.join(guest_pass, name) for name in ("Ada", "Bob", "Zoë")]
    guest_pass.refresh_from_db()
    assert guest_pass.uses == 3
    assert [guest.name for guest in guests] == ["Ada", "Bob", "Zoë"]
    assert all(guest.is_guest and not guest.is_staff for guest in guests)


def test_who_finds_their_name_taken_gets_the_next_and_is_told(guest_pass: GuestPass, ada: User) -> None:
    guest = people.join(guest_pass, "aDa")
    assert (guest.name, guest.notice) == ("aDa 2", "Somebody is called aDa already, so you are aDa 2.")


@pytest.mark.parametrize(
    ("fields", "refusal", "word"),
    [
        ({"valid_until": NOON}, refusals.PassOver, "no longer valid"),
        ({"valid_from": NOON + timedelta(seconds=1)}, refusals.PassNotYet, "not valid yet"),
        ({"revoked_at": NOON}, refusals.PassOver, "withdrawn"),
        ({"most_uses": 2, "uses": 2}, refusals.PassOver, "used up"),
    ],
)
def test_a_pass_that_will_not_do_lets_nobody_in(
    guest_pass: GuestPass, clock: TimeMachineFixture, fields: dict[str, object], refusal: type[Exception], word: str
) -> None:
    GuestPass.objects.update(**fields)
    with pytest.raises(refusal, match=word):
        people.join(guest_pass, "Ada")
    assert not User.objects.exists()
    assert GuestPass.objects.get().uses == fields.get("uses", 0)


def test_it_is_valid_from_its_first_moment_on_and_up_to_its_last(
    guest_pass: GuestPass, clock: TimeMachineFixture
) -> None:
    GuestPass.objects.update(valid_from=NOON, valid_until=NOON + timedelta(microseconds=1))
    assert people.join(guest_pass, "Ada").joined_at == NOON


def test_a_form_that_is_sent_twice_makes_one_guest(guest_pass: GuestPass, clock: TimeMachineFixture) -> None:
    GuestPass.objects.update(most_uses=1)
    ada = people.join(guest_pass, "Ada", form="a form")
    assert people.join(guest_pass, "Ada", form="a form") == ada
    assert GuestPass.objects.get().uses == 1
    with pytest.raises(refusals.PassOver):
        people.join(guest_pass, "Ada", form="another form")


def test_an_old_form_is_nobodys_way_in(guest_pass: GuestPass, clock: TimeMachineFixture) -> None:
    ada = people.join(guest_pass, "Ada", form="a form")
    clock.shift(people.FORM_LASTS)
    assert people.join(guest_pass, "Ada", form="a form") != ada
    people.keep(bob := people.join(guest_pass, "Bob", form="a new form"), "a long pass phrase")
    assert people.join(guest_pass, "Bob", form="a new form") != bob


@pytest.mark.django_db(transaction=True)
def test_of_fifty_at_once_as_many_are_let_in_as_may_be(guest_pass: GuestPass) -> None:
    GuestPass.objects.update(most_uses=7)
    answers = make.at_once(*[lambda: people.join(guest_pass, "Ada")] * 50)
    assert sum(isinstance(answer, User) for answer in answers) == 7
    assert sum(isinstance(answer, refusals.PassOver) for answer in answers) == 43
    assert GuestPass.objects.get().uses == User.objects.count() == 7
    assert User.objects.values_list("look", flat=True).distinct().count() == 7


@pytest.mark.django_db(transaction=True)
def test_a_double_tap_at_the_same_moment_makes_one_guest(guest_pass: GuestPass) -> None:
    answers = make.at_once(*[lambda: people.join(guest_pass, "Ada", form="a form")] * 10)
    assert len({answer.pk for answer in answers if isinstance(answer, User)}) == 1
    assert GuestPass.objects.get().uses == 1


def test_its_address_is_short_and_is_understood_as_it_was_typed(guest_pass: GuestPass) -> None:
    text = signed(guest_pass)
    assert len(text) == len(str(guest_pass.pk)) + 1 + SIGNATURE_LENGTH
    misread = text.upper().replace("0", "O").replace("1", "I")
    assert GuestPass.objects.signed(text) == GuestPass.objects.signed(misread) == guest_pass


def test_a_made_up_address_is_no_pass(guest_pass: GuestPass) -> None:
    number, _, signature = signed(guest_pass).partition(".")
    other = GuestPass.objects.create(venue=guest_pass.venue, cloud=guest_pass.cloud)
    wrong = "2" if signature[0] != "2" else "3"
    for text in (
        "", ".", number, f"{number}.", f"{number}.{wrong}{signature[1:]}", f"{number}.{signature[:-1]}",
        f"{other.pk}.{signature}", f"{number}.{signature}x", f"x.{signature}", "9" * 400 + f".{signature}",
    ):  # fmt: skip
        assert GuestPass.objects.signed(text) is None, text


def test_a_pass_whose_row_is_gone_is_none(guest_pass: GuestPass) -> None:
    text = signed(guest_pass)
    guest_pass.delete()
    assert GuestPass.objects.signed(text) is None


def test_making_and_revoking_are_written_down(guest_pass: GuestPass, curator: User, venue: Venue) -> None:
    new = GuestPass(venue=venue, kind="person", person="Ada")
    people.save_pass(new, by=curator, change=new.save)
    people.revoke(new, by=curator)
    with pytest.raises(refusals.TooLate):
        people.revoke(new, by=curator)
    assert [(act.kind, act.about, act.name) for act in Act.objects.order_by("pk")] == [
        ("pass", f"made: Ada ({new.pk})", "Curator"),
        ("pass", f"revoked: Ada ({new.pk})", "Curator"),
    ]


def test_a_look_is_one_persons_also_behind_the_models_back(ada: User) -> None:
    bob = User.objects.create_user("Bob")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=bob.pk).update(look=ada.look)
