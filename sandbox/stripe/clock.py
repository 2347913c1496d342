"""The simulator's time: the real time moved by an offset that tests set."""

import time

from sandbox.stripe.store import Store

_OFFSET = "clock_offset"


class Clock:
    """Seconds since 1970, moved by a stored offset so that a restart keeps the moved time."""

    def __init__(self, store: Store) -> None:
        """Read the offset from the store each time, so that one place holds it."""
        self._store = store

    def now(self) -> int:
        """Return the simulated time: what ``created`` and ``expires_at`` are compared with."""
        return int(time.time() + self.offset())

    def offset(self) -> float:
        """Return how far ahead of the real time the simulator lives, in seconds."""
        return float(self._store.setting(_OFFSET, 0))

    def move(self, offset: float) -> None:
        """Set the offset, in seconds; negative lives in the past."""
        self._store.keep_setting(_OFFSET, offset)
