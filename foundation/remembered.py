"""What a browser has proved to know (such as the code of a draft), kept in its session."""

from uuid import UUID

from flask import session

MOST_REMEMBERED = 20


def remember_here(kind: str, subject: UUID) -> None:
    """Remember a subject in this browser; the oldest of too many is forgotten."""
    known = [one for one in _known(kind) if one != str(subject)]
    session[_key(kind)] = [*known, str(subject)][-MOST_REMEMBERED:]


def is_remembered_here(kind: str, subject: UUID) -> bool:
    """Whether this browser has shown to know the subject."""
    return str(subject) in _known(kind)


def _known(kind: str) -> list[str]:
    found = session.get(_key(kind), [])
    return [str(one) for one in found] if isinstance(found, list) else []


def _key(kind: str) -> str:
    return f"remembered_{kind}"
