"""Throttles: counters in PostgreSQL, shared by all web processes, committed apart from the request (M23)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, text
from sqlalchemy.orm import Mapped, mapped_column

from foundation import clock
from foundation.database import Model, apart


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


_COUNT = text(
    """
    INSERT INTO throttle_counters (key, window_ends_at, count) VALUES (:key, :ends, 1)
    ON CONFLICT (key) DO UPDATE SET
      count = CASE WHEN throttle_counters.window_ends_at <= :now THEN 1 ELSE throttle_counters.count + 1 END,
      window_ends_at = CASE WHEN throttle_counters.window_ends_at <= :now THEN :ends
                            ELSE throttle_counters.window_ends_at END
    RETURNING count, window_ends_at
    """
)


def count_try(key: str, limit: Limit) -> timedelta | None:
    """Count one try of `key`; answers None when it is allowed, else how long to wait."""
    now = clock.real_now()
    with apart() as session:
        row = session.execute(_COUNT, {"key": key, "now": now, "ends": now + limit.window}).one()
    return None if row.count <= limit.count else max(row.window_ends_at - now, timedelta(seconds=1))


def forget_tries(key: str) -> None:
    """Start counting `key` anew (after a success)."""
    with apart() as session:
        session.execute(delete(ThrottleCounter).where(ThrottleCounter.key == key))
