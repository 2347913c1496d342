"""Passwords: which are accepted, and how they are stored (argon2id, the parameters OWASP recommends)."""

import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

SHORTEST = 8
LONGEST = 200
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

# What Italians and this trade would choose, and what leaks show everybody to choose.
_COMMON = tuple(Path(__file__).with_name(name) for name in ("common_passwords.txt", "leaked_passwords.txt"))
_DECORATION = "0123456789!?.,;:-_@#$*+&%^()"


def password_problem(password: str, email: str) -> str | None:
    """Why a password is refused: `too_short`, `too_long`, `same_as_email` or `common`; None when it is accepted.

    No rules of composition: length and not being on every attacker's list are what counts.
    """
    if len(password) < SHORTEST:
        return "too_short"
    if len(password) > LONGEST:
        return "too_long"
    folded = password.casefold()
    if folded in {email.casefold(), email.partition("@")[0].casefold()}:
        return "same_as_email"
    plain = folded.strip(_DECORATION)
    common = folded in _common() or plain in _common() or (not plain and len(set(folded)) < SHORTEST)
    return "common" if common else None


def hash_password(password: str) -> str:
    """The stored form of a password, with its own salt."""
    return HASHER.hash(_normal(password))


def password_fits(stored: str | None, password: str) -> bool:
    """Whether `password` is the one stored; takes as long when there is none, so that nobody learns who exists."""
    try:
        HASHER.verify(stored or _nobodys_hash(), _normal(password[:LONGEST]))
    except (VerifyMismatchError, InvalidHashError):
        return False
    return stored is not None and len(password) <= LONGEST


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(stored)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)


@cache
def _common() -> frozenset[str]:
    lines = (line for file in _COMMON for line in file.read_text().splitlines())
    return frozenset(line for line in lines if not line.startswith("#"))


@cache
def _nobodys_hash() -> str:
    return HASHER.hash("nobody has this password")
