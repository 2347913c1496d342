"""Events (M20): everything that happened, append-only, ids only, read in an order that skips nothing.

A row carries its transaction's id; readers stay behind the oldest running transaction, so a late commit is never
overtaken. The hash chain of the audit is sealed afterwards in batches into `event_seals`.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Identity, Index, Row, false, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock
from foundation.database import APPEND_ONLY, JsonObject, Model, after_commit
from foundation.jobs.due import DueRow, round_rule
from foundation.logs import log
from foundation.principal import Principal

GENESIS = "0" * 64
_SEAL_LOCK = 7_305_001
_NOTHING = false()


class Event(Model):
    """One thing that happened. No personal data: ids and figures only."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_order", "transaction_id", "id"),
        Index("ix_events_subject", "subject_kind", "subject_id", "id"),
        Index("ix_events_party", "party_id", "id"),
        {"info": {APPEND_ONLY: True}},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    transaction_id: Mapped[int] = mapped_column(BigInteger, server_default=text("(pg_current_xact_id()::text::bigint)"))
    type: Mapped[str]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    party_id: Mapped[UUID | None]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    actor_user_id: Mapped[UUID | None]
    data: Mapped[JsonObject]


class EventSeal(Model):
    """The audit's hash chain: one row per event, each hash covering the event and the hash before it."""

    __tablename__ = "event_seals"
    __table_args__ = ({"info": {APPEND_ONLY: True}},)

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), unique=True)
    hash: Mapped[str]


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about, and whose it is (the party that may read it)."""

    kind: str
    id: UUID
    party_id: UUID | None = None


def record_event(
    session: Session, event_type: str, subject: Subject, by: Principal | None = None, **data: object
) -> Event:
    """Record that something happened, in the transaction that made it happen. `data` holds ids and figures only."""
    event = Event(
        type=event_type,
        at=clock.now(),
        recorded_at=clock.real_now(),
        party_id=subject.party_id,
        subject_kind=subject.kind,
        subject_id=subject.id,
        actor_user_id=by.user_id if by else None,
        data={key: _plain(value) for key, value in data.items()},
    )
    session.add(event)
    after_commit(session, lambda: _tell(event))
    return event


def _tell(event: Event) -> None:
    subject = {"subject": event.subject_kind, "subject_id": event.subject_id, "party": event.party_id}
    log().info("event recorded", event_type=event.type, event_id=event.id, **subject)


def _plain(value: object) -> object:
    if isinstance(value, int | str | bool | None):
        return value
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return str(value)


def events_after(
    session: Session,
    cursor: tuple[int, int],
    limit: int,
    party_id: UUID | None = None,
    also: ColumnElement[bool] = _NOTHING,
) -> list[Event]:
    """Events behind `cursor` (transaction id, event id) in stable order; never past the oldest running transaction.

    A party reads its own events, and `also` those of others that it may.
    """
    query = (
        select(Event)
        .where(text("(transaction_id, id) > (:after_transaction, :after_id)"))
        .where(text("transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
        .order_by(Event.transaction_id, Event.id)
        .limit(limit)
    )
    if party_id is not None:
        query = query.where(or_(Event.party_id == party_id, also))
    return list(session.scalars(query, {"after_transaction": cursor[0], "after_id": cursor[1]}))


def events_about(session: Session, kind: str, subject_id: UUID) -> list[Event]:
    """The history of one subject, oldest first (the timeline of a page)."""
    query = select(Event).where(Event.subject_kind == kind, Event.subject_id == subject_id).order_by(Event.id)
    return list(session.scalars(query))


def seal_events(session: Session, limit: int = 5_000) -> int:
    """Seal up to `limit` unsealed events into the hash chain; answers how many. One sealer at a time."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SEAL_LOCK})
    last = session.scalars(select(EventSeal).order_by(EventSeal.position.desc()).limit(1)).first()
    previous, position, cursor = GENESIS, 0, (0, 0)
    if last is not None:
        sealed = session.get_one(Event, last.event_id)
        previous, position, cursor = last.hash, last.position, (sealed.transaction_id, sealed.id)
    # Order is total behind the oldest running transaction, so everything up to the last sealed event is sealed.
    unsealed = events_after(session, cursor, limit)
    for event in unsealed:
        position, previous = position + 1, seal_hash(previous, event)
        session.add(EventSeal(position=position, event_id=event.id, hash=previous))
    return len(unsealed)


@round_rule("events.seal", every=timedelta(minutes=5))
def seal_round(session: Session, _row: DueRow) -> None:
    """Keep the hash chain close behind the events."""
    seal_events(session)


def chain_head(session: Session) -> tuple[int, str]:
    """Position and hash of the newest seal: kept elsewhere, it proves that nothing before it was altered or dropped."""
    last = session.scalars(select(EventSeal).order_by(EventSeal.position.desc()).limit(1)).first()
    return (last.position, last.hash) if last is not None else (0, GENESIS)


def seal_hash(previous: str, event: Event | Row[Any]) -> str:
    """SHA-256 over the hash before and the event's every field, in canonical JSON."""
    fields: dict[str, Any] = {
        "id": event.id,
        "transaction": event.transaction_id,
        "type": event.type,
        "at": event.at.astimezone(UTC).isoformat(),
        "recorded_at": event.recorded_at.astimezone(UTC).isoformat(),
        "party": str(event.party_id),
        "subject": [event.subject_kind, str(event.subject_id)],
        "actor": str(event.actor_user_id),
        "data": event.data,
    }
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{previous}{canonical}".encode()).hexdigest()
