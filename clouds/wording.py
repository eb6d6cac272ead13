"""Sentences that are made where no language is known: English as they stand, and in parts to translate."""

from collections.abc import Callable


def gettext_noop(sentence: str) -> str:
    """The sentence as it is. By this name `makemessages` finds it."""
    return sentence


class Worded(ValueError):
    """Something can't be, for a reason that people are told. `str()` is the sentence in English, for logs and tests."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence % values if values else sentence)
        self._sentence, self._values = sentence, values

    def said(self, translate: Callable[[str], str]) -> str:
        """The sentence in the language into which `translate` translates."""
        sentence = translate(self._sentence)
        return sentence % self._values if self._values else sentence
