"""Failures of the API on demand: a 500, a call that hangs, a connection that breaks."""

import threading
from dataclasses import dataclass

from sandbox.stripe.jsons import Json

ERROR, HANG, RESET = "error", "hang", "reset"
LONGEST_HANG = 120.0


@dataclass(frozen=True)
class Fault:
    """One failure asked for; ``after`` means that the effect happens and only the answer fails."""

    mode: str
    calls: int
    seconds: float = 0.0
    after: bool = False
    method: str | None = None
    path: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a failure that does not exist."""
        if self.mode not in (ERROR, HANG, RESET):
            raise ValueError(f"mode must be error, hang or reset, not {self.mode!r}")
        if self.calls < 0 or not 0 <= self.seconds <= LONGEST_HANG:
            raise ValueError(f"calls must not be negative, seconds at most {LONGEST_HANG}")

    def meets(self, method: str, path: str) -> bool:
        """Tell whether a call is among those that are to fail."""
        return self.method in (None, method) and path.startswith(self.path or "")


class Faults:
    """The failure currently asked for, and how many calls it still has."""

    def __init__(self) -> None:
        """Start with an API that works."""
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._left = 0

    def plan(self, fault: Fault | None) -> None:
        """Replace the planned failure; None ends it."""
        with self._lock:
            self._fault = fault
            self._left = fault.calls if fault else 0

    def take(self, method: str, path: str) -> Fault | None:
        """Return the failure for this call and count it, or None when it is to work."""
        with self._lock:
            if self._fault is None or self._left == 0 or not self._fault.meets(method, path):
                return None
            self._left -= 1
            return self._fault

    def describe(self) -> Json:
        """Return what is planned, for the test that asked."""
        with self._lock:
            return {"mode": self._fault.mode if self._left and self._fault else None, "calls_left": self._left}
