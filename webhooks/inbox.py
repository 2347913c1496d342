"""The inbox: every letter from outside is stored once, answered 2xx, and opened later by a job from its row."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session

from foundation import clock
from foundation.database import Executor, Identified, JsonObject, Model
from foundation.ids import new_id
from foundation.jobs import defer, store_and_defer

_STORE = """
    INSERT INTO inbox_letters (id, source, external_id, type, payload, received_at, handled_at, verdict)
    VALUES (:id, :source, :external_id, :type, CAST(:payload AS jsonb), :received_at, :handled_at, :verdict)
    ON CONFLICT DO NOTHING
"""
_STORE_HANDLED = text(f"{_STORE} RETURNING id")


class Letter(Identified, Model):
    """An outside event: stored once per (source, external id); `handled_at` and `verdict` say what came of it."""

    __tablename__ = "inbox_letters"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("ix_inbox_letters_open", "received_at", postgresql_where=text("handled_at IS NULL")),
    )

    source: Mapped[str]
    external_id: Mapped[str]
    type: Mapped[str]
    payload: Mapped[JsonObject]
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    verdict: Mapped[str | None]


def store_letter(
    executor: Executor,
    source: str,
    external_id: str,
    letter_type: str,
    payload: dict[str, Any],
    *,
    verdict: str | None = None,
) -> bool:
    """Store a letter and the job that opens it; answers False when it had come before.

    One whose `verdict` is known at sight is stored as handled, and has no job.
    """
    now = clock.real_now()
    values = {
        "id": new_id(),
        "source": source,
        "external_id": external_id,
        "type": letter_type,
        "payload": json.dumps(payload),
        "received_at": now,
        "handled_at": now if verdict else None,
        "verdict": verdict,
    }
    if verdict:
        return executor.execute(_STORE_HANDLED, values).first() is not None
    return store_and_defer(executor, _STORE, values, f"letters.{source}", "letter_id")


def came_before(session: Session, source: str, external_ids: Iterable[str]) -> set[str]:
    """Those of a source's letters that are stored already."""
    query = select(Letter.external_id).where(Letter.source == source, Letter.external_id.in_(external_ids))
    return set(session.scalars(query))


def open_letter(session: Session, letter_id: str) -> Letter | None:
    """A letter that is not handled yet, locked; None when somebody handled it."""
    letter = session.get_one(Letter, UUID(letter_id), with_for_update=True, populate_existing=True)
    return None if letter.handled_at is not None else letter


def close_letter(letter: Letter, verdict: str) -> None:
    """Mark a letter handled, in the transaction of its effects."""
    letter.handled_at, letter.verdict = clock.real_now(), verdict[:200]


def reopen_letters(
    session: Session, source: str | None, external_id: str | None, *, handled: bool, dry_run: bool
) -> int:
    """Queue stored letters once more, and forget the verdict of handled ones; answers how many letters."""
    query = select(Letter).order_by(Letter.received_at, Letter.id).with_for_update()
    if source is not None:
        query = query.where(Letter.source == source)
    if external_id is not None:
        query = query.where(Letter.external_id == external_id)
    if not handled:
        query = query.where(Letter.handled_at.is_(None))
    letters = session.scalars(query).all()
    for letter in letters if not dry_run else ():
        letter.handled_at, letter.verdict = None, None
        defer(session, f"letters.{letter.source}", letter_id=str(letter.id))
    return len(letters)
