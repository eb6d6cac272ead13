"""Names: what looks like what, what may not stand in one, what the gallery keeps for itself, and words not wanted."""

import unicodedata

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from clouds import names
from clouds.models import BlockedWord, User
from clouds.models.user import RESERVED, validate_chosen_name

from .strategies import in_peace

LOOK_LIKE = [
    ("Аса", "Aca"),  # Cyrillic throughout
    ("Ροο", "Poo"),  # Greek throughout
    ("AIan", "Alan"),  # a capital I for an l
    ("A1an", "Alan"),
    ("B0b", "Bob"),
    ("Bemd", "Bernd"),
    ("O’Neill", "O'Neill"),
    ("Ann‐Marie", "Ann-Marie"),
    ("Adaı", "Adai"),
    ("☁️", "☁"),
]


@pytest.mark.parametrize(("one", "other"), LOOK_LIKE)
def test_names_that_cannot_be_told_apart_look_alike(one: str, other: str) -> None:
    assert names.look_of(one) == names.look_of(other)


@pytest.mark.parametrize(("one", "other"), [("Ella", "Elia"), ("Zoe", "Zoë"), ("Ada", "Ada 2"), ("Ада", "Ada")])
def test_names_that_can_be_told_apart_don_t(one: str, other: str) -> None:
    assert names.look_of(one) != names.look_of(other)


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "other"), [pair for pair in LOOK_LIKE if "☁" not in pair])
def test_nobody_poses_as_another(one: str, other: str) -> None:
    User.objects.create_user(other)
    with pytest.raises(ValidationError, match="Somebody has this name already"):
        User(name=one, password="x").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(one)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Αda", "mixed"),  # Greek and Latin
        ("Аda", "mixed"),  # Cyrillic and Latin
        ("Adа Lovelace", "mixed"),
        ("Ada\u202egro", "hidden"),
        ("Ada\u2067", "hidden"),
        ("Ada\u200b", "hidden"),
        ("A\u034fda", "hidden"),
        ("\u3164\u3164", "hidden"),
        ("\u2800", "hidden"),
        ("Z̸ada", "marks"),
        ("A\u20dd", "marks"),
        ("Z" + "\u0301" * 3, "marks"),
        ("\u0301Ada", "marks"),
        ("☁", "mute"),
        ("🎈🎈", "mute"),
        ("!!!", "mute"),
        ("x" * 41, "long"),
        ("", "blank"),
    ],
)
def test_a_name_that_will_not_do_is_refused(name: str, code: str) -> None:
    with pytest.raises(names.Unfit) as unfit:
        names.check(name)
    assert unfit.value.code == code
    assert str(unfit.value).endswith(".")


@pytest.mark.parametrize(
    "name",
    [
        "Ada", "☁ Ada", "Ада Лавлейс", "Άντα", "李雷", "محمد", "שָׁלוֹם", "नमस्ते", "สมชาย", "Việt", "Ọlá", "Łukasz",
        "O’Neill", "Ada 李", "김철수", "X Æ A-12", "<b>Ada</b>", "'; DROP TABLE x; --", "Ada & Дмитрий", "42",
    ],
)  # fmt: skip
def test_a_name_of_any_script_will_do(name: str) -> None:
    names.check(name)


@in_peace
@given(st.text(max_size=60))
def test_a_fit_name_stays_fit_and_what_is_kept_of_it_fits(name: str) -> None:
    try:
        names.check(name)
    except names.Unfit:
        return
    names.check(names.tidy(name))
    assert 0 < len(names.look_of(name)) <= User._meta.get_field("look").max_length
    assert names.look_of(names.tidy(name)) == names.look_of(name)
    assert unicodedata.is_normalized("NFC", names.look_of(name))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "a visitor",
        "A  Visitor",
        "Curator",
        "CURATOR 2",
        "Сurаtоr",
        "Adm1n",
        "àdmín",
        "Guest 12",
        "Admin!",
        "@admin",
        "Adm!n!",
        "Curator Ada",
        "Ada (curator)",
        "Ada, M0DERATOR",
    ],
)
def test_what_could_be_taken_for_the_gallerys_own_is_refused(name: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        validate_chosen_name(name)
    assert refusal.value.code in ("reserved", "mixed")


def test_the_names_that_the_history_gives_to_nobody_are_reserved() -> None:
    from clouds.models import Puff

    assert {names.fold(label) for label in Puff.Source.labels} <= RESERVED


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Rotter", "R O T T E R", "r0tt3r", "ROTTÉR", "Mister Rotter!", "xrotterx"])
def test_a_word_that_is_not_wanted_is_found_in_every_disguise(name: str) -> None:
    BlockedWord.objects.create(word="rotter")
    with pytest.raises(ValidationError, match="not wanted here"):
        validate_chosen_name(name)


@pytest.mark.django_db
def test_a_short_word_is_looked_for_as_a_word_only_where_curators_say_so() -> None:
    BlockedWord.objects.create(word="rot", inside=False)
    validate_chosen_name("Karotte")
    for name in ("Rot", "Ada Rot", "r o t"):
        with pytest.raises(ValidationError, match="not wanted here"):
            validate_chosen_name(name)


@pytest.mark.django_db
def test_a_word_is_there_once_and_has_letters() -> None:
    BlockedWord.objects.create(word="rotter")
    for word in ("ROTTER", "r-o-t-t-e-r", "!!", "☁"):
        with pytest.raises(ValidationError):
            BlockedWord(word=word).full_clean()


@pytest.mark.django_db
def test_a_name_that_somebody_has_gets_the_first_number_that_is_free() -> None:
    assert User.objects.free_name(" Ada ") == "Ada"
    for name in ("Ada", "Ada 2", "ADA 4"):
        User.objects.create_user(name)
    assert User.objects.free_name("aDa") == "aDa 3"
    assert len(User.objects.free_name("x" * 40)) == 40
    for name in ("ELIA", "ELIA 2"):  # which look like Ella, and are Elia
        User.objects.create_user(name)
    assert (User.objects.free_name("Elia"), User.objects.free_name("Ella")) == ("Elia 3", "Ella 3")
    User.objects.create_user("x" * 40)
    assert User.objects.free_name("x" * 40) == "x" * 35 + " 2"


@pytest.mark.django_db
def test_a_word_that_is_longer_than_any_name_once_its_signs_are_letters_is_told_so() -> None:
    with pytest.raises(ValidationError, match="longer than any name"):
        BlockedWord(word="\ufdfa" * 40).full_clean()
