"""The performances under way: begun, told what curators want of them, and ended."""

import asyncio
from collections.abc import Callable, Mapping

from clouds.conductor.journal import Journal
from clouds.conductor.ledger import Part
from clouds.conductor.performance import Marks, Performance
from clouds.conductor.rig import Rig
from clouds.models import Run


class Performances:
    """Those of one conductor. Each is forgotten as soon as it is over."""

    def __init__(self, journal: Journal, holder: str, may_begin: Callable[[], bool]) -> None:
        self._journal = journal
        self._holder = holder
        self._may_begin = may_begin
        self._under_way: dict[int, Performance] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def run_ids(self) -> set[int]:
        """The runs that are played."""
        return set(self._under_way)

    @property
    def cloud_ids(self) -> set[int]:
        """The clouds on which they are played."""
        return {performance.part.cloud_id for performance in self._under_way.values()}

    @property
    def tasks(self) -> set[asyncio.Task[None]]:
        """What has to end before all of them are over."""
        return set(self._tasks)

    def begin(self, part: Part, rig: Rig) -> "asyncio.Task[None]":
        """Have a run performed."""
        performance = Performance(part, rig, self._journal, self._holder, self._may_begin)
        self._under_way[part.run_id] = performance
        task = performance.start()
        self._tasks.add(task)

        def over(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self._under_way.pop(part.run_id, None)

        task.add_done_callback(over)
        return task

    def heed(self, run_id: int, marks: Marks) -> None:
        """What curators want of one of them by now; nothing if it is none of these."""
        if run_id in self._under_way:
            self._under_way[run_id].heed(marks)

    def end(self, run_id: int, reason: str) -> None:
        """End one of them; nothing if it is none of these."""
        if run_id in self._under_way:
            self._under_way[run_id].end(Run.Outcome.STOPPED, reason)

    def end_on(self, cloud_id: int | None, reason: str) -> None:
        """End what is played on a cloud."""
        for performance in self._under_way.values():
            if performance.part.cloud_id == cloud_id:
                performance.end(Run.Outcome.STOPPED, reason)

    def end_all(self, reason: str) -> None:
        """End all of them."""
        for performance in self._under_way.values():
            performance.end(Run.Outcome.STOPPED, reason)

    def give_up(self) -> None:
        """Stop waiting for plugs that don't answer; what is left stays as it is, for whoever conducts next."""
        for performance in self._under_way.values():
            performance.give_up()

    def tell(self, endings: list[tuple[int, str]], marks: Mapping[int, Marks]) -> None:
        """Pass on what the news say of them."""
        for run_id, reason in endings:
            self.end(run_id, reason)
        for run_id, mark in marks.items():
            self.heed(run_id, mark)
