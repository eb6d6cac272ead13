"""One run, played: what its steps say, at the moments at which they say it, on its cloud's plugs."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clouds import balloon, timeline
from clouds.conductor import ledger
from clouds.conductor.journal import Journal
from clouds.conductor.ledger import Part
from clouds.conductor.rig import BETWEEN_PUMPS_SECONDS, Rig
from clouds.models import Run
from clouds.plugs import Actor, Confirmed, CutShort, PlugError, Preempted, Told
from clouds.timeline import Cue, Do

# An inflation may be so much shorter than planned, for all the hundredths by which those before it were longer.
MOST_TRIMMED_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 600.0
# A plug is met and its order made ready so long before the cue: time enough for a thousand of them.
READY_BEFORE = timedelta(seconds=1)
A_MOMENT = timedelta(milliseconds=10)
LOST_ITS_TIMER = gettext_noop("The plug lost its own timer meanwhile, so it may have been without power for a moment.")
SHUT_DOWN = gettext_noop("The site was shut down or restarted.")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Marks:
    """What curators want of a run that plays: that it pauses, and how many steps they have skipped so far."""

    pause_asked_by: str
    skips: int


class Overfull(Exception):
    """The balloon has no room for what was planned."""


class Performance:
    """The playing of one run. However it ends, its pumps are off and confirmed, and the history says why it ended."""

    def __init__(self, part: Part, rig: Rig, journal: Journal, holder: str, may_begin: Callable[[], bool]) -> None:
        self.part = part
        self._rig = rig
        self._journal = journal
        self._holder = holder
        self._may_begin = may_begin
        self._why: tuple[Run.Outcome, str] | None = None
        self._remark = ""
        self._task: asyncio.Task[None] | None = None
        self._is_ended = False
        self._given_up = False
        self._interruption = ""
        self._skips_rest = False
        self._wants_pause = ""
        self._skips = part.skips
        self._go_on = asyncio.Event()
        self._fill = part.fill
        self._fill_at = part.started + (part.fill_at - part.started_at).total_seconds()

    def start(self) -> "asyncio.Task[None]":
        """Begin to play."""
        self._task = asyncio.get_running_loop().create_task(self._play())
        return self._task

    def end(self, outcome: Run.Outcome, reason: str) -> None:
        """Switch off and end; the first reason given is the one that is written."""
        if self._task is not None and not self._is_ended:
            self._why, self._is_ended = (outcome, reason), True
            # In its turn: a task that is cancelled before it has begun never runs, and would write nothing.
            asyncio.get_running_loop().call_soon(self._task.cancel)

    def heed(self, marks: Marks) -> None:
        """Pause, go on, or skip what is under way, as curators want it by now; told again and again."""
        if marks.pause_asked_by != self._wants_pause:
            self._wants_pause = marks.pause_asked_by
            if not marks.pause_asked_by:
                self._go_on.set()
            else:
                self._go_on.clear()
                self._interrupt(_("Paused by %(name)s.") % {"name": marks.pause_asked_by})
        if marks.skips > self._skips:
            self._skips, self._skips_rest = marks.skips, True
            self._interrupt(_("A curator skipped the rest of this step."))

    def _interrupt(self, why: str) -> None:
        if self._task is not None and not self._is_ended and not self._interruption:
            self._why, self._interruption = (Run.Outcome.STOPPED, why), why
            asyncio.get_running_loop().call_soon(self._task.cancel)

    def give_up(self) -> None:
        """Stop waiting for plugs that don't answer. The run stays as it is, for whoever conducts next."""
        if self._task is not None:
            self._given_up = True
            self._task.cancel()

    @property
    def _ending(self) -> tuple[Run.Outcome, str]:
        """How and why it is ended before its time: by those who stop the process, if by nobody else."""
        return self._why or (Run.Outcome.STOPPED, _(SHUT_DOWN))

    async def _play(self) -> None:
        outcome, reason = Run.Outcome.DONE, ""
        try:
            begin: timedelta | None = self.part.begin
            while begin is not None:
                begin = await self._follow(begin)
        except PlugError as error:
            outcome, reason = Run.Outcome.FAILED, str(error)
        except Overfull as error:
            outcome, reason = Run.Outcome.STOPPED, str(error)
        except asyncio.CancelledError:
            if self._given_up:
                raise
            outcome, reason = self._ending
        except Exception:
            log.exception("A mistake while playing run %s", self.part.run_id)
            outcome, reason = Run.Outcome.FAILED, _("Something went wrong in Cloudsite itself; its log says what.")
        self._journal.write(
            ledger.end_run, self.part.run_id, self._holder, outcome, reason or self._remark, timezone.now()
        )

    async def _follow(self, begin: timedelta) -> timedelta | None:
        """Play what is due from `begin` on; where to go on after a pause or a skip, None at the end."""
        try:
            for cue in timeline.cues(self.part.steps):
                if cue.do is not Do.REST and cue.at > begin - A_MOMENT:
                    await self._until(cue.at - READY_BEFORE)
                    await self._puff(self._that_fits(cue))
            await self._until(timedelta(seconds=timeline.length(self.part.steps)))
        except asyncio.CancelledError:
            if not self._interruption or self._is_ended or self._given_up:
                raise
            if (task := asyncio.current_task()) is not None:
                task.uncancel()
            return await self._interlude()
        return None

    async def _interlude(self) -> timedelta:
        """A pause, until it is ended or too long, or a skip; the moment at which the rest is played."""
        at, clock = max(timedelta(), self._now()), asyncio.get_running_loop().time
        since = clock()
        if not self._skips_rest:
            self._journal.write(ledger.pause, self.part.run_id, self._holder, timezone.now())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_PAUSE_SECONDS):
                    await self._go_on.wait()
        gap = max(BETWEEN_PUMPS_SECONDS, (clock() - since) * self.part.speed)
        steps = timeline.resumed(self.part.steps, at, gap, skip=self._skips_rest)
        self.part = replace(self.part, steps=steps)
        self._why, self._interruption, self._skips_rest = None, "", False
        self._journal.write(ledger.go_on, self.part.run_id, self._holder, steps)
        return at + timedelta(seconds=gap)

    def _that_fits(self, cue: Cue) -> Cue:
        """An inflation, looked at once more before it begins: trimmed a little if need be. Raises Overfull."""
        if cue.do is not Do.INFLATE:
            return cue
        room = balloon.room(self._fill_by(self._moment(cue.at)), self.part.measures)
        if timeline.countdown_seconds(cue.seconds, self.part.hard_cap) <= room and cue.seconds <= room:
            return cue
        fits = timeline.longest_that_fits(room)
        if fits <= 0 or fits < cue.seconds - MOST_TRIMMED_SECONDS:
            raise Overfull(_("The balloon is fuller than was reckoned."))
        return replace(cue, until=cue.at + timedelta(seconds=fits))

    def _fill_by(self, moment: float) -> float:
        rested = (max(moment, asyncio.get_running_loop().time()) - self._fill_at) * self.part.speed
        return balloon.after(self._fill, max(0.0, rested), Do.REST, self.part.measures)

    def _reckon(self, do: Do, seconds: float, since: float = 0.0) -> None:
        """A pump was on for so long, and has been off `since`."""
        now, speed, measures = asyncio.get_running_loop().time(), self.part.speed, self.part.measures
        rested = max(0.0, now - since - seconds - self._fill_at) * speed
        fill = balloon.after(balloon.after(self._fill, rested, Do.REST, measures), seconds * speed, do, measures)
        self._fill, self._fill_at = balloon.after(fill, since * speed, Do.REST, measures), now

    def _now(self) -> timedelta:
        return timedelta(seconds=(asyncio.get_running_loop().time() - self.part.started) * self.part.speed)

    async def _puff(self, cue: Cue) -> None:
        """One stretch of a pump's time: on, and off and confirmed whatever happens."""
        pump = self._rig.get(cue.do)
        await self._rig.settle(cue.do, BETWEEN_PUMPS_SECONDS / self.part.speed)
        tag, actor = ledger.tag_of(self.part.run_id, cue.index), pump.actor
        is_on, on_at = False, timezone.now()
        error: PlugError | asyncio.CancelledError | None = None
        try:
            at, until = self._moment(cue.at), self._moment(cue.until)
            await actor.on(at=at, until=until, hard_cap=self.part.hard_cap, tag=tag, check=self._check_baton)
            is_on, on_at = True, timezone.now()
            if actor.told is not None:
                self._journal.write(ledger.open_puff, self.part, cue, pump.plug_id, actor.told.at)
            await actor.stay_on()
        except PlugError as caught:
            if not is_on and not caught.may_have_acted:
                raise
            error = caught
        except asyncio.CancelledError as caught:
            error = caught
        told = actor.told
        confirmed, ended = await self._switch_off(actor)
        error = error or ended
        if told is not None and (told.seen_on or _acted(confirmed, tag, held_rule=told.held_rule)):
            counted = _counted(told, confirmed)
            surely = (on_at, max(on_at, counted.asked_at)) if is_on else None
            self._write_puff(cue, pump.plug_id, told.at, counted, error, surely, confirmed.at)
        if error is not None:
            raise error

    async def _switch_off(self, actor: Actor) -> tuple[Confirmed, asyncio.CancelledError | None]:
        """Off and confirmed. An end that comes meanwhile is given back: it ends no waiting, only giving up does."""
        off, ended = actor.switch_off(), None
        while not self._given_up:
            try:
                return await asyncio.shield(off), ended
            except asyncio.CancelledError as caught:
                if off.cancelled():
                    raise
                ended = caught
        raise asyncio.CancelledError

    def _write_puff(
        self,
        cue: Cue,
        plug_id: int | None,
        on_at: datetime,
        confirmed: Confirmed,
        error: BaseException | None,
        surely: ledger.Span | None,
        seen_at: datetime,
    ) -> None:
        """Reckon with a puff, and have it written; `surely`: when its pump was on at the least, if it confirmed ON.

        `seen_at`: when OFF was confirmed by the machine's clock, which may have been set meanwhile.
        """
        tag = ledger.tag_of(self.part.run_id, cue.index)
        off_at, remark = _end_of(on_at, confirmed, tag, max(seen_at, confirmed.at))
        if remark or isinstance(error, CutShort):
            surely = None
        if cue.do is not Do.DEFLATE:
            self._reckon(cue.do, (max(off_at, confirmed.at) - on_at).total_seconds())
        elif surely is not None:
            # Of what a pump may have taken only what it surely has counts.
            self._reckon(cue.do, (surely[1] - surely[0]).total_seconds(), (confirmed.at - surely[1]).total_seconds())
        self._remark = reason = remark
        outcome = Run.Outcome.DONE
        if isinstance(error, PlugError):
            outcome, reason = Run.Outcome.FAILED, str(error)
        elif error is not None:
            outcome, reason = self._ending
        self._journal.write(
            ledger.close_puff, self.part, cue, plug_id, on_at, off_at, outcome.value, reason,
            confirmed=surely is not None, surely=surely, set_ahead=max(seen_at - confirmed.at, timedelta()),
        )  # fmt: skip

    def _check_baton(self) -> None:
        if not self._may_begin():
            raise Preempted(_("The database does not answer, so nothing new was begun."))

    def _moment(self, offset: timedelta) -> float:
        """When, by the loop's clock, that is due which comes so long after the start."""
        return self.part.started + offset.total_seconds() / self.part.speed

    async def _until(self, offset: timedelta) -> None:
        await asyncio.sleep(max(0.0, self._moment(offset) - asyncio.get_running_loop().time()))


