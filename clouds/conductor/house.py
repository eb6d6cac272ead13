"""A venue's conductor at work: one event loop, one coroutine for each run, one actor for each plug.

It begins and ends alike: every plug is switched off, and that is confirmed.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Collection, Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from clouds import doorbell, plugs
from clouds.conductor import cluster, desk, ledger, rehearsals, succession
from clouds.conductor.baton import BEAT_EVERY_SECONDS, Baton
from clouds.conductor.desk import News, Outlet
from clouds.conductor.garbage import Sweeper
from clouds.conductor.journal import OUT_OF_REACH, Journal
from clouds.conductor.performance import SHUT_DOWN
from clouds.conductor.performances import Performances
from clouds.conductor.rig import Pump, Rig, Troubles
from clouds.conductor.sightings import Sightings
from clouds.models import Plug
from clouds.plugs import Actor, Confirmed, Reading, Relay

LOOK_ROUND_EVERY_SECONDS = 0.5
# Without news the desk is read this often all the same.
READ_EVERY_SECONDS = 1.0
# What concerns plugs is not read more often than this, however often it rings for something else.
READ_PLUGS_EVERY_SECONDS = 0.25
HEAD_START_SECONDS = 0.005
LEAVE_WITHIN_SECONDS = 8.0
WRITE_WITHIN_SECONDS = 25.0
# At most this share of the plugs that rest is looked at in one round, so that looks never hold up a cue.
SHARE_OF_A_ROUND = 10

log = logging.getLogger(__name__)


async def conduct(baton: Baton) -> None:
    """Conduct the venue whose baton has been taken, until told to leave."""
    journal = Journal()
    try:
        house = House(baton, journal)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, house.leave, _(SHUT_DOWN))
        await house.keep()
    finally:
        await journal.close(WRITE_WITHIN_SECONDS)


class House:
    """The plugs, rigs and performances of a venue whose baton is held."""

    def __init__(self, baton: Baton, journal: Journal) -> None:
        self._baton = baton
        self._journal = journal
        self._outlets: dict[int, Outlet] = {}
        self._actors: dict[int, Actor] = {}
        self._first_offs: dict[int, asyncio.Task[Confirmed]] = {}
        self._rigs: dict[int, Rig] = {}
        self._known_plugs: object = None
        self._performances = Performances(journal, baton.holder, baton.allows_to_begin)
        self._rehearsals = Performances(journal, baton.holder, baton.allows_to_begin)
        self._recovering: set[int] = set()
        self._chores: set[asyncio.Task[Any]] = set()
        self._told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._stopped_at: datetime | None = None
        self._sightings = Sightings()
        self._sweeper = Sweeper()

    def leave(self, why: str) -> None:
        """Leave as soon as everything is off; `why` is what the history will say."""
        if not self._told.done():
            self._told.set_result(why)

    async def keep(self) -> None:
        """Work until told to leave, or until something breaks; leave in good order either way."""
        try:
            async with doorbell.listen() as bell:
                work = [asyncio.ensure_future(job) for job in (self._beat(), self._look_round(), self._attend(bell))]
                ends: list[asyncio.Future[Any]] = [self._told, *work]
                try:
                    done, _pending = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in work:
                        task.cancel()
                    await asyncio.wait(work)
                for ended in done:
                    ended.result()
        finally:
            await self._clear(self._told.result() if self._told.done() else _(SHUT_DOWN))

    async def _clear(self, why: str) -> None:
        """Every pump off and confirmed, what played marked, the baton laid down."""
        ends = [asyncio.ensure_future(actor.off()) for actor in self._actors.values()]
        for playing in (self._performances, self._rehearsals):
            playing.end_all(why)
        performed = self._performances.tasks | self._rehearsals.tasks
        if tasks := [*ends, *performed, *self._chores]:
            await asyncio.wait(tasks, timeout=LEAVE_WITHIN_SECONDS)
        unfinished = self._performances.run_ids
        for playing in (self._performances, self._rehearsals):
            playing.give_up()
        for task in [*ends, *self._chores]:
            task.cancel()
        await asyncio.gather(*(actor.close() for actor in self._actors.values()), return_exceptions=True)
        await asyncio.gather(*ends, *performed, *self._chores, return_exceptions=True)
        self._report(timezone.now())
        self._journal.write(ledger.hand_back, self._baton.holder, unfinished, why, timezone.now())
        self._journal.write(self._baton.lay_down)

    async def _beat(self) -> None:
        """Say every second that the baton is held, and look whether it is time to go."""
        parent = os.getppid()
        while not self._told.done():
            if os.getppid() != parent or await asyncio.to_thread(cluster.is_stopping, parent):
                self.leave(_(SHUT_DOWN))
            try:
                if not await self._journal.ask(self._baton.renew):
                    self.leave(_("Another conductor took over."))
            except OUT_OF_REACH:
                log.warning("The database does not answer.")
            await asyncio.sleep(BEAT_EVERY_SECONDS)

    async def _look_round(self) -> None:
        """Look after the plugs, each when it is due, and write down what is seen of them."""
        while True:
            now = timezone.now()
            due = [plug_id for plug_id, actor in self._actors.items() if actor.is_due]
            busy = [plug_id for plug_id in due if self._actors[plug_id].relay is Relay.ON]
            resting = [plug_id for plug_id in due if plug_id not in busy]
            for plug_id in busy + resting[: 1 + len(self._actors) // SHARE_OF_A_ROUND]:
                self._do(self._look_after(plug_id, self._actors[plug_id]))
            self._report(now)
            await asyncio.sleep(LOOK_ROUND_EVERY_SECONDS)

    async def _look_after(self, plug_id: int, actor: Actor) -> None:
        was_off = actor.relay is Relay.OFF
        reading = await actor.check()
        if reading is None or not reading.relay_on or not was_off:
            return
        self._note_by_hand(plug_id, reading, await actor.off())

    async def _attend(self, bell: doorbell.Bell) -> None:
        """Read the news as soon as there is any, and act on it."""
        await self._take_over()
        clock = asyncio.get_running_loop().time
        plugs_due = clock()
        while True:
            wait, of_plugs = READ_EVERY_SECONDS, clock() >= plugs_due
            try:
                occupied = self._performances.cloud_ids | self._recovering
                news = await self._journal.ask(
                    desk.read,
                    self._baton.venue_id,
                    self._baton.holder,
                    occupied,
                    Troubles(self._rigs),
                    of_plugs=of_plugs,
                    rehearses=bool(self._rehearsals.run_ids),
                )
                wait = await (self._begin(news.parts) if news.parts else self._act_on(news))
                if news.plugs is not None:
                    plugs_due = clock() + READ_PLUGS_EVERY_SECONDS
            except OUT_OF_REACH:
                log.warning("The database does not answer.")
            await bell(wait if of_plugs else min(wait, max(0.0, plugs_due - clock())))

    async def _begin(self, parts: Collection[ledger.Part]) -> float:
        """Have these performed; for a moment they have the interpreter to themselves, then the rest is read."""
        for part in parts:
            self._performances.begin(part, self._rigs.get(part.cloud_id, Rig()))
        await asyncio.sleep(HEAD_START_SECONDS)
        return 0.0

    async def _act_on(self, news: News) -> float:
        """Do what the news ask for; the seconds after which to read again without being rung for."""
        if news.stopped_at != self._stopped_at:
            self._stopped_at = news.stopped_at
            if news.stopped_at is not None:
                self._stop_everything(_("Everything was stopped by %(name)s.") % {"name": news.stopped_by})
        for playing in (self._performances, self._rehearsals):
            playing.tell(news.endings, news.marks)
        for part in news.rehearsals:
            self._do(rehearsals.perform(part, self._rehearsals))
        for plug_id, wish in news.wishes:
            self._grant(plug_id, wish)
        if news.plugs is not None and news.plugs != self._known_plugs:
            await self._fetch_plugs()
            self._known_plugs = news.plugs
        if not news.is_wanted:
            self.leave(_("The venue is closed."))
        if news.next_at is None:
            if not (self._performances.run_ids or self._rehearsals.run_ids):
                self._sweeper.sweep()
            return READ_EVERY_SECONDS
        return min(READ_EVERY_SECONDS, max(0.0, (news.next_at - timezone.now()).total_seconds()))

    def _stop_everything(self, reason: str) -> None:
        self._performances.end_all(reason)
        for actor in self._actors.values():
            actor.switch_off()

    def _grant(self, plug_id: int, wish: str) -> None:
        """Do what a curator wishes of a plug, and answer."""
        # Answered for now, so that it is not granted twice.
        self._journal.write(ledger.answer, plug_id, _("Asked; waiting for the plug."))
        if plug_id not in self._actors:
            self._journal.write(ledger.answer, plug_id, _("The conductor does not know this plug yet. Ask again."))
        elif wish == Plug.Wish.OFF:
            self._do(self._switch_off_by_hand(plug_id))
        else:
            self._do(self._test(plug_id))

    async def _switch_off_by_hand(self, plug_id: int) -> None:
        cloud_id = self._outlets[plug_id].cloud_id
        self._performances.end_on(cloud_id, _("A curator switched the plug off."))
        confirmed = await self._actors[plug_id].off()
        self._journal.write(
            ledger.answer, plug_id, _("It is off, confirmed at %(at)s UTC.") % {"at": f"{confirmed.at:%H:%M:%S}"}
        )

    async def _test(self, plug_id: int) -> None:
        self._journal.write(ledger.answer, plug_id, await self._actors[plug_id].test())

    async def _take_over(self) -> None:
        """The first act: everything off and confirmed, and what a predecessor left is brought to an end."""
        while True:
            try:
                self._recovering = await self._journal.ask(
                    succession.left_behind, self._baton.venue_id, self._baton.holder
                )
                await self._fetch_plugs()
                self._journal.write(rehearsals.lose, self._baton.venue_id, self._baton.holder, timezone.now())
                break
            except OUT_OF_REACH:
                await asyncio.sleep(BEAT_EVERY_SECONDS)
        for cloud_id in self._recovering:
            self._do(self._recover(cloud_id))

    async def _recover(self, cloud_id: int) -> None:
        """Write what was left on a cloud, when all its plugs, whichever these are by then, are confirmed off."""
        offs = self._first_offs_of(cloud_id)
        while not all(off.done() for off in offs.values()):
            await asyncio.wait(offs.values(), timeout=LOOK_ROUND_EVERY_SECONDS)
            offs = self._first_offs_of(cloud_id)
        found = {plug_id: off.result() for plug_id, off in offs.items()}
        taken_up: list[ledger.Part] = []

        def lose() -> None:
            taken_up.extend(
                succession.lose(cloud_id, found, self._baton.holder, self._baton.silent_since, timezone.now())
            )

        # Shielded: who is cancelled while waiting must not take back what is to be written.
        await asyncio.shield(asyncio.wrap_future(self._journal.write(lose)))
        for part in taken_up:
            self._performances.begin(part, self._rigs.get(cloud_id, Rig()))
        self._recovering.discard(cloud_id)

    def _first_offs_of(self, cloud_id: int) -> dict[int, asyncio.Task[Confirmed]]:
        pumps = self._rigs.get(cloud_id, Rig()).pumps.values()
        return {pump.plug_id: self._first_offs[pump.plug_id] for pump in pumps if pump.plug_id is not None}

    async def _fetch_plugs(self) -> None:
        """Know the plugs as their rows say; what is new or has changed is switched off first.

        That one was on is written here, unless its cloud is one of those that are recovered, which tells more.
        """
        known = [self._as_written(outlet) for outlet in self._outlets.values()]
        outlets = {outlet.plug_id: outlet for outlet in await self._journal.ask(desk.outlets, self._baton.venue_id)}
        for outlet in known:
            if outlets.get(outlet.plug_id) != outlet:
                self._do(self._let_go(self._actors.pop(outlet.plug_id), outlet))
                del self._outlets[outlet.plug_id]
                self._sightings.forget(outlet.plug_id)
        for plug_id in outlets.keys() - self._outlets.keys():
            actor = self._actors[plug_id] = plugs.actor_for(outlets[plug_id].address)
            self._first_offs[plug_id] = actor.switch_off()
            if outlets[plug_id].cloud_id not in self._recovering:
                self._do(self._note_if_on(plug_id))
        self._outlets = outlets
        self._rigs = {}
        for outlet in outlets.values():
            if outlet.cloud_id is not None:
                pump = Pump(outlet.plug_id, self._actors[outlet.plug_id])
                self._rigs.setdefault(outlet.cloud_id, Rig()).pumps[outlet.do] = pump

    async def _note_if_on(self, plug_id: int) -> None:
        confirmed = await asyncio.shield(self._first_offs[plug_id])
        if confirmed.before is not None and confirmed.before.relay_on:
            self._note_by_hand(plug_id, confirmed.before, confirmed)

    def _note_by_hand(self, plug_id: int, found: Reading, confirmed: Confirmed) -> None:
        log.warning("Plug %s was on without having been told to; it was switched off.", plug_id)
        seconds = found.on_seconds + int((confirmed.at - confirmed.asked_at).total_seconds()) + 1
        self._journal.write(ledger.by_hand, plug_id, seconds, confirmed.at)

    async def _let_go(self, actor: Actor, outlet: Outlet) -> None:
        self._performances.end_on(outlet.cloud_id, _("Its plug was changed meanwhile."))
        try:
            await actor.off()
        finally:
            await actor.close()

    def _as_written(self, outlet: Outlet) -> Outlet:
        """A known outlet as its row says by now: a MAC address that was learned has been written there."""
        mac = outlet.address.mac or self._sightings.mac_of(outlet.plug_id)
        return replace(outlet, address=replace(outlet.address, mac=mac))

    def _report(self, now: datetime) -> None:
        """Write what has changed of plugs, and now and then which of them were seen."""
        if sights := self._sightings.worth_writing(self._actors, now):
            self._journal.write(ledger.report, sights, now)

    def _do(self, chore: Coroutine[Any, Any, None]) -> None:
        """Have something done on the side; kept track of until it is."""
        task = asyncio.get_running_loop().create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._chores.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("A mistake in the conductor", exc_info=error)
