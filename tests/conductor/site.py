"""A venue with simulated plugs, its conductor, and somebody who asks things of the database, in one process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connection

from clouds.conductor import house
from clouds.conductor.baton import Baton
from clouds.conductor.house import House
from clouds.models import Cloud, Plug, Puff, Run, User, Venue
from clouds.simulator import CloudSpec, Simulator
from tests.plugs.stage import cleanly, until

T = TypeVar("T")
AT_MOST_SECONDS = 30.0


class Office:
    """Somebody with a connection of their own to the database: a loop may not wait for one."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="office")

    async def __call__(self, deed: Callable[[], T]) -> T:
        """Have it done."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, deed)

    async def until(self, true: Callable[[], T], what: str) -> T:
        """Wait until this is true of the database, and return it."""
        end = asyncio.get_running_loop().time() + AT_MOST_SECONDS / 2
        while not (answer := await self(true)):
            assert asyncio.get_running_loop().time() < end, f"Waited in vain until {what}"
            await asyncio.sleep(0.02)
        return answer

    async def close(self) -> None:
        """Go home."""
        await self(lambda: connection.close())  # the one of that thread
        self._thread.shutdown()


class Site:
    """Clouds "A" and "B", on simulated plugs."""

    def __init__(self, simulator: Simulator, office: Office) -> None:
        self.simulator = simulator
        self.office = office
        self.house: House | None = None
        self.conducting: asyncio.Task[None] | None = None
        self.holder = ""

    async def furnish(self) -> None:
        """Rows for all there is; nobody knows the plugs' MAC addresses yet."""

        def make() -> None:
            self.venue = Venue.objects.get_or_create(slug="gallery", defaults={"name": "The gallery"})[0]
            self.curator = User.objects.create_superuser("Curator")
            self.ada = User.objects.create_user("Ada")
            for cloud in self.simulator.clouds:
                row = Cloud.objects.create(
                    venue=self.venue, name=cloud.name, slug=cloud.name.lower(), puff_seconds=1.0, rest_seconds=0.0
                )
                self.make_plug(row, cloud.inflate.port)

        await self.office(make)

    def make_plug(self, cloud: Cloud | None, port: int, **fields: Any) -> Plug:
        """A plug, by whoever may ask the database."""
        values = {"name": f"Plug {port}", "host": "127.0.0.1", "port": port, "simulated": True} | fields
        return Plug.objects.create(venue=self.venue, cloud=cloud, **values)

    async def conduct(self) -> None:
        """Begin to conduct."""
        baton = Baton(self.venue.pk)
        assert await self.office(baton.take)
        self.holder = baton.holder
        houses: list[House] = []
        make, house.House = house.House, lambda *args: houses.append(make(*args)) or houses[-1]  # type: ignore
        try:
            self.conducting = asyncio.create_task(house.conduct(baton))
            await until(lambda: houses, "there is a conductor")
        finally:
            house.House = make  # type: ignore[misc]
        self.house = houses[0]

    async def settled(self) -> None:
        """Wait until every plug is written down as off and in order."""
        wrong = lambda: Plug.objects.exclude(relay=Plug.Relay.OFF, trouble="").exists()  # noqa: E731
        await self.office.until(lambda: not wrong(), "every plug is off")

    async def leave(self, why: str = "The site was shut down.") -> None:
        """Have the conductor leave, if there is one."""
        if self.house is not None and self.conducting is not None:
            self.house.leave(why)
            await asyncio.wait_for(asyncio.wait([self.conducting]), AT_MOST_SECONDS)

    async def cloud(self, name: str = "A") -> Cloud:
        """One of the clouds."""
        return await self.office(lambda: Cloud.objects.select_related("venue").get(name=name))

    async def ended(self, run: Run) -> Run:
        """A run, when it has ended."""
        ended = lambda: Run.objects.filter(pk=run.pk, state=Run.State.ENDED).first()  # noqa: E731
        return await self.office.until(ended, "the run has ended")

    async def puff(self, run: Run) -> Puff:
        """The only puff of a run, which is over."""
        return await self.office(lambda: Puff.objects.get(run=run, off_at__isnull=False))

    async def is_on(self, name: str = "A/inflate") -> None:
        """Wait until it is."""
        await self.simulator.wait_for(name, "relay_on", timeout=AT_MOST_SECONDS / 2)

    def relays(self, name: str = "A/inflate") -> list[tuple[int, str]]:
        """What the relay of a plug did, and why."""
        return [(change["state"], change["reason"]) for change in self.simulator.record() if change["plug"] == name]

    def seconds_on(self, name: str = "A/inflate") -> float:
        """How long the pump was on, from its first ON to its first OFF."""
        on, off = [change["at"] for change in self.simulator.record() if change["plug"] == name][:2]
        return float(off - on)


@contextlib.asynccontextmanager
async def open_site(*, conducted: bool) -> AsyncIterator[Site]:
    """A site for a scene."""
    office = Office()
    try:
        async with Simulator([CloudSpec("A"), CloudSpec("B")]) as simulator:
            site = Site(simulator, office)
            await site.furnish()
            try:
                if conducted:
                    await site.conduct()
                    await site.settled()
                yield site
            finally:
                simulator.clear()
                await site.leave()
                assert all(not plug["relay"] for plug in simulator.plugs())
    finally:
        await office.close()


def play(scene: Callable[[Site], Awaitable[None]], *, conducted: bool = True) -> None:
    """Play a scene on a site; nothing may be left of it."""

    async def play_and_look() -> set[asyncio.Task[object]]:
        async with open_site(conducted=conducted) as site, asyncio.timeout(AT_MOST_SECONDS):
            await scene(site)
        await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]

    cleanly(play_and_look())
