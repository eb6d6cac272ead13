"""Pages travel compressed, tokens don't suffer from it, and what is streamed is still streamed."""

import asyncio
import gzip
import re
import secrets
from collections.abc import Iterator

import pytest
from django.test import AsyncClient, Client

from clouds.models import Cloud
from clouds.views import history

ACCEPT = {"accept-encoding": "gzip"}
PARTS = 1000


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A history of a megabyte that can't be compressed, and what of it was read."""
    parts: list[str] = []

    def endless(_: object) -> Iterator[str]:
        for _ in range(PARTS):
            parts.append(secrets.token_hex(512))
            yield parts[-1]

    monkeypatch.setattr(history, "_parts", endless)
    return parts


def test_a_page_is_compressed_for_who_takes_that(client: Client, cloud: Cloud) -> None:
    plain, packed = client.get("/"), client.get("/", headers=ACCEPT)
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2
    assert b"Cumulus" in gzip.decompress(packed.content)


def test_a_token_is_written_differently_each_time_so_that_its_length_tells_nothing(
    visitor: Client, cloud: Cloud
) -> None:
    pages = [gzip.decompress(visitor.get("/clouds/cumulus/", headers=ACCEPT).content).decode() for _ in range(3)]
    assert len({re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0] for page in pages}) == 3


def test_a_file_that_is_sent_as_it_is_read_still_is(client: Client, db: None, read: list[str]) -> None:
    response = client.get("/history.csv", headers=ACCEPT)
    assert next(part for part in response.streaming_content if len(part) > 100)
    assert len(read) < PARTS / 4


@pytest.mark.django_db(transaction=True)
def test_so_does_an_asgi_server(read: list[str]) -> None:
    async def fetch() -> int:
        response = await AsyncClient().get("/history.csv", headers=ACCEPT)
        assert response["Content-Encoding"] == "gzip"
        async for part in response.streaming_content:
            if len(part) > 100:
                break
        return len(read)

    assert asyncio.run(fetch()) < PARTS / 4
