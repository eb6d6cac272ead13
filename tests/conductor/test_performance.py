"""A run, played on plugs that are made of Python; what would be written is looked at, not the database."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from clouds.balloon import Measures
from clouds.conductor import ledger, performance
from clouds.conductor.ledger import Part
from clouds.conductor.performance import Marks, Performance
from clouds.conductor.rig import BETWEEN_PUMPS_SECONDS, Pump, Rig
from clouds.models import Run
from clouds.plugs import Actor, Relay, actor
from clouds.timeline import Do, Step
from tests.plugs.fake import FakeDriver, FakePlug
from tests.plugs.stage import cleanly, now, until

BRIEF = 0.15
LONG = 30.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actor, "TIMEOUT_SECONDS", 0.4)
    monkeypatch.setattr(actor, "FIRST_OFF_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(actor, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(actor, "LONGEST_PAUSE_SECONDS", 0.05)


@dataclass
class Paper:
    """Stands where the journal does, and keeps what would be written."""

    puffs: dict[int, SimpleNamespace] = field(default_factory=dict)
    pauses: list[datetime] = field(default_factory=list)
    plans: list[tuple[Step, ...]] = field(default_factory=list)
    ends: list[tuple[str, str]] = field(default_factory=list)

    def write(self, entry: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        """Take it down."""
        getattr(self, entry.__name__)(*args, **kwargs)

    def open_puff(self, part: Part, cue: Any, plug_id: int, on_at: datetime) -> None:
        """A pump is on."""
        assert cue.index not in self.puffs
        self.puffs[cue.index] = SimpleNamespace(plug_id=plug_id, on_at=on_at, off_at=None)

    def pause(self, run_id: int, holder: str, at: datetime) -> None:
        """A pause began."""
        self.pauses.append(at)

    def go_on(self, run_id: int, holder: str, steps: tuple[Step, ...]) -> None:
        """A pause or a skip is over."""
        self.plans.append(steps)

    def close_puff(
        self,
        part: Part,
        cue: Any,
        plug_id: int,
        on_at: datetime,
        off_at: datetime,
        outcome: str,
        reason: str,
        **rest: bool,
    ) -> None:
        """It is off again."""
        puff = self.puffs.setdefault(cue.index, SimpleNamespace(plug_id=plug_id, on_at=on_at, off_at=None))
        assert puff.off_at is None
        assert puff.on_at == on_at
        puff.off_at, puff.outcome, puff.reason, puff.confirmed = off_at, outcome, reason, rest["confirmed"]

    def end_run(self, run_id: int, holder: str, outcome: Run.Outcome, reason: str, at: datetime) -> None:
        """A run ends."""
        assert (run_id, holder) == (7, "me")
        self.ends.append((str(outcome), reason))

    def told(self, index: int = 0) -> tuple[str, str, bool]:
        """How a puff ended."""
        puff = self.puffs[index]
        assert puff.off_at >= puff.on_at
        return puff.outcome, puff.reason, puff.confirmed


class Stage:
    """A cloud with an inflate plug and a deflate plug, and a run on it."""

    def __init__(self) -> None:
        self.paper = Paper()
        self.inflate, self.deflate = FakePlug(), FakePlug(mac="50:C7:BF:00:00:02")
        self.actors = {do: Actor(FakeDriver(plug)) for do, plug in self.plugs.items()}
        self.rig = Rig({do: Pump(number, each) for number, (do, each) in enumerate(self.actors.items(), start=1)})
        self.may_begin = True
        self.changes: list[tuple[Do, bool, float]] = []
        for do, plug in self.plugs.items():
            plug.on_changed = lambda state, do=do: self.changes.append((do, state, now()))  # type: ignore[misc]

    @property
    def plugs(self) -> dict[Do, FakePlug]:
        """By what they do."""
        return {Do.INFLATE: self.inflate, Do.DEFLATE: self.deflate}

    async def ready(self) -> None:
        """All off, and for long enough."""
        await asyncio.gather(*(each.off() for each in self.actors.values()))
        for each in self.actors.values():
            each.off_since -= BETWEEN_PUMPS_SECONDS

    def performance(self, *steps: Step) -> Performance:
        """A run of these steps, to be begun now."""
        at, ample = timezone.now(), Measures(fill=3600.0)
        part = Part(7, 1, "Cumulus", steps, 60.0, "visitor", None, False, at, now(), ample, 0.0, at)
        return Performance(part, self.rig, self.paper, "me", lambda: self.may_begin)  # type: ignore[arg-type]

    def on_a_balloon(self, fill_seconds: float, *steps: Step, fill: float = 0.0) -> Performance:
        """A run of these steps on a balloon of that size, which is so full."""
        playing = self.performance(*steps)
        part = replace(playing.part, measures=Measures(fill=fill_seconds), fill=fill)
        return Performance(part, self.rig, self.paper, "me", lambda: self.may_begin)  # type: ignore[arg-type]

    async def play(self, *steps: Step) -> None:
        """Play a run to its end."""
        await asyncio.wait_for(self.performance(*steps).start(), 15)

    async def close(self) -> None:
        """The test is over."""
        for each in self.actors.values():
            await each.close()
        for plug in self.plugs.values():
            plug.stop()


def play(scene: Callable[[Stage], Awaitable[None]]) -> Paper:
    """Play a scene, of which nothing may be left; what was written."""
    papers: list[Paper] = []

    async def play_and_look() -> set[asyncio.Task[object]]:
        stage = Stage()
        papers.append(stage.paper)
        try:
            await stage.ready()
            await asyncio.wait_for(scene(stage), 20)
        finally:
            await stage.close()
        await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]

    cleanly(play_and_look())
    return papers[0]


def inflate(seconds: float = BRIEF) -> Step:
    """A step."""
    return Step(Do.INFLATE, seconds)


def test_a_puffs_times_are_confirmed_times() -> None:
    async def scene(stage: Stage) -> None:
        await stage.play(inflate(0.3))
        (_, on, on_at), (_, off, off_at) = stage.changes
        assert (on, off) == (True, False)
        assert 0.2 < off_at - on_at < 5
        puff = stage.paper.puffs[0]
        assert puff.plug_id == 1
        assert (puff.off_at - puff.on_at).total_seconds() >= off_at - on_at

    paper = play(scene)
    assert paper.ends == [("done", "")]
    assert paper.told() == ("done", "", True)


def test_the_countdown_bears_the_number_of_the_run_and_of_the_step() -> None:
    async def scene(stage: Stage) -> None:
        await stage.play(Step(Do.REST, 0.01), inflate(), Step(Do.REST, 0.01), inflate())
        assert [told.split()[:2] for told in stage.inflate.received if told.startswith("on")] == [
            ["on", "7.1"],
            ["on", "7.3"],
        ]

    assert sorted(play(scene).puffs) == [1, 3]


def test_steps_begin_at_their_moments() -> None:
    async def scene(stage: Stage) -> None:
        begin = now()
        await stage.play(inflate(0.1), Step(Do.REST, 0.2), inflate(0.1), Step(Do.REST, 0.2))
        moments = [at - begin for _, state, at in stage.changes if state]
        assert moments[0] < 5
        assert moments[1] >= 0.3
        assert now() - begin >= 0.6

    assert play(scene).ends == [("done", "")]


def test_neighbours_that_do_the_same_are_one_puff() -> None:
    async def scene(stage: Stage) -> None:
        await stage.play(inflate(0.1), inflate(0.1))
        assert [state for _, state, _ in stage.changes] == [True, False]

    assert sorted(play(scene).puffs) == [0]


def test_the_two_pumps_are_never_on_together_and_half_a_second_lies_between() -> None:
    async def scene(stage: Stage) -> None:
        await stage.play(inflate(0.1), Step(Do.DEFLATE, 1.0), inflate(1.0))
        on: set[Do] = set()
        last: dict[Do, float] = {}
        for do, state, at in stage.changes:
            if state:
                assert on == set()
                others_off = [moment for other, moment in last.items() if other is not do]
                assert all(at - moment >= 0.499 for moment in others_off)
                on.add(do)
            else:
                on.discard(do)
                last[do] = at
        assert [do for do, state, _ in stage.changes if state] == [Do.INFLATE, Do.DEFLATE, Do.INFLATE]

    paper = play(scene)
    assert paper.ends == [("done", "")]
    assert [puff.plug_id for puff in paper.puffs.values()] == [1, 2, 1]


def test_a_pump_waits_for_the_other_whatever_that_one_does() -> None:
    async def scene(stage: Stage) -> None:
        stage.deflate.switch(True)
        stage.deflate.silent = {"off", "look"}
        stage.actors[Do.DEFLATE].relay = Relay.UNKNOWN
        playing = stage.performance(inflate(LONG))
        task = playing.start()
        await asyncio.sleep(0.3)
        assert not stage.inflate.relay_on
        stage.deflate.silent = set()
        await until(lambda: stage.inflate.relay_on, "it is on")
        assert not stage.deflate.relay_on
        playing.end(Run.Outcome.STOPPED, "Enough.")
        await task

    assert play(scene).ends == [("stopped", "Enough.")]


def test_a_run_that_is_ended_is_off_at_once() -> None:
    async def scene(stage: Stage) -> None:
        playing = stage.performance(inflate(LONG), Step(Do.REST, 1), inflate(LONG))
        task = playing.start()
        await until(lambda: stage.paper.puffs, "it is on")
        begin = now()
        playing.end(Run.Outcome.STOPPED, "Ended by Ada.")
        playing.end(Run.Outcome.FAILED, "Another reason.")
        await task
        assert now() - begin < 5
        assert not stage.inflate.relay_on

    paper = play(scene)
    assert paper.ends == [("stopped", "Ended by Ada.")]
    assert paper.told() == ("stopped", "Ended by Ada.", True)
    assert sorted(paper.puffs) == [0]


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5])
def test_a_run_that_is_ended_as_soon_as_it_begins_is_written_as_such(turns: int) -> None:
    async def scene(stage: Stage) -> None:
        playing = stage.performance(inflate(LONG))
        task = playing.start()
        for _ in range(turns):
            await asyncio.sleep(0)
        playing.end(Run.Outcome.STOPPED, "Ended by Ada.")
        await asyncio.wait([task])
        assert not stage.inflate.relay_on

    paper = play(scene)
    assert paper.ends == [("stopped", "Ended by Ada.")]
    assert all(puff.off_at is not None for puff in paper.puffs.values())


def test_a_run_that_is_ended_while_it_rests_has_no_puff() -> None:
    async def scene(stage: Stage) -> None:
        playing = stage.performance(Step(Do.REST, LONG), inflate())
        task = playing.start()
        await asyncio.sleep(0.05)
        playing.end(Run.Outcome.STOPPED, "Enough.")
        await task

    paper = play(scene)
    assert (paper.ends, paper.puffs) == ([("stopped", "Enough.")], {})


def test_a_plug_that_refuses_fails_the_run_and_nothing_was_on() -> None:
    async def scene(stage: Stage) -> None:
        stage.inflate.refuses = {"on"}
        await stage.play(inflate(LONG), inflate(LONG))

    paper = play(scene)
    assert (paper.ends, paper.puffs) == ([("failed", "The plug won't.")], {})


def test_a_plug_without_a_timer_fails_the_run() -> None:
    async def scene(stage: Stage) -> None:
        stage.inflate.has_timer = False
        stage.actors[Do.INFLATE]._driver.abort()
        await stage.play(inflate(LONG))
        assert not any(told.startswith("on") for told in stage.inflate.received)

    paper = play(scene)
    assert paper.ends[0][0] == "failed"
    assert "timer" in paper.ends[0][1]


def test_an_on_whose_answer_is_lost_is_a_puff_that_failed() -> None:
    async def scene(stage: Stage) -> None:
        stage.inflate.mute = {"on"}
        await stage.play(inflate(LONG))
        assert not stage.inflate.relay_on

    paper = play(scene)
    assert paper.ends == [("failed", "The plug does not answer in time.")]
    assert paper.told() == ("failed", "The plug does not answer in time.", False)


def test_an_on_that_never_arrived_is_no_puff() -> None:
    async def scene(stage: Stage) -> None:
        stage.inflate.silent = {"on"}
        await stage.play(inflate(LONG))

    paper = play(scene)
    assert paper.ends == [("failed", "The plug does not answer in time.")]
    assert paper.puffs == {}


def test_a_countdown_that_was_lost_is_a_puff_that_may_have_been() -> None:
    async def scene(stage: Stage) -> None:
        await stage.play(inflate())
        stage.paper.puffs.clear()
        stage.inflate.silent = {"on"}
        playing = asyncio.ensure_future(stage.play(inflate(LONG)))
        await until(lambda: stage.inflate.received[-1].startswith("on"), "it was told")
        stage.inflate.restart(relay_on=False)
        await playing

    paper = play(scene)
    assert paper.told()[0] == "failed"
    assert not paper.told()[2]


def test_nothing_is_switched_on_without_the_baton() -> None:
    async def scene(stage: Stage) -> None:
        stage.may_begin = False
        await stage.play(inflate(LONG))
        assert not any(told.startswith("on") for told in stage.inflate.told)

    paper = play(scene)
    assert paper.ends == [("failed", "The database does not answer, so nothing new was begun.")]
    assert paper.puffs == {}


def test_a_baton_that_is_lost_just_before_a_cue_switches_nothing_on() -> None:
    async def scene(stage: Stage) -> None:
        playing = stage.performance(Step(Do.REST, 0.3), inflate(LONG)).start()
        await asyncio.sleep(0.1)
        assert stage.actors[Do.INFLATE]._under_way is not None  # made ready, and not sent
        stage.may_begin = False
        await playing
        assert not any(told.startswith("on") for told in stage.inflate.told)

    paper = play(scene)
    assert paper.ends == [("failed", "The database does not answer, so nothing new was begun.")]
    assert paper.puffs == {}


@pytest.mark.parametrize("how", ["ended", "switched off"])
def test_a_run_that_ends_just_before_a_cue_switches_nothing_on(how: str) -> None:
    async def scene(stage: Stage) -> None:
        playing = stage.performance(Step(Do.REST, 0.3), inflate(LONG))
        task = playing.start()
        await asyncio.sleep(0.1)
        playing.end(Run.Outcome.STOPPED, "Enough.")
        if how == "switched off":
            stage.actors[Do.INFLATE].switch_off()
        await task
        await asyncio.sleep(0.3)
        assert not any(told.startswith("on") for told in stage.inflate.told)
        assert stage.actors[Do.INFLATE].is_ready

    paper = play(scene)
    assert (paper.ends, paper.puffs) == ([("stopped", "Enough.")], {})


def test_a_pause_just_before_a_cue_keeps_all_of_it() -> None:
    async def scene(stage: Stage) -> None:
        playing = stage.performance(Step(Do.REST, 0.3), inflate(0.6))
        task = playing.start()
        await asyncio.sleep(0.1)
        playing.heed(Marks("Ada", 0))
        await until(lambda: stage.paper.pauses, "it pauses")
        await asyncio.sleep(0.4)
        assert not stage.changes
        playing.heed(Marks("", 0))
        await task
        (_, on, on_at), (_, off, off_at) = stage.changes
        assert (on, off) == (True, False)
        assert off_at - on_at > 0.4

    assert play(scene).ends == [("done", "")]


def test_a_cloud_without_such_a_plug_fails_the_run() -> None:
    async def scene(stage: Stage) -> None:
        del stage.rig.pumps[Do.DEFLATE]
        await stage.play(Step(Do.DEFLATE, 1))

    assert play(scene).ends == [("failed", "The cloud has no plug that deflates.")]


@pytest.mark.parametrize("broken", ["restart off", "restart on", "forgets"])
def test_puffs_that_were_cut_short_stand_in_the_history_as_such(broken: str) -> None:
    async def scene(stage: Stage) -> None:
        playing = asyncio.ensure_future(stage.play(inflate(LONG)))
        await until(lambda: stage.paper.puffs, "it is on")
        if broken == "forgets":
            stage.inflate.forget_rule()
        else:
            stage.inflate.restart(relay_on=broken == "restart on")
        watched = stage.actors[Do.INFLATE]
        watched._looked = now() - 100
        await watched.check()
        await asyncio.wait_for(playing, 10)
        assert not stage.inflate.relay_on

    paper = play(scene)
    assert paper.ends[0][0] == "failed"
    assert paper.told() == ("failed", paper.ends[0][1], False)
    assert paper.ends[0][1].startswith("The plug ")


def test_an_off_that_is_confirmed_late_is_said_to_be() -> None:
    async def scene(stage: Stage) -> None:
        stage.inflate.refuses = {"off"}
        playing = asyncio.ensure_future(stage.play(inflate()))
        await until(lambda: stage.paper.puffs, "it is on")
        await asyncio.sleep(1.4)
        assert not playing.done()
        stage.inflate.refuses = set()
        await playing

    paper = play(scene)
    assert paper.ends == [("done", "The plug confirmed 1 s late that it is off.")]
    assert paper.told() == ("done", "The plug confirmed 1 s late that it is off.", False)


def test_a_plug_that_its_own_timer_switched_off_is_said_to_be() -> None:
    async def scene(stage: Stage) -> None:
        playing = asyncio.ensure_future(stage.play(inflate(0.3)))
        await until(lambda: stage.paper.puffs, "it is on")
        stage.inflate.is_there = False
        stage.inflate.power += 1
        await asyncio.sleep(0.5)
        stage.inflate.rule = SimpleNamespace(tag="7.0", enabled=True, delay=0.4)  # type: ignore[assignment]
        stage.inflate.fire()
        stage.inflate.is_there = True
        await playing
        puff = stage.paper.puffs[0]
        assert (puff.off_at - puff.on_at).total_seconds() == pytest.approx(0.4)

    paper = play(scene)
    assert paper.ends == [("done", ledger.BY_TIMER)]
    assert paper.told() == ("done", ledger.BY_TIMER, False)


def test_a_run_that_is_ended_while_off_is_not_confirmed_still_waits_for_it() -> None:
    async def scene(stage: Stage) -> None:
        stage.inflate.refuses = {"off"}
        playing = stage.performance(inflate(), Step(Do.REST, LONG))
        task = playing.start()
        await until(lambda: "off" in stage.inflate.told[2:], "OFF is tried")
        playing.end(Run.Outcome.STOPPED, "Enough.")
        await asyncio.sleep(0.2)
        assert not task.done()
        stage.inflate.refuses = set()
        await asyncio.wait_for(task, 10)

    paper = play(scene)
    assert paper.ends == [("stopped", "Enough.")]
    assert paper.puffs[0].off_at is not None


@pytest.mark.parametrize("ended", [False, True])
def test_a_run_that_is_given_up_stays_as_it_is_for_the_next_conductor(ended: bool) -> None:
    async def scene(stage: Stage) -> None:
        stage.inflate.refuses = {"off"}
        playing = stage.performance(inflate(BRIEF if not ended else LONG))
        task = playing.start()
        await until(lambda: stage.paper.puffs, "it is on")
        if ended:
            playing.end(Run.Outcome.STOPPED, "Enough.")
        await until(lambda: stage.inflate.told.count("off") > 1, "OFF is tried")
        playing.give_up()
        await asyncio.wait([task])
        assert task.cancelled()

    paper = play(scene)
    assert paper.ends == []
    assert paper.puffs[0].off_at is None


def test_a_mistake_of_our_own_fails_the_run(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(stage: Stage) -> None:
        stage.inflate.raises["on"] = [KeyError("relay_state")]
        await stage.play(inflate(LONG))
        await until(lambda: stage.actors[Do.INFLATE].relay is Relay.OFF, "OFF is confirmed")

    paper = play(scene)
    assert paper.ends[0][0] == "failed"
    assert "relay_state" not in paper.ends[0][1]
    assert "A mistake while playing run 7" in caplog.text


def test_a_rig_in_order_has_no_trouble_and_any_other_says_which() -> None:
    async def scene(stage: Stage) -> None:
        assert stage.rig.trouble == ""
        stage.actors[Do.DEFLATE].trouble = "It smokes."
        assert stage.rig.trouble == "It smokes."
        stage.actors[Do.DEFLATE].trouble = ""
        stage.actors[Do.INFLATE].relay = Relay.UNKNOWN
        assert stage.rig.trouble == "The plug is not confirmed off yet."
        del stage.rig.pumps[Do.INFLATE]
        assert stage.rig.trouble == "The cloud has no pump."

    play(scene)


class TestPauses:
    """A pause keeps what was left, and a skip doesn't."""

    def test_a_pause_switches_off_keeps_what_was_left_and_moves_what_follows(self) -> None:
        async def scene(stage: Stage) -> None:
            playing = stage.performance(inflate(1.5), Step(Do.REST, 0.2), inflate(0.6))
            task = playing.start()
            await until(lambda: stage.paper.puffs, "it is on")
            playing.heed(Marks("Ada", 0))
            await until(lambda: stage.paper.pauses, "it pauses")
            assert not stage.inflate.relay_on
            playing.heed(Marks("Ada", 0))
            await asyncio.sleep(0.3)
            playing.heed(Marks("", 0))
            await task
            ons = [at for _, state, at in stage.changes if state]
            offs = [at for _, state, at in stage.changes if not state]
            assert sum(off - on for on, off in zip(ons[:2], offs[:2], strict=True)) == pytest.approx(1.5, abs=0.3)

        paper = play(scene)
        assert paper.ends == [("done", "")]
        assert sorted(paper.puffs) == [0, 2, 4]
        assert (paper.puffs[0].outcome, paper.puffs[0].reason) == ("stopped", "Paused by Ada.")
        (steps,) = paper.plans
        assert [step.do for step in steps] == [Do.INFLATE, Do.REST, Do.INFLATE, Do.REST, Do.INFLATE]
        assert steps[0].seconds + steps[2].seconds == pytest.approx(1.5)
        assert steps[1].seconds >= 0.3

    def test_a_pause_ends_by_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(performance, "LONGEST_PAUSE_SECONDS", 0.6)

        async def scene(stage: Stage) -> None:
            playing = stage.performance(inflate(1.2))
            task = playing.start()
            await until(lambda: stage.paper.puffs, "it is on")
            playing.heed(Marks("Ada", 0))
            await until(lambda: stage.paper.plans, "it goes on by itself")
            playing.heed(Marks("Ada", 0))  # what is read may be older than what was written
            await task

        assert play(scene).ends == [("done", "")]

    def test_a_run_can_be_ended_while_it_pauses(self) -> None:
        async def scene(stage: Stage) -> None:
            playing = stage.performance(inflate(LONG))
            task = playing.start()
            await until(lambda: stage.paper.puffs, "it is on")
            playing.heed(Marks("Ada", 0))
            await until(lambda: stage.paper.pauses, "it pauses")
            playing.end(Run.Outcome.STOPPED, "Ended by Ada.")
            await asyncio.wait_for(task, 5)

        assert play(scene).ends == [("stopped", "Ended by Ada.")]

    def test_a_pause_before_the_first_step_moves_all(self) -> None:
        async def scene(stage: Stage) -> None:
            playing = stage.performance(inflate(0.6))
            playing.part = replace(playing.part, started=now() + 0.3)
            task = playing.start()
            await asyncio.sleep(0)
            playing.heed(Marks("Ada", 0))
            await until(lambda: stage.paper.pauses, "it pauses")
            await asyncio.sleep(0.8)
            assert stage.changes == []
            playing.heed(Marks("", 0))
            await task
            assert [state for _, state, _ in stage.changes] == [True, False]

        assert play(scene).ends == [("done", "")]

    def test_a_step_that_is_skipped_ends_and_the_next_begins(self) -> None:
        async def scene(stage: Stage) -> None:
            playing = stage.performance(inflate(LONG), Step(Do.REST, 0.1), inflate(0.2))
            task = playing.start()
            await until(lambda: stage.paper.puffs, "it is on")
            playing.heed(Marks("", 1))
            playing.heed(Marks("", 1))
            await asyncio.wait_for(task, 5)
            assert [state for _, state, _ in stage.changes] == [True, False, True, False]

        paper = play(scene)
        assert paper.ends == [("done", "")]
        assert paper.puffs[0].reason == "A curator skipped the rest of this step."


