"""Unix time that never jumps, so that records, timers and balloons agree however the machine's clock is set."""

import time

_UNIX_MINUS_MONOTONIC = time.time() - time.monotonic()


def now() -> float:
    """Seconds since 1970, running with the monotonic clock from the moment this module was loaded."""
    return time.monotonic() + _UNIX_MINUS_MONOTONIC
