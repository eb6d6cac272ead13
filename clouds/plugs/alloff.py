"""Everything off, when nothing else works: no conductor, no web server, no write to the database."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from clouds.plugs.actor import Actor
from clouds.plugs.facts import Confirmed


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one plug: confirmed off, or the trouble with it."""

    name: str
    confirmed: Confirmed | None
    trouble: str


async def switch_off(actors: Iterable[tuple[str, Actor]], seconds: float) -> AsyncIterator[Answer]:
    """Switch all of these off at once, trying for so many seconds; the answers, in the order in which they come."""
    tasks = [asyncio.create_task(_switch_off(name, actor, seconds)) for name, actor in actors]
    for answer in asyncio.as_completed(tasks):
        yield await answer


async def _switch_off(name: str, actor: Actor, seconds: float) -> Answer:
    try:
        async with asyncio.timeout(seconds):
            return Answer(name, await actor.off(), "")
    except TimeoutError:
        return Answer(name, None, actor.trouble or "It does not answer.")
    finally:
        await actor.close()
