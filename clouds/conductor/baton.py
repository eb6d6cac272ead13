"""Who holds a venue's baton conducts it: one conditional UPDATE decides, whatever is lost or delivered twice."""

import os
import secrets
import time
from datetime import datetime, timedelta

from django.utils import timezone

from clouds import processes
from clouds.models import Venue
from clouds.models.venue import BEAT_LASTS

BEAT_EVERY_SECONDS = 1.0
# Nothing is switched on by someone who has not been able to say for so long that the baton is still theirs: a
# successor may take it a second later.
BEGIN_WITHIN = BEAT_LASTS - timedelta(seconds=1)


class Baton:
    """A venue's baton, as one process would hold it."""

    def __init__(self, venue_id: int) -> None:
        self.venue_id = venue_id
        self.holder = f"{processes.name_of(os.getpid())}:{secrets.token_hex(4)}"
        self._renewed = -BEGIN_WITHIN.total_seconds()
        self.silent_since: datetime | None = None

    def take(self) -> bool:
        """Take it unless somebody holds it who has beaten lately and is not known to be gone.

        `silent_since` is then when the one before beat last, if it didn't lay the baton down.
        """
        now, clock = timezone.now(), time.monotonic()
        venue = Venue.objects.get(pk=self.venue_id)
        if venue.is_conducted(now):
            return False
        as_seen = Venue.objects.filter(
            pk=venue.pk, conductor=venue.conductor, conductor_beat_at=venue.conductor_beat_at
        )
        if not as_seen.update(conductor=self.holder, conductor_beat_at=now):
            return False
        self._renewed, self.silent_since = clock, venue.conductor_beat_at
        return True

    def renew(self) -> bool:
        """Beat; False when the baton is somebody else's by now."""
        clock = time.monotonic()
        mine = Venue.objects.filter(pk=self.venue_id).held_by(self.holder)
        if not mine.update(conductor_beat_at=timezone.now()):
            return False
        self._renewed = clock
        return True

    def lay_down(self) -> None:
        """Let another have it at once."""
        Venue.objects.filter(pk=self.venue_id).held_by(self.holder).update(conductor="", conductor_beat_at=None)

    def allows_to_begin(self) -> bool:
        """Whether it is surely still held."""
        return time.monotonic() - self._renewed < BEGIN_WITHIN.total_seconds()
