"""Python's search through everything for garbage takes a tenth of a second in a big house: no cue is to wait for it."""

import contextlib
import gc
import time
from collections.abc import Iterator

EVERY_SECONDS = 600.0
# So many searches through what is middle-aged would come before one through everything.
NEVER = 1_000_000_000


@contextlib.contextmanager
def only_when_asked() -> Iterator[None]:
    """While this lasts, only a `Sweeper` searches through everything; what was there before is not searched at all."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*before[:2], NEVER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


class Sweeper:
    """Searches through everything, now and then, in moments that are said to be quiet."""

    def __init__(self) -> None:
        self._swept = time.monotonic()

    def sweep(self) -> None:
        """It is quiet: search, if the last search was long ago."""
        if time.monotonic() - self._swept >= EVERY_SECONDS:
            gc.collect()
            self._swept = time.monotonic()
