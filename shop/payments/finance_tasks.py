"""Finance tasks: what a person must look at; at most one open task per kind and subject."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import JsonObject
from foundation.events import Subject, record_event
from foundation.ids import new_id
from shop.payments.money_in import FinanceTask


@dataclass(frozen=True, slots=True)
class Concern:
    """What finance is asked to look at: the kind says why, the facts (ids and figures only) say what was seen."""

    kind: str
    subject: Subject
    facts: JsonObject = field(default_factory=dict)
    order_id: UUID | None = None
    due_at: datetime | None = None


def open_task(session: Session, concern: Concern) -> bool:
    """Ask finance to look; answers False when such a task is open already."""
    row = insert(FinanceTask).values(
        id=new_id(),
        kind=concern.kind,
        subject_kind=concern.subject.kind,
        subject_id=concern.subject.id,
        order_id=concern.order_id,
        facts=concern.facts,
        due_at=concern.due_at,
        opened_at=clock.now(),
    )
    created = session.execute(row.on_conflict_do_nothing().returning(FinanceTask.id)).scalar()
    if created is not None:
        # The desk's own affair: whoever placed the order reads of the money, not of what finance wonders about it.
        subject = Subject(concern.subject.kind, concern.subject.id)
        record_event(session, "finance.task_opened", subject, kind=concern.kind)
    return created is not None


def close_tasks(session: Session, kind: str, subject_id: UUID, resolution: str) -> None:
    """Close the open task of a kind and subject: what it asked for has happened by itself."""
    session.execute(
        update(FinanceTask)
        .where(FinanceTask.kind == kind, FinanceTask.subject_id == subject_id, FinanceTask.resolved_at.is_(None))
        .values(resolved_at=clock.now(), resolution=resolution)
    )
