"""The nouns, their constraints and their querysets."""

from clouds.models.act import Act
from clouds.models.cloud import BalloonNote, Cloud
from clouds.models.guestpass import GuestPass
from clouds.models.kiosk import Kiosk
from clouds.models.plug import Plug
from clouds.models.program import Program, ProgramStep
from clouds.models.puff import Puff
from clouds.models.rehearsal import Rehearsal
from clouds.models.run import Run
from clouds.models.show import CalledOff, Show, ShowCloud, ShowDate
from clouds.models.story import Fact, Story
from clouds.models.tally import Tally
from clouds.models.tries import Tries
from clouds.models.user import BlockedWord, User
from clouds.models.venue import Venue

__all__ = [
    "Act", "BalloonNote", "BlockedWord", "CalledOff", "Cloud", "Fact", "GuestPass", "Kiosk", "Plug", "Program",
    "ProgramStep", "Puff", "Rehearsal", "Run", "Show", "ShowCloud", "ShowDate", "Story", "Tally", "Tries", "User",
    "Venue",
]  # fmt: skip