class TestRoom:
    """The balloon is looked at once more before each inflation."""

    def test_an_inflation_for_which_there_is_no_room_any_more_ends_the_run(self) -> None:
        async def scene(stage: Stage) -> None:
            await stage.on_a_balloon(60.0, inflate(0.2), Step(Do.REST, 0.1), inflate(3.0), fill=0.93).start()
            assert [state for _, state, _ in stage.changes] == []

        assert play(scene).ends == [("stopped", "The balloon is fuller than was reckoned.")]

    def test_an_inflation_is_trimmed_by_what_those_before_it_took_too_much(self) -> None:
        async def scene(stage: Stage) -> None:
            # There is room for 5.5 s, and a countdown outlasts its puff by 2 s.
            await stage.on_a_balloon(60.0, inflate(3.6), fill=1 - 5.5 / 60).start()

        paper = play(scene)
        assert paper.ends == [("done", "")]

    def test_nothing_is_inflated_beyond_full_whatever_was_planned(self) -> None:
        async def scene(stage: Stage) -> None:
            await stage.on_a_balloon(10.0, inflate(4.2), Step(Do.REST, 0.1), inflate(2.0)).start()
            ons = [at for _, state, at in stage.changes if state]
            offs = [at for _, state, at in stage.changes if not state]
            assert sum(off - on for on, off in zip(ons, offs, strict=True)) < 10

        assert play(scene).ends[0][0] in ("done", "stopped")
