"""A conductor at work, before simulated plugs and a real database."""

import asyncio
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.utils import timezone

from clouds import actions, doorbell, tasks
from clouds.conductor import house, ledger, succession
from clouds.models import Cloud, Plug, Puff, Run, Venue
from clouds.plugs import actor
from clouds.timeline import Do, Step
from tests.conductor.site import Site, play

pytestmark = pytest.mark.django_db(transaction=True)

DEAD = "another-host:2:2:token"
LONG = 30.0


@pytest.fixture(autouse=True)
def _attentive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plugs are looked at more often than real ones would like."""
    monkeypatch.setattr(house, "LOOK_ROUND_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(house, "SHARE_OF_A_ROUND", 1)
    monkeypatch.setattr(house, "LEAVE_WITHIN_SECONDS", 1.0)
    monkeypatch.setattr(actor, "LOOK_WHILE_OFF_EVERY_SECONDS", 0.3)
    monkeypatch.setattr(actor, "LOOK_WHILE_IN_TROUBLE_EVERY_SECONDS", 0.3)


async def inflate(site: Site, seconds: float = LONG, name: str = "A") -> Run:
    """A curator inflates a cloud."""
    cloud = await site.cloud(name)
    return await site.office(lambda: actions.play(cloud, [Step(Do.INFLATE, seconds)], by=site.curator))


async def inflating(site: Site, name: str = "A") -> Run:
    """A curator inflates a cloud, and its puff is written."""
    run = await inflate(site, name=name)
    await site.is_on(f"{name}/inflate")
    await site.office.until(lambda: Puff.objects.filter(run=run).exists(), "the puff is written")
    return run


class TestPlaying:
    """Runs are played, and end."""

    def test_a_press_is_played(self) -> None:
        async def scene(site: Site) -> None:
            cloud = await site.cloud()
            run = await site.ended(await site.office(lambda: actions.press(cloud, by=site.ada)))
            assert (run.outcome, run.reason, run.conductor) == ("done", "", site.holder)
            assert site.relays() == [(1, "command"), (0, "command")]
            assert 0.8 < site.seconds_on() < 5
            puff = await site.puff(run)
            assert (puff.outcome, puff.confirmed, puff.simulated) == ("done", True, True)
            assert (puff.source, puff.asked_by_id, puff.planned_seconds) == ("visitor", site.ada.pk, 1.0)
            assert (puff.seconds or 0) >= site.seconds_on()
            (on,) = [command for command in site.simulator.commands() if command["state"] == 1]
            assert (on["own"], on["delay"]) == (True, 5)
            balloon = site.simulator.balloon("A")
            assert (await site.cloud()).fill_then >= balloon["fill"]

        play(scene)

    def test_who_waits_is_next(self) -> None:
        async def scene(site: Site) -> None:
            runs = [await inflate(site, 0.3) for _ in range(3)]
            ended = [await site.ended(run) for run in runs]
            assert [run.outcome for run in ended] == ["done"] * 3
            assert site.relays() == [(1, "command"), (0, "command")] * 3

        play(scene)

    def test_two_clouds_play_at_once(self) -> None:
        async def scene(site: Site) -> None:
            runs = [await inflating(site, name) for name in "AB"]
            for run in runs:
                await site.office(lambda run=run: actions.end(run, by=site.curator))
                ended = await site.ended(run)
                assert (ended.outcome, ended.reason) == ("stopped", "Ended by Curator.")
                assert (await site.puff(run)).reason == "Ended by Curator."

        play(scene)

    def test_a_cue_is_on_time_while_the_database_is_locked(self) -> None:
        async def scene(site: Site) -> None:
            run = await inflate(site, 1.0)
            await site.is_on()
            loop, locked = asyncio.get_running_loop(), asyncio.Event()

            def lock() -> None:
                with transaction.atomic():
                    if connection.vendor == "postgresql":
                        connection.cursor().execute("LOCK TABLE clouds_puff")
                    else:
                        Venue.objects.update(name="The hall")
                    loop.call_soon_threadsafe(locked.set)
                    time.sleep(2.5)

            locking = asyncio.ensure_future(site.office(lock))
            await locked.wait()
            await site.simulator.wait_for("A/inflate", "relay_off", timeout=10)
            assert not locking.done()
            assert site.relays() == [(1, "command"), (0, "command")]
            await locking
            assert (await site.ended(run)).outcome == "done"
            assert (await site.puff(run)).confirmed

        play(scene)

    def test_a_plug_that_loses_its_power_ends_its_run(self) -> None:
        async def scene(site: Site) -> None:
            run = await inflating(site)
            site.simulator.fault("A/inflate", "restart", seconds=0.1, relay="on")
            ended = await site.ended(run)
            assert (ended.outcome, ended.reason) == ("failed", "The plug lost its own timer.")
            puff = await site.puff(run)
            assert (puff.outcome, puff.confirmed) == ("failed", False)
            assert site.relays()[-1] == (0, "command")

        play(scene)

    def test_a_plug_that_is_switched_on_by_hand_is_switched_off_and_written_down(self) -> None:
        async def scene(site: Site) -> None:
            site.simulator.press_button("A/inflate")
            puff = await site.office.until(lambda: Puff.objects.filter(source="hand").first(), "it is written")
            assert (puff.run, puff.outcome, puff.reason) == (None, "stopped", ledger.BY_HAND)
            assert site.relays() == [(1, "button"), (0, "command")]
            assert (puff.seconds or 0) >= site.seconds_on()

        play(scene)


class TestCurators:
    """What curators ask for."""

    def test_a_stop_ends_what_plays_and_what_waits_until_the_release(self) -> None:
        async def scene(site: Site) -> None:
            plays, waits, other = await inflating(site), await inflate(site), await inflating(site, "B")
            await site.office(lambda: actions.stop(site.venue, by=site.curator))
            for run in (plays, waits, other):
                ended = await site.ended(run)
                assert (ended.outcome, ended.reason) == ("stopped", "Everything was stopped by Curator.")
            for name in ("A/inflate", "B/inflate"):
                assert site.relays(name) == [(1, "command"), (0, "command")]
            await site.office(lambda: actions.release(site.venue, by=site.curator))
            assert (await site.ended(await inflate(site, 0.3))).outcome == "done"

        play(scene)

    def test_a_short_puff_that_somebody_else_switched_off_is_not_said_to_be_confirmed(self) -> None:
        async def scene(site: Site) -> None:
            run = await inflate(site, 3.0)
            await site.is_on("A/inflate")
            site.simulator.press_button("A/inflate", 0)
            ended = await site.ended(run)
            assert (ended.outcome, ended.reason) == ("failed", "The plug switched off by itself.")
            puff = await site.puff(run)
            assert (puff.outcome, puff.confirmed) == ("failed", False)
            assert (puff.off_at - puff.on_at).total_seconds() < 2.5

        play(scene)

    def test_a_stop_switches_off_what_nobody_plays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def scene(site: Site) -> None:
            monkeypatch.setattr(actor, "LOOK_WHILE_OFF_EVERY_SECONDS", 3600)
            site.simulator.press_button("A/inflate", 1)
            await site.office(lambda: actions.stop(site.venue, by=site.curator))
            await site.simulator.wait_for("A/inflate", "relay_off")

        play(scene)

    def test_a_plug_is_tested_and_the_answer_written(self) -> None:
        async def scene(site: Site) -> None:
            plug = await site.office(lambda: Plug.objects.get(cloud__name="A"))
            await site.office(lambda: actions.wish(plug, Plug.Wish.TEST, by=site.curator))
            answered = lambda: Plug.objects.filter(pk=plug.pk, wish="", wish_answer__contains="takes orders")  # noqa: E731
            await site.office.until(lambda: answered().exists(), "the wish is answered")
            assert site.relays() == []

        play(scene)

    def test_a_plug_is_switched_off_and_the_answer_written(self) -> None:
        async def scene(site: Site) -> None:
            run, other = await inflating(site), await inflating(site, "B")
            plug = await site.office(lambda: Plug.objects.get(cloud__name="A"))
            await site.office(lambda: actions.wish(plug, Plug.Wish.OFF, by=site.curator))
            answered = lambda: Plug.objects.filter(pk=plug.pk, wish="", wish_answer__contains="It is off")  # noqa: E731
            await site.office.until(lambda: answered().exists(), "the wish is answered")
            ended = await site.ended(run)
            assert (ended.outcome, ended.reason) == ("stopped", "A curator switched the plug off.")
            assert (await site.office(lambda: Run.objects.get(pk=other.pk))).state == "playing"

        play(scene)


class TestPlugs:
    """Plugs come, change and go while a conductor works."""

    def test_a_plug_that_is_added_is_switched_off_first_and_then_played_on(self) -> None:
        async def scene(site: Site) -> None:
            site.simulator.press_button("B/inflate")

            def add() -> None:
                cloud = Cloud.objects.create(venue=site.venue, name="C", slug="c")
                site.make_plug(cloud, port)
                doorbell.ring()

            def remove() -> None:
                Plug.objects.filter(cloud__name="B").delete()

            port = site.simulator.plug("B/inflate").port
            await site.office(remove)
            await site.office(add)
            await site.simulator.wait_for("B/inflate", "relay_off")
            await site.settled()
            run = await inflate(site, 0.3, "C")
            assert (await site.ended(run)).outcome == "done"

        play(scene)

    def test_a_run_that_is_asked_for_in_the_same_instant_as_its_plug_is_played(self) -> None:
        async def scene(site: Site) -> None:
            def add() -> Run:
                with transaction.atomic():
                    Plug.objects.filter(cloud__name="B").delete()
                    cloud = Cloud.objects.create(venue=site.venue, name="C", slug="c")
                    site.make_plug(cloud, port)
                    return actions.play(cloud, [Step(Do.INFLATE, 0.3)], by=site.curator)

            port = site.simulator.plug("B/inflate").port
            assert (await site.ended(await site.office(add))).outcome == "done"

        play(scene)

    def test_a_plug_that_is_changed_ends_what_plays_on_it(self) -> None:
        async def scene(site: Site) -> None:
            run, other = await inflating(site), await inflating(site, "B")

            def change() -> None:
                plug = Plug.objects.get(cloud__name="A")
                plug.name, plug.mac = "Another", ""
                plug.host = "127.0.0.2"
                plug.save()
                doorbell.ring()

            await site.office(change)
            ended = await site.ended(run)
            assert (ended.outcome, ended.reason) == ("stopped", "Its plug was changed meanwhile.")
            assert site.relays() == [(1, "command"), (0, "command")]
            assert (await site.office(lambda: Run.objects.get(pk=other.pk))).state == "playing"

        play(scene)

    def test_a_plug_that_is_removed_is_switched_off(self) -> None:
        async def scene(site: Site) -> None:
            run = await inflating(site)

            def remove() -> None:
                Plug.objects.get(cloud__name="A").delete()
                doorbell.ring()

            await site.office(remove)
            assert (await site.ended(run)).outcome == "stopped"
            assert site.relays() == [(1, "command"), (0, "command")]

        play(scene)

    def test_what_was_learned_of_a_plug_is_no_change_of_it(self) -> None:
        async def scene(site: Site) -> None:
            learned = lambda: not Plug.objects.filter(mac="").exists()  # noqa: E731
            await site.office.until(learned, "the MAC addresses are known")
            run = await inflating(site)

            def add() -> None:
                site.make_plug(None, 9, name="Spare")
                doorbell.ring()

            await site.office(add)
            seen = lambda: Plug.objects.exclude(trouble="").filter(name="Spare").exists()  # noqa: E731
            await site.office.until(seen, "the new plug was looked for")
            assert (await site.office(lambda: Run.objects.get(pk=run.pk))).state == "playing"
            assert site.relays() == [(1, "command")]

        play(scene)

    def test_a_mac_address_that_is_cleared_is_learned_again(self) -> None:
        async def scene(site: Site) -> None:
            learned = lambda: not Plug.objects.filter(mac="").exists()  # noqa: E731
            await site.office.until(learned, "the MAC addresses are known")
            site.simulator.plug("A/inflate").firmware._sysinfo["mac"] = "50:C7:BF:FF:FF:FF"
            site.simulator.fault("A/inflate", "restart", seconds=0.01)
            strange = lambda: Plug.objects.filter(trouble__contains="Another device").exists()  # noqa: E731
            await site.office.until(strange, "the stranger is noticed")

            def clear() -> None:
                plug = Plug.objects.get(cloud__name="A")
                plug.mac = ""
                plug.save()
                doorbell.ring()

            await site.office(clear)
            learned_again = lambda: Plug.objects.filter(mac="50:C7:BF:FF:FF:FF", trouble="").exists()  # noqa: E731
            await site.office.until(learned_again, "it is accepted")

        play(scene)

    def test_a_change_is_noticed_although_the_database_did_not_answer_at_first(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def scene(site: Site) -> None:
            real, failed = house.desk.outlets, []

            def outlets(venue_id: int) -> list[house.Outlet]:
                if not failed:
                    failed.append(True)
                    raise OperationalError("database is locked")
                return real(venue_id)

            monkeypatch.setattr(house.desk, "outlets", outlets)

            def add() -> None:
                site.make_plug(None, 9, name="Spare")
                doorbell.ring()

            await site.office(add)
            seen = lambda: Plug.objects.exclude(trouble="").filter(name="Spare").exists()  # noqa: E731
            await site.office.until(seen, "the new plug was looked for")
            assert failed

        play(scene)


class TestTakingOver:
    """A conductor has died."""

    async def leave_behind(self, site: Site) -> Run:
        """A run and a puff of somebody who is dead; its pump is on."""
        cloud, began = await site.cloud(), timezone.now() - timedelta(seconds=3)

        def make() -> Run:
            run = Run.objects.create(
                cloud=cloud, source="visitor", asked_by=site.ada, simulated=True,
                steps=[{"do": "inflate", "seconds": 20.0}], seconds=20.0,
                state="playing", asked_at=began, due_at=began, started_at=began, conductor=DEAD,
            )  # fmt: skip
            plug = Plug.objects.get(cloud=cloud)
            Puff.objects.create(
                cloud=cloud, run=run, step=0, plug=plug, pump="inflate", source="visitor", asked_by=site.ada,
                on_at=began, planned_seconds=20.0, simulated=True,
            )  # fmt: skip
            return run

        site.simulator.press_button("A/inflate", 1)
        return await site.office(make)

    def test_first_everything_is_off_and_confirmed(self) -> None:
        async def scene(site: Site) -> None:
            run = await self.leave_behind(site)
            await site.conduct()
            await site.simulator.wait_for("A/inflate", "relay_off")
            ended = await site.ended(run)
            assert (ended.outcome, ended.reason) == ("lost", succession.LOST)
            puff = await site.puff(run)
            assert (puff.outcome, puff.reason) == ("lost", succession.LOST)
            assert (await site.ended(await inflate(site, 0.3))).outcome == "done"
            assert not await site.office(lambda: Puff.objects.filter(source="hand").exists())

        play(scene, conducted=False)

    def test_nothing_begins_on_a_cloud_whose_plug_is_not_confirmed_off(self) -> None:
        async def scene(site: Site) -> None:
            run = await self.leave_behind(site)
            site.simulator.fault("A/inflate", "silent")
            await site.conduct()
            waiting, other = await inflate(site, 0.3), await inflate(site, 0.3, "B")
            assert (await site.ended(other)).outcome == "done"
            for each, state in ((run, "playing"), (waiting, "waiting")):
                assert (await site.office(lambda each=each: Run.objects.get(pk=each.pk))).state == state
            site.simulator.clear("A/inflate")
            assert (await site.ended(run)).outcome == "lost"
            assert (await site.ended(waiting)).outcome == "done"

        play(scene, conducted=False)

    def test_a_plug_at_a_wrong_address_is_given_up_when_it_is_corrected(self) -> None:
        async def scene(site: Site) -> None:
            run = await self.leave_behind(site)
            port = site.simulator.plug("A/inflate").port
            await site.office(lambda: Plug.objects.filter(cloud__name="A").update(port=9))
            await site.conduct()
            lost = lambda: Plug.objects.filter(cloud__name="A").exclude(trouble="").exists()  # noqa: E731
            await site.office.until(lost, "the plug is missed")

            def correct() -> None:
                plug = Plug.objects.get(cloud__name="A")
                plug.port = port
                plug.save()
                doorbell.ring()

            await site.office(correct)
            await site.simulator.wait_for("A/inflate", "relay_off")
            assert (await site.ended(run)).outcome == "lost"
            assert (await site.ended(await inflate(site, 0.3))).outcome == "done"

        play(scene, conducted=False)


class TestLeaving:
    """However a conductor leaves, everything is off, and whoever comes next may begin."""

    async def gone(self, site: Site, run: Run, why: str) -> None:
        """It has left in good order."""
        ended = await site.ended(run)
        assert (ended.outcome, ended.reason) == ("stopped", why)
        assert (await site.puff(run)).reason == why
        assert site.relays() == [(1, "command"), (0, "command")]
        assert await site.office(lambda: Venue.objects.get().conductor) == ""
        assert set(await site.office(lambda: list(Plug.objects.values_list("relay", flat=True)))) == {"off"}

    def test_one_that_is_told_to_leave_leaves_everything_off(self) -> None:
        async def scene(site: Site) -> None:
            run = await inflating(site)
            await site.leave("We are closing.")
            await self.gone(site, run, "We are closing.")

        play(scene)

    def test_one_that_is_cancelled_leaves_everything_off(self) -> None:
        async def scene(site: Site) -> None:
            run = await inflating(site)
            assert site.conducting is not None
            site.conducting.cancel()
            await asyncio.wait([site.conducting])
            await self.gone(site, run, "The site was shut down or restarted.")

        play(scene)

    def test_one_that_breaks_leaves_everything_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def scene(site: Site) -> None:
            run = await inflating(site)

            def broken(*_: object, **__: object) -> None:
                raise ZeroDivisionError

            monkeypatch.setattr(house.desk, "read", broken)
            assert site.conducting is not None
            await asyncio.wait([site.conducting], timeout=15)
            with pytest.raises(ZeroDivisionError):
                site.conducting.result()
            await self.gone(site, run, "The site was shut down or restarted.")

        play(scene)

    def test_one_whose_baton_was_taken_leaves_everything_off(self) -> None:
        async def scene(site: Site) -> None:
            run = await inflating(site)
            await site.office(lambda: Venue.objects.update(conductor=DEAD))
            assert site.conducting is not None
            await asyncio.wait([site.conducting], timeout=15)
            ended = await site.ended(run)
            assert (ended.outcome, ended.reason) == ("stopped", "Another conductor took over.")
            assert await site.office(lambda: Venue.objects.get().conductor) == DEAD

        play(scene)

    def test_one_whose_venue_closes_plays_to_the_end_and_leaves(self) -> None:
        async def scene(site: Site) -> None:
            run = await inflate(site, 1.0)
            await site.is_on()

            def close() -> None:
                now = timezone.now()
                Venue.objects.update(
                    opens_at=(now + timedelta(hours=1)).time(), closes_at=(now + timedelta(hours=2)).time()
                )
                doorbell.ring()

            await site.office(close)
            assert site.conducting is not None
            await asyncio.wait([site.conducting], timeout=15)
            assert site.conducting.done()
            assert (await site.ended(run)).outcome == "done"

        play(scene)

    def test_a_plug_that_does_not_answer_is_left_to_the_next(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(house, "LEAVE_WITHIN_SECONDS", 0.5)

        async def scene(site: Site) -> None:
            run = await inflating(site)
            site.simulator.fault("A/inflate", "silent")
            await site.leave()
            left = await site.office(lambda: Run.objects.get(pk=run.pk))
            assert left.state == "playing"
            assert await site.office(lambda: Puff.objects.get(run=run).off_at) is None
            assert await site.office(lambda: Venue.objects.get().conductor) == ""
            site.simulator.clear()
            await site.conduct()
            assert (await site.ended(run)).outcome == "lost"
            assert (await site.puff(run)).off_at is not None

        play(scene)

    def test_a_second_conductor_is_sent_away_at_once(self) -> None:
        async def scene(site: Site) -> None:
            run = await inflating(site)
            assert await site.office(lambda: tasks.play(site.venue.pk)) == "somebody else conducts"
            assert (await site.office(lambda: Run.objects.get(pk=run.pk))).state == "playing"
            assert await site.office(lambda: Venue.objects.get().conductor) == site.holder

        play(scene)
