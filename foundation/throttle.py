"""Throttles: counters in PostgreSQL, shared by all web processes, committed apart from the request (M23)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from foundation import clock
from foundation.database import Model, alone


class ThrottleCounter(Model):
    """How often something was tried in the current window; `key` is a hash where it would be personal."""

    __tablename__ = "throttle_counters"

    key: Mapped[str] = mapped_column(primary_key=True)
    window_ends_at: Mapped[datetime]
    count: Mapped[int]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` tries per `window` of real time."""

    count: int
    window: timedelta


# A counter that a crash of the whole server sets back by a moment harms nobody: its commit does not wait for the disk.
_COUNT = text(
    """
    WITH relaxed AS (SELECT set_config('synchronous_commit', 'off', true))
    INSERT INTO throttle_counters (key, window_ends_at, count) SELECT :key, CAST(:ends AS timestamptz), 1 FROM relaxed
    ON CONFLICT (key) DO UPDATE SET
      count = CASE WHEN throttle_counters.window_ends_at <= :now THEN 1 ELSE throttle_counters.count + 1 END,
      window_ends_at = CASE WHEN throttle_counters.window_ends_at <= :now THEN :ends
                            ELSE throttle_counters.window_ends_at END
    RETURNING count, window_ends_at
    """
)
_FORGET = text("DELETE FROM throttle_counters WHERE key = :key")


@dataclass(frozen=True, slots=True)
class Tally:
    """How a key stands after one more try: `left` tries and `wait` until the window ends."""

    limit: int
    count: int
    wait: timedelta

    @property
    def over(self) -> bool:
        """Whether this try was one too many."""
        return self.count > self.limit

    @property
    def left(self) -> int:
        """Tries left in this window."""
        return max(self.limit - self.count, 0)

    @property
    def seconds_left(self) -> int:
        """Whole seconds until the window ends, at least one."""
        return -(-self.wait // timedelta(seconds=1))


def tally(key: str, limit: Limit) -> Tally:
    """Count one try of `key` and tell how it stands."""
    now = clock.real_now()
    with alone() as connection:
        row = connection.execute(_COUNT, {"key": key, "now": now, "ends": now + limit.window}).one()
    count, window_ends_at = row
    return Tally(limit.count, count, max(window_ends_at - now, timedelta(seconds=1)))


def count_try(key: str, limit: Limit) -> timedelta | None:
    """Count one try of `key`; answers None when it is allowed, else how long to wait."""
    counted = tally(key, limit)
    return counted.wait if counted.over else None


def forget_tries(key: str) -> None:
    """Start counting `key` anew (after a success)."""
    with alone() as connection:
        connection.execute(_FORGET, {"key": key})
