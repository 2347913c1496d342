"""Identifiers: time-ordered UUIDs (version 7), so that keyset pagination and index locality come for free."""

import secrets
import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

from foundation import clock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FRACTION_BITS = 12
_RANDOM_BITS = 62
_FARTHEST_AHEAD = 86_400_000 << _FRACTION_BITS  # a day

_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """Make a version 7 UUID: milliseconds, a 12-bit fraction of one, 62 random bits (RFC 9562, section 6.2, method 3).

    Within a process each id is greater than the one before, so that what happened later also sorts later.
    """
    stamp = _next_stamp()
    milliseconds, fraction = stamp >> _FRACTION_BITS, stamp & ((1 << _FRACTION_BITS) - 1)
    random_bits = secrets.randbits(_RANDOM_BITS)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (fraction << 64) | (0b10 << _RANDOM_BITS) | random_bits)


def _next_stamp() -> int:
    """Real time in 4096ths of a millisecond, always after the one before: clocks repeat and step back."""
    global _last  # noqa: PLW0603 - one sequence per process is the point
    microseconds = (clock.real_now() - _EPOCH) // _MICROSECOND
    now = (microseconds << _FRACTION_BITS) // 1000
    with _lock:
        # A clock that was far ahead for a moment must not keep ids in that future for ever.
        _last = now if _last - now > _FARTHEST_AHEAD else max(now, _last + 1)
        return _last
