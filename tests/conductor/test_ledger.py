"""The ledger: what is written of runs and puffs, once and never less than what the balloon got."""

from datetime import datetime, timedelta

import pytest

from clouds import timeline
from clouds.conductor import ledger, succession
from clouds.conductor.ledger import Part, Sight
from clouds.models import Cloud, Plug, Puff, Run, User, Venue
from clouds.plugs import Confirmed, Reading, Rule
from clouds.timeline import Cue, Do, Step
from tests.conductor.conftest import HOLDER
from tests.core import make
from tests.core.conftest import NOON

pytestmark = pytest.mark.django_db

DEAD = "here:2:2:token"


def at(number: float) -> datetime:
    """So many seconds past noon."""
    return NOON + timedelta(seconds=number)


def part_of(run: Run) -> Part:
    """A run as it is played."""
    return Part(
        run.pk, run.cloud_id, run.cloud.name, run.plan, 60.0, run.source, run.asked_by_id, run.simulated, NOON, 0.0,
        run.cloud.measures, 0.0, NOON,
    )  # fmt: skip


def cue_of(run: Run, number: int = 0) -> Cue:
    """One of its cues."""
    return timeline.cues(run.plan)[number]


def reading(*, on: bool = False, on_seconds: int = 0, rule: Rule | None = None) -> Reading:
    """What a plug says."""
    return Reading(on, on_seconds, "50:C7:BF:00:00:01", "HS103", has_timer=True, clock_is_set=True, rule=rule)


def rule_of(run: Run, step: int = 0, *, fired: bool = False, delay: int = 7) -> Rule:
    """The countdown of a step."""
    return Rule(ledger.tag_of(run.pk, step), not fired, delay, 0 if fired else 3)


def confirmed(
    number: float, *, before: Reading | None = None, rule: Rule | None = None, asked: float | None = None
) -> Confirmed:
    """A plug confirmed that it is off, so many seconds past noon."""
    return Confirmed(at(number if asked is None else asked), at(number), before, reading(rule=rule))


