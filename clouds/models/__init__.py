"""The nouns, their constraints and their querysets."""

from clouds.models.cloud import BalloonNote, Cloud
from clouds.models.plug import Plug
from clouds.models.puff import Puff
from clouds.models.run import Run
from clouds.models.user import User
from clouds.models.venue import Venue

__all__ = ["BalloonNote", "Cloud", "Plug", "Puff", "Run", "User", "Venue"]
