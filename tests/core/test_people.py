"""Names: what is the same name, what may not be one, and who logs in by which."""

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from clouds.models import User
from clouds.models.user import NAME_LENGTH, key_of, tidy, validate_name

from .strategies import in_peace

SAME_AS_ADA_B = ["Ada B", "ada b", "ADA B", "aDa b", " Ada  B ", "Ada\tB", "Ada\u00a0B", "Ada\u2003B", "Ａｄａ　Ｂ"]
HIDDEN = {
    "right to left": "Ada\u202eevil",
    "an embedding": "\u202aAda",
    "an isolate": "Ada\u2066B",
    "a mark of direction": "Ada\u200f",
    "a space of no width": "Ada\u200bB",
    "a joiner": "Ada\u200dB",
    "a soft hyphen": "A\u00adda",
    "a byte order mark": "\ufeffAda",
    "a null": "Ada\0",
    "a bell": "Ada\x07",
    "an escape": "\x1b[31mAda",
    "a delete": "Ada\x7f",
    "a private character": "Ada\ue000",
    "half a character": "Ada\ud800",
    "a tag": "Ada\U000e0041",
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", SAME_AS_ADA_B)
def test_names_that_differ_in_case_and_spacing_only_are_the_same(name: str) -> None:
    User.objects.create_user("Ada B")
    with pytest.raises(ValidationError, match="Somebody has this name already"):
        User(name=name, password="x").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(name)


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "same"), [("Straße", "STRASSE"), ("Ǆ", "ǆ"), ("ﬁn", "FIN"), ("é", "E\u0301")])
def test_letters_that_only_look_different_make_the_same_name(name: str, same: str) -> None:
    User.objects.create_user(name)
    with pytest.raises(ValidationError, match="Somebody has this name already"):
        User(name=same, password="x").full_clean()


@pytest.mark.django_db
def test_other_names_are_other_names() -> None:
    User.objects.create_user("Ada")
    for name in ("Adá", "Adam", "A da", "Ada 2", "Ада", "☁ Ada", "李雷", "محمد", "O’Neill"):
        user = User(name=name, password="x")
        user.full_clean()
        user.save()
    assert User.objects.count() == 10


@pytest.mark.django_db
def test_a_user_keeps_their_own_name_when_they_are_saved_again() -> None:
    ada = User.objects.create_user("Ada", "a long pass phrase")
    ada.name = " ADA  Lovelace "
    ada.full_clean()
    ada.save()
    assert (ada.name, User.objects.get_by_natural_key("ada lovelace")) == ("ADA Lovelace", ada)


@pytest.mark.django_db
@pytest.mark.parametrize("name", HIDDEN.values(), ids=HIDDEN.keys())
def test_characters_that_cannot_be_seen_are_refused(name: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        User(name=name, password="x").full_clean()
    assert "cannot be shown" in refusal.value.message_dict["name"][0]


@pytest.mark.parametrize("name", ["", " ", "\t\n", "\u3000\u00a0"])
def test_a_name_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="Please choose a name"):
        validate_name(name)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["x" * (NAME_LENGTH + 1), "ﷺ" * 3, "x" * 10_000])
def test_a_name_that_is_too_long_to_show_is_refused(name: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        User(name=name, password="x").full_clean()
    assert any("at most 40 characters" in sentence for sentence in refusal.value.message_dict["name"])


@pytest.mark.django_db
def test_the_longest_name_can_be_kept_whatever_its_letters() -> None:
    for letter in ("x", "ΐ", "ß", "ẞ", "李"):
        user = User(name=letter * NAME_LENGTH, password="x")
        user.full_clean()
        user.save()
        assert User.objects.get_by_natural_key(user.name.upper()) == user
        user.delete()


@in_peace
@given(st.text(max_size=60))
def test_a_name_that_is_valid_stays_valid_and_has_a_key_that_fits(name: str) -> None:
    try:
        validate_name(name)
    except ValidationError:
        return
    shown = tidy(name)
    assert tidy(shown) == shown
    assert key_of(shown) == key_of(name)
    assert 0 < len(key_of(name)) <= User._meta.get_field("name_key").max_length


@pytest.mark.django_db
@pytest.mark.parametrize("name", SAME_AS_ADA_B)
def test_one_logs_in_by_ones_name_in_any_case(name: str) -> None:
    user = User.objects.create_user("Ada B", "a long pass phrase")
    assert authenticate(username=name, password="a long pass phrase") == user
    assert authenticate(username=name, password="A long pass phrase") is None


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "Nobody", None])
def test_nobody_logs_in_by_a_name_that_nobody_has(name: str | None) -> None:
    User.objects.create_user("Ada", "a long pass phrase")
    assert authenticate(username=name, password="a long pass phrase") is None


@pytest.mark.django_db
def test_without_a_password_nobody_can_log_in_as_them() -> None:
    User.objects.create_user("Ada")
    assert authenticate(username="Ada", password="") is None
    assert authenticate(username="Ada", password=None) is None


@pytest.mark.django_db
def test_a_visitor_is_no_curator_and_the_first_curator_may_do_everything() -> None:
    ada, curator = User.objects.create_user("Ada"), User.objects.create_superuser("Curator", "a long pass phrase")
    assert (ada.is_staff, ada.is_superuser) == (False, False)
    assert (curator.is_staff, curator.is_superuser) == (True, True)
    assert str(ada) == "Ada"