class TestPuffs:
    """A pump goes on, and off again."""

    def test_a_pump_that_is_on_is_in_the_history(self, cloud: Cloud, plug: Plug, ada: User) -> None:
        run = make.playing(cloud, asked_by=ada, simulated=True)
        ledger.open_puff(part_of(run), cue_of(run), plug.pk, at(1))
        puff = Puff.objects.get()
        assert (puff.cloud, puff.run, puff.step, puff.plug, puff.asked_by) == (cloud, run, 0, plug, ada)
        assert (puff.pump, puff.source, puff.planned_seconds) == ("inflate", "visitor", 5.0)
        assert (puff.on_at, puff.off_at, puff.outcome, puff.simulated) == (at(1), None, "", True)
        plug.refresh_from_db()
        assert plug.relay == Plug.Relay.ON

    def test_what_is_written_twice_is_one_puff(self, cloud: Cloud, plug: Plug) -> None:
        run = make.playing(cloud)
        for moment in (1, 2):
            ledger.open_puff(part_of(run), cue_of(run), plug.pk, at(moment))
        assert Puff.objects.get().on_at == at(1)
        for moment in (6, 7):
            ledger.close_puff(part_of(run), cue_of(run), plug.pk, at(1), at(moment), "done", "", confirmed=True)
        puff = Puff.objects.get()
        assert (puff.off_at, puff.outcome, puff.confirmed) == (at(6), "done", True)
        ledger.open_puff(part_of(run), cue_of(run), plug.pk, at(8))
        assert Puff.objects.get().off_at == at(6)

    def test_a_puff_whose_beginning_was_not_written_is_written_whole(self, cloud: Cloud, plug: Plug) -> None:
        run = make.playing(cloud)
        ledger.close_puff(part_of(run), cue_of(run), plug.pk, at(1), at(4), "failed", "Why.", confirmed=False)
        puff = Puff.objects.get()
        assert (puff.on_at, puff.off_at, puff.outcome, puff.reason) == (at(1), at(4), "failed", "Why.")
        assert not puff.confirmed

    def test_a_clock_that_went_back_makes_no_puff_end_before_it_began(self, cloud: Cloud, plug: Plug) -> None:
        run = make.playing(cloud)
        ledger.open_puff(part_of(run), cue_of(run), plug.pk, at(10))
        ledger.close_puff(part_of(run), cue_of(run), plug.pk, at(10), at(3), "done", "", confirmed=True)
        assert Puff.objects.get().off_at == at(10)

    def test_the_fill_is_reckoned_on_from_the_end_of_each_puff(self, cloud: Cloud, plug: Plug) -> None:
        Cloud.objects.update(fill_then=0.1, fill_then_at=at(-10))
        run = make.playing(cloud)
        ledger.close_puff(part_of(run), cue_of(run), plug.pk, at(0), at(6), "done", "", confirmed=True)
        cloud.refresh_from_db()
        assert cloud.fill_then == pytest.approx(0.2)  # 6 s of a fill time of 60
        assert cloud.fill_then_at == at(6)
        ledger.close_puff(part_of(run), cue_of(run), plug.pk, at(0), at(60), "done", "", confirmed=True)
        cloud.refresh_from_db()
        assert cloud.fill_then == pytest.approx(0.2)

    def test_a_plug_that_is_off_is_written_as_off(self, cloud: Cloud, plug: Plug) -> None:
        run = make.playing(cloud)
        ledger.open_puff(part_of(run), cue_of(run), plug.pk, at(0))
        ledger.close_puff(part_of(run), cue_of(run), plug.pk, at(0), at(6), "done", "", confirmed=True)
        plug.refresh_from_db()
        assert plug.relay == Plug.Relay.OFF

    def test_a_reason_of_any_length_is_written(self, cloud: Cloud, plug: Plug) -> None:
        run = make.playing(cloud, conductor=HOLDER)
        ledger.close_puff(part_of(run), cue_of(run), plug.pk, at(0), at(6), "failed", "x" * 1000, confirmed=True)
        ledger.end_run(run.pk, HOLDER, Run.Outcome.FAILED, "x" * 1000, at(6))
        assert len(Puff.objects.get().reason) == 300
        assert len(Run.objects.get().reason) == 300


class TestRuns:
    """A run ends once, by whoever plays it."""

    def test_a_run_ends_once(self, cloud: Cloud) -> None:
        run = make.playing(cloud, conductor=HOLDER)
        ledger.end_run(run.pk, HOLDER, Run.Outcome.DONE, "", at(5))
        ledger.end_run(run.pk, HOLDER, Run.Outcome.FAILED, "Late.", at(9))
        run.refresh_from_db()
        assert (run.outcome, run.reason, run.ended_at) == ("done", "", at(5))

    def test_a_run_that_somebody_took_over_is_theirs(self, cloud: Cloud) -> None:
        run = make.playing(cloud, conductor="somebody else")
        ledger.end_run(run.pk, HOLDER, Run.Outcome.DONE, "", at(5))
        run.refresh_from_db()
        assert run.state == Run.State.PLAYING

    def test_who_leaves_hands_back_what_never_began(self, cloud: Cloud, venue: Venue) -> None:
        clouds = [cloud, *(Cloud.objects.create(venue=venue, name=name, slug=name) for name in ("b", "c"))]
        claimed, unfinished = (make.playing(each, conductor=HOLDER) for each in clouds[:2])
        theirs = make.playing(clouds[2], conductor="somebody else")
        ledger.hand_back(HOLDER, {unfinished.pk}, "The site was shut down.", at(5))
        assert set(Run.objects.playing()) == {unfinished, theirs}
        claimed.refresh_from_db()
        assert (claimed.outcome, claimed.reason) == ("stopped", "The site was shut down.")


