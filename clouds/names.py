"""Names: how one is tidied, when two are the same or look the same, and what may not stand in one.

Any script is welcome. A word in two alphabets that share looks is not, and a letter that looks like a Latin one counts
as that. The facts are those of Unicode's report 39, in a table that is small enough to be read.
"""

import re
import unicodedata

from django.utils.translation import gettext as _

LONGEST = 40
# Marks on one letter: accents need no more than two, scripts that write vowels as marks need some more.
MOST_ACCENTS, MOST_MARKS = 2, 4
# Unicode categories that may not stand in a name: controls, direction overrides and the like, line breaks.
_BARRED = ("C", "Zl", "Zp")
# Letters, marks and symbols that show nothing.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
# What a phone adds to a symbol, to say whether it is meant in colour.
_PRESENTATION = str.maketrans("", "", "\ufe0e\ufe0f")
# Alphabets that have letters in common, by their looks.
ALPHABETS = frozenset({"LATIN", "GREEK", "CYRILLIC", "COPTIC", "ARMENIAN", "CHEROKEE"})
# For each sign what looks like it, as a capital or as a small letter: the plain ones of Unicode's confusables.txt.
LOOK_ALIKES = {
    "a": "ΑαАаɑ", "b": "ΒВЬь", "c": "СсϲϹ", "d": "ԁ", "e": "ΕЕе", "g": "ɡ", "h": "ΗНһҺ", "i": "ιіɩı", "j": "ЈјϳͿ",
    "k": "ΚκКк", "l": "I1|ΙІӀӏ", "m": "ΜМ", "n": "Νηո", "o": "ΟοОо0օ", "p": "ΡρРр", "q": "ԛ", "r": "г", "s": "Ѕѕ",
    "t": "ΤТ", "u": "υսʋ", "v": "νѵѴ", "w": "ԝԜ", "x": "ΧχХх", "y": "ΥγУуҮү", "z": "Ζ", "'": "’‘ʼ`´", "-": "‐‑–—−",
}  # fmt: skip
_LOOKS = str.maketrans({other: sign for sign, others in LOOK_ALIKES.items() for other in others})
# How words are written that somebody expects to be refused; "i" and "l" hide behind the same signs.
_DISGUISES = str.maketrans({"3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "l", "i": "l"})
_ADORNED = re.compile(r"LATIN (?:SMALL|CAPITAL) LETTER ([A-Z]) WITH |LATIN LETTER SMALL CAPITAL ([A-Z])$")


class Unfit(ValueError):
    """A name that can't be shown to everyone. The message says why, in the words of who chose it; `code` in one."""

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(sentence)
        self.code = code


def tidy(name: str) -> str:
    """A name as it is shown: composed, and with single plain spaces."""
    return " ".join(unicodedata.normalize("NFKC", name.translate(_PRESENTATION)).split())


def key_of(name: str) -> str:
    """What makes two names the same, when one logs in: their case and spacing are ignored."""
    return unicodedata.normalize("NFKC", tidy(name).casefold())


def look_of(name: str) -> str:
    """What a name looks like at a glance, so that nobody poses as another: “Αdа” looks like “Ada”, and “AI” like “Al”.

    It is read before the case is folded, since a capital I looks like an l and a small i doesn't.
    """
    letters = unicodedata.normalize("NFD", tidy(name)).translate(_LOOKS)
    return unicodedata.normalize("NFC", letters.casefold().translate(_LOOKS).replace("rn", "m"))


def fold(text: str) -> str:
    """The letters and digits of a text with every disguise taken off, to look for words that are not wanted."""
    bare = "".join(map(_bare, unicodedata.normalize("NFKD", tidy(text)))).translate(_LOOKS)
    return "".join(filter(str.isalnum, bare.casefold().translate(_LOOKS).translate(_DISGUISES)))


def folds(text: str) -> frozenset[str]:
    """The same with its signs read as letters, and with its signs left out: “Adm!n!” is meant to be read as “Admin”."""
    plain = "".join(sign for sign in text if sign.isalnum())
    return frozenset({fold(text), fold(plain), fold(text.rstrip("!|@$"))} - {""})


def check(name: str) -> None:
    """Raise Unfit unless a name, tidied or not, is one that can be shown to everyone."""
    name = tidy(name)
    if not name:
        raise Unfit(_("Please choose a name."), "blank")
    if len(name) > LONGEST:
        raise Unfit(_("Please choose a name of at most %(count)d characters.") % {"count": LONGEST}, "long")
    if any(unicodedata.category(sign).startswith(_BARRED) or sign in _BLANK for sign in name):
        raise Unfit(_("This name has characters that cannot be shown. Please choose another."), "hidden")
    if not any(unicodedata.category(sign)[0] in "LN" for sign in name):
        raise Unfit(_("Please choose a name with a letter in it, so that it can be said aloud."), "mute")
    if _most_marks(name) > 1:
        raise Unfit(_("This name has too many marks on one letter. Please choose another."), "marks")
    if any(len(_alphabets(word)) > 1 for word in name.split()):
        raise Unfit(_("This name mixes alphabets within a word. Please write it in one."), "mixed")


def _bare(sign: str) -> str:
    """A letter without what adorns it; "" for a mark."""
    if unicodedata.combining(sign) or unicodedata.category(sign) == "Mn":
        return ""
    found = _ADORNED.match(unicodedata.name(sign, ""))
    return (found[1] or found[2]).lower() if found else sign


def _script(sign: str) -> str:
    """LATIN, say: the first word of a letter's own name in Unicode."""
    return unicodedata.name(sign, "").split(" ")[0]


def _alphabets(word: str) -> frozenset[str]:
    return ALPHABETS & {_script(sign) for sign in word if unicodedata.category(sign).startswith("L")}


def _most_marks(name: str) -> float:
    """The most marks that a letter bears, as a share of those that it may."""
    most, marks, may = 0.0, 0, 0
    for sign in unicodedata.normalize("NFD", name):
        if unicodedata.category(sign) in ("Mn", "Me"):
            marks += 1
            most = max(most, 2.0 if not may or _strikes_out(sign) else marks / may)
        else:
            marks, may = 0, MOST_ACCENTS if _script(sign) in ALPHABETS else MOST_MARKS
    return most


def _strikes_out(mark: str) -> bool:
    """Whether a mark goes through its letter, or around it."""
    return unicodedata.combining(mark) == 1 or unicodedata.category(mark) == "Me"
