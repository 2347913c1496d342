"""How the mailbox misbehaves when ordered to."""

from dataclasses import dataclass
from threading import Lock
from typing import Any

from sandbox.mailbox.letters import Letters

MODES = ("ok", "refuse", "tempfail", "after_data_5xx", "after_data_4xx", "hang", "lost")


class BadControl(Exception):
    """An instruction to `/_control` that makes no sense; `reason` says which."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Control:
    """The mode in force, for how many more messages (None: until changed), and how long silence lasts."""

    mode: str = "ok"
    times: int | None = None
    hang_seconds: float = 60.0


class Behaviour:
    """The orders, kept in the file of the letters."""

    def __init__(self, letters: Letters) -> None:
        """Follow the orders kept beside these letters."""
        self._letters = letters
        self._lock = Lock()

    def read(self) -> Control:
        """Return the orders in force."""
        return Control(**self._letters.orders())

    def order(self, orders: dict[str, Any]) -> None:
        """Take new orders; a mode without `times` lasts until the next one."""
        unknown = set(orders) - {"mode", "times", "hang_seconds", "clear"}
        if unknown:
            raise BadControl(f"unknown order {', '.join(sorted(unknown))}")
        _check(orders)
        with self._lock:
            if orders.get("clear"):
                self._letters.clear()
            if "hang_seconds" in orders:
                self._letters.order("hang_seconds", float(orders["hang_seconds"]))
            if "mode" in orders or "times" in orders:
                self._letters.order("mode", orders.get("mode", self.read().mode))
                self._letters.order("times", orders.get("times"))

    def next_mode(self) -> str:
        """Return the mode for the message that starts now, using up one of its times."""
        with self._lock:
            control = self.read()
            if control.times is None or control.mode == "ok":
                return control.mode
            left = control.times - 1
            self._letters.order("mode", control.mode if left else "ok")
            self._letters.order("times", left or None)
            return control.mode


def _check(orders: dict[str, Any]) -> None:
    if "mode" in orders and orders["mode"] not in MODES:
        raise BadControl(f"mode must be one of {', '.join(MODES)}")
    times = orders.get("times")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise BadControl("times must be a whole number from 1")
    seconds = orders.get("hang_seconds", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        raise BadControl("hang_seconds must be a number of seconds")
    if not isinstance(orders.get("clear", False), bool):
        raise BadControl("clear must be true or false")