class TestByHand:
    """Somebody presses the button of a plug."""

    def test_it_is_in_the_history_and_in_the_balloon(self, cloud: Cloud, plug: Plug) -> None:
        ledger.by_hand(plug.pk, 12, at(20))
        puff = Puff.objects.get()
        assert (puff.source, puff.run, puff.outcome) == ("hand", None, "stopped")
        assert (puff.on_at, puff.off_at, puff.confirmed, puff.simulated) == (at(8), at(20), False, True)
        cloud.refresh_from_db()
        assert cloud.fill_at(at(20)) == pytest.approx(12 / 60)

    def test_a_plug_that_is_nobodys_has_no_history(self, plug: Plug) -> None:
        Plug.objects.update(cloud=None)
        ledger.by_hand(plug.pk, 12, at(20))
        assert not Puff.objects.exists()

    def test_a_plug_that_is_on_for_a_run_was_not_switched_on_by_hand(self, cloud: Cloud, plug: Plug) -> None:
        run = make.playing(cloud)
        ledger.open_puff(part_of(run), cue_of(run), plug.pk, at(1))
        ledger.by_hand(plug.pk, 12, at(20))
        assert Puff.objects.get().off_at is None


class TestLost:
    """A conductor died; its successor has switched off, and writes what became of it."""

    @pytest.fixture
    def run(self, cloud: Cloud, ada: User) -> Run:
        """A run of 5 s that the dead one played since noon."""
        return make.playing(cloud, asked_by=ada, conductor=DEAD, simulated=True)

    def lose(self, run: Run, plug: Plug, off: Confirmed | None) -> Puff | None:
        """The puff, when all is written."""
        found = {plug.pk: off} if off else {}
        succession.lose(run.cloud_id, found, HOLDER, None, at(100))
        run.refresh_from_db()
        assert (run.state, run.outcome, run.reason, run.ended_at) == ("ended", "lost", succession.LOST, at(100))
        assert not Puff.objects.still_on().exists()
        return Puff.objects.filter(run=run).first()

    def opened(self, run: Run, plug: Plug, **fields: object) -> Puff:
        """A puff that was written and not closed."""
        return make.puff(
            run.cloud, seconds=None, run=run, step=0, plug=plug, on_at=at(1), planned_seconds=5.0, **fields
        )

    def test_a_plug_found_on_was_on_until_now(self, run: Run, plug: Plug) -> None:
        self.opened(run, plug)
        rule = rule_of(run)
        puff = self.lose(run, plug, confirmed(4, before=reading(on=True, on_seconds=3, rule=rule), rule=rule))
        assert puff is not None
        assert (puff.off_at, puff.outcome, puff.reason, puff.confirmed) == (at(4), "lost", succession.LOST, True)

    def test_a_puff_that_was_not_sure_does_not_become_sure(self, run: Run, plug: Plug) -> None:
        self.opened(run, plug, confirmed=False)
        puff = self.lose(run, plug, confirmed(4, before=reading(on=True)))
        assert puff is not None
        assert not puff.confirmed

    def test_a_plug_whose_countdown_fired_was_on_until_then(self, run: Run, plug: Plug) -> None:
        self.opened(run, plug)
        rule = rule_of(run, fired=True)
        puff = self.lose(run, plug, confirmed(60, before=reading(rule=rule), rule=rule))
        assert puff is not None
        assert (puff.off_at, puff.reason, puff.confirmed) == (at(8), ledger.BY_TIMER, False)

    def test_a_countdown_fires_no_later_than_the_plug_was_confirmed_off(self, run: Run, plug: Plug) -> None:
        self.opened(run, plug)
        puff = self.lose(run, plug, confirmed(6, before=reading(), rule=rule_of(run, fired=True)))
        assert puff is not None
        assert puff.off_at == at(6)

    def test_a_plug_whose_countdown_still_runs_was_switched_off_as_planned(self, run: Run, plug: Plug) -> None:
        self.opened(run, plug)
        puff = self.lose(run, plug, confirmed(60, before=reading(), rule=rule_of(run)))
        assert puff is not None
        assert (puff.off_at, puff.reason, puff.confirmed) == (at(6), succession.LOST, False)

    def test_nothing_was_on_after_it_was_confirmed_off(self, run: Run, plug: Plug) -> None:
        self.opened(run, plug)
        puff = self.lose(run, plug, confirmed(3, before=reading(), rule=rule_of(run)))
        assert puff is not None
        assert puff.off_at == at(3)

    @pytest.mark.parametrize("rule", [None, Rule("somebody else's", enabled=True, delay=7, remain=3)])
    def test_a_plug_that_tells_nothing_may_have_been_on_all_the_time(
        self, rule: Rule | None, run: Run, plug: Plug
    ) -> None:
        self.opened(run, plug)
        puff = self.lose(run, plug, confirmed(60, before=reading(), rule=rule))
        assert puff is not None
        assert (puff.off_at, puff.confirmed) == (at(60), False)

    def test_a_plug_that_is_not_there_any_more_may_have_been_on_all_the_time(self, run: Run, plug: Plug) -> None:
        self.opened(run, plug)
        puff = self.lose(run, plug, None)
        assert puff is not None
        assert (puff.off_at, puff.confirmed) == (at(100), False)

    def test_a_puff_that_is_over_stays_as_it_was(self, run: Run, plug: Plug) -> None:
        make.puff(run.cloud, run=run, step=0, plug=plug, on_at=at(1), planned_seconds=5.0)
        puff = self.lose(run, plug, confirmed(60, before=reading(), rule=rule_of(run)))
        assert puff is not None
        assert (puff.off_at, puff.outcome, puff.confirmed) == (at(6), "done", True)

    def test_a_puff_that_was_not_written_stands_in_the_plug_that_is_on(self, run: Run, plug: Plug) -> None:
        rule = rule_of(run)
        puff = self.lose(run, plug, confirmed(4, before=reading(on=True, on_seconds=2, rule=rule), rule=rule))
        assert puff is not None
        assert (puff.step, puff.plug, puff.pump, puff.source) == (0, plug, "inflate", "visitor")
        assert (puff.asked_by, puff.planned_seconds, puff.simulated) == (run.asked_by, 5.0, True)
        assert (puff.on_at, puff.off_at, puff.confirmed) == (at(1), at(4), False)

    def test_it_was_not_on_before_its_time(self, run: Run, plug: Plug) -> None:
        rule = rule_of(run)
        puff = self.lose(run, plug, confirmed(4, before=reading(on=True, on_seconds=50, rule=rule), rule=rule))
        assert puff is not None
        assert puff.on_at == at(0)

    def test_a_puff_that_was_not_written_stands_in_the_plug_whose_countdown_fired(self, run: Run, plug: Plug) -> None:
        rule = rule_of(run, fired=True)
        puff = self.lose(run, plug, confirmed(60, before=reading(rule=rule), rule=rule))
        assert puff is not None
        assert (puff.on_at, puff.off_at, puff.reason) == (at(0), at(7), ledger.BY_TIMER)

    def test_a_later_step_was_not_on_before_its_time(self, cloud: Cloud, plug: Plug) -> None:
        steps = [Step(Do.INFLATE, 5.0), Step(Do.REST, 20.0), Step(Do.INFLATE, 3.0), Step(Do.INFLATE, 4.0)]
        run = make.playing(cloud, conductor=DEAD, steps=timeline.dump(steps), seconds=32.0)
        puff = self.lose(run, plug, confirmed(90, before=reading(), rule=rule_of(run, 2, delay=9)))
        assert puff is not None
        assert (puff.step, puff.planned_seconds) == (2, 7.0)  # two that do the same are one
        assert (puff.on_at, puff.off_at) == (at(25), at(32))

    @pytest.mark.parametrize("tag", ["", ".", "7", "{}", "{}.", "{}.x", "{}.1", "{}.99", "{}.-1", "{}.²", "1{}.0"])
    def test_a_countdown_that_is_none_of_its_steps_is_no_puff(self, tag: str, run: Run, plug: Plug) -> None:
        rule = Rule(tag.format(run.pk), enabled=True, delay=7, remain=3)
        assert self.lose(run, plug, confirmed(60, before=reading(), rule=rule)) is None

    def test_a_run_that_never_switched_on_has_no_puff(self, run: Run, plug: Plug) -> None:
        assert self.lose(run, plug, confirmed(60, before=reading())) is None

    def test_what_the_successor_plays_itself_is_left_alone(self, cloud: Cloud, plug: Plug) -> None:
        run = make.playing(cloud, conductor=HOLDER)
        succession.lose(cloud.pk, {plug.pk: confirmed(60)}, HOLDER, None, at(100))
        run.refresh_from_db()
        assert run.state == Run.State.PLAYING

    def test_a_puff_is_closed_although_its_run_was_ended(self, cloud: Cloud, plug: Plug) -> None:
        run = make.ended(cloud, outcome=Run.Outcome.STOPPED, conductor=DEAD)
        make.puff(cloud, seconds=None, run=run, step=0, plug=plug, planned_seconds=5.0)
        succession.lose(cloud.pk, {plug.pk: confirmed(60, rule=rule_of(run))}, HOLDER, None, at(100))
        puff = Puff.objects.get()
        assert (puff.off_at, puff.outcome) == (at(5), "lost")
        run.refresh_from_db()
        assert run.outcome == "stopped"

    def test_the_balloon_got_what_is_written(self, run: Run, plug: Plug) -> None:
        self.lose(run, plug, confirmed(60, before=reading(), rule=rule_of(run, fired=True, delay=6)))
        assert Cloud.objects.get().fill_at(at(200)) == pytest.approx(0.1)

    def test_it_is_known_on_which_clouds_something_was_left(self, run: Run, cloud: Cloud, venue: Venue) -> None:
        names = ["an open puff", "ours", "at rest"]
        clouds = {name: Cloud.objects.create(venue=venue, name=name, slug=name[:2]) for name in names}
        make.puff(clouds["an open puff"], seconds=None)
        make.playing(clouds["ours"], conductor=HOLDER)
        make.puff(clouds["at rest"])
        barn = Venue.objects.create(name="The barn", slug="barn")
        make.playing(Cloud.objects.create(venue=barn, name="Elsewhere", slug="el"), conductor=DEAD)
        assert succession.left_behind(venue.pk, HOLDER) == {cloud.pk, clouds["an open puff"].pk}