def _counted(told: Told, confirmed: Confirmed) -> Confirmed:
    """The same, or with times counted from ON by the clock that nobody sets, if the machine's was set meanwhile.

    A machine that slept has stopped that clock. What passes of a puff then is less than the margin of its countdown, or
    the countdown has fired.
    """
    elapsed = confirmed.moment - told.moment
    if 0 <= (confirmed.at - told.at).total_seconds() - elapsed <= timeline.MARGIN_SECONDS:
        return confirmed
    at = told.at + timedelta(seconds=elapsed)
    return replace(confirmed, asked_at=at - timedelta(seconds=confirmed.moment - confirmed.asked), at=at)


def _end_of(on_at: datetime, confirmed: Confirmed, tag: str, seen_at: datetime) -> tuple[datetime, str]:
    """When a pump went off, and what is to be said of that where the plug does not quite confirm it."""
    reading, late = confirmed.reading, confirmed.at - confirmed.asked_at
    if (fired := ledger.fired_at(on_at, reading.rule, tag)) is not None and fired < seen_at:
        return fired, _(ledger.BY_TIMER)
    if reading.has_timer and (reading.rule is None or reading.rule.tag != tag):
        return confirmed.at, _(LOST_ITS_TIMER)
    if late > ledger.CONFIRMED_WITHIN:
        seconds = f"{late.total_seconds():.0f}"
        return confirmed.at, _("The plug confirmed %(seconds)s s late that it is off.") % {"seconds": seconds}
    return confirmed.at, ""


def _acted(confirmed: Confirmed, tag: str, *, held_rule: bool) -> bool:
    """Whether a plug that did not confirm ON switched on all the same, by what is found in it afterwards."""
    before, now = confirmed.before, confirmed.reading
    if (before is not None and before.relay_on) or (now.rule is not None and now.rule.tag == tag):
        return True
    # A rule that is gone was lost with the plug's power, and a plug without a timer keeps no trace: not known is on.
    return (held_rule and now.rule is None) or not now.has_timer
