"""Identifiers: time-ordered UUIDs (version 7), so that keyset pagination and index locality come for free."""

import secrets
from uuid import UUID

from foundation import clock

_RANDOM_BITS = 74


def new_id() -> UUID:
    """Make a version 7 UUID from real time and 74 random bits (RFC 9562, section 5.7)."""
    milliseconds = int(clock.real_now().timestamp() * 1000)
    random_bits = secrets.randbits(_RANDOM_BITS)
    high, low = random_bits >> 62, random_bits & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low)