class TestPlugs:
    """What is seen of plugs."""

    def test_what_is_seen_is_written(self, plug: Plug) -> None:
        sight = Sight(plug.pk, "off", "", "50:C7:BF:00:00:01", "HS103(US)", seen=True)
        ledger.report([sight], at(5))
        plug.refresh_from_db()
        assert (plug.relay, plug.trouble, plug.seen_at) == ("off", "", at(5))
        assert (plug.mac, plug.model) == ("50:C7:BF:00:00:01", "HS103(US)")

    def test_one_that_is_not_seen_keeps_what_is_known_of_it(self, plug: Plug) -> None:
        ledger.report([Sight(plug.pk, "off", "", "50:C7:BF:00:00:01", "HS103(US)", seen=True)], at(5))
        ledger.report([Sight(plug.pk, "unknown", "It is gone. " * 100, "", "", seen=False)], at(9))
        plug.refresh_from_db()
        assert (plug.relay, plug.seen_at, plug.mac) == ("unknown", at(5), "50:C7:BF:00:00:01")
        assert len(plug.trouble) == 300

    def test_a_wish_is_answered_once(self, plug: Plug) -> None:
        Plug.objects.update(wish=Plug.Wish.TEST)
        ledger.answer(plug.pk, "It works. " * 100)
        plug.refresh_from_db()
        assert plug.wish == Plug.Wish.NOTHING
        assert plug.wish_answer.startswith("It works.")
