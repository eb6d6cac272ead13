"""What anyone may ask for: press, play, stop, hold, save a show …

Doors call these and show what comes back. Each decides with one `now`, changes rows, and rings for the conductor; what
is refused raises a `refusals.Refused` and changes nothing.
"""

from clouds.actions.playing import end, pause, play, play_on, resume, skip, why_not_playable
from clouds.actions.pressing import here, offer, press, puff_that_fits
from clouds.actions.rehearsing import end_rehearsal, rehearse
from clouds.actions.shows import program_changed, remove_show, save_show
from clouds.actions.stopping import end_hold, hold, release, stop
from clouds.actions.tending import note, wish
from clouds.actions.waking import recount, wake

__all__ = [
    "end", "end_hold", "end_rehearsal", "here", "hold", "note", "offer", "pause", "play", "play_on", "press",
    "program_changed", "puff_that_fits", "recount", "rehearse", "release", "remove_show", "resume", "save_show", "skip",
    "stop", "wake", "why_not_playable", "wish",
]  # fmt: skip
