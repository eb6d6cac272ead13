"""A place in a list that is sorted by a moment and a number, as it stands in a page's address."""

from datetime import UTC, datetime, timedelta

from django.core import signing

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Place = tuple[datetime, int]


class BadCursor(ValueError):
    """This is no place that the site has ever named."""


def write(at: datetime, pk: int) -> str:
    """A place, signed, so that only places which the site itself named are ever looked up."""
    return signing.Signer(salt="cursor").sign_object([(at - EPOCH) // timedelta(microseconds=1), pk])


def read(text: str) -> Place:
    """The place that `write` wrote. Raises BadCursor for anything else."""
    try:
        microseconds, pk = signing.Signer(salt="cursor").unsign_object(text)
    except (signing.BadSignature, ValueError) as error:
        raise BadCursor(text) from error
    return EPOCH + timedelta(microseconds=microseconds), pk
