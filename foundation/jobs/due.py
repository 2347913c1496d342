"""Due rows (M18): what business time will ask for, as data scanned every few seconds, never a job for later.

Days of downtime change nothing but the delay: a row that came due while nobody looked is simply found late.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, delete, or_, select, text, update
from sqlalchemy.orm import Mapped, Session

from foundation import clock
from foundation.database import Identified, JsonObject, Model, apart, transaction
from foundation.driver_statements import directly
from foundation.ids import new_id
from foundation.jobs.failures import describe
from foundation.jobs.registry import pause_after
from foundation.logs import log

DueHandler = Callable[[Session, "DueRow"], None]

_rules: dict[str, DueHandler] = {}
_rounds: dict[str, timedelta] = {}
MOST_ATTEMPTS = 20
NOBODY = UUID(int=0)
_ROUNDS_KEPT = timedelta(days=7)
_SCHEDULE = text(
    "INSERT INTO due_rows (id, rule, subject_id, period, due_at, data, attempts)"
    " VALUES (:id, :rule, :subject_id, :period, :due_at, CAST(:data AS jsonb), 0) ON CONFLICT DO NOTHING RETURNING id"
)
# Whoever does a row holds it and waits for its subject; whoever takes it back holds the subject. So a row that is being
# done is left alone: the rule finds the subject as it is then, and does nothing.
_CANCEL = text(
    "UPDATE due_rows SET cancelled_at = :now WHERE id IN (SELECT id FROM due_rows WHERE rule = ANY(:rules)"
    " AND subject_id = :subject_id AND (CAST(:period AS text) IS NULL OR period = :period)"
    " AND done_at IS NULL AND cancelled_at IS NULL FOR UPDATE SKIP LOCKED)"
)


class DueRow(Identified, Model):
    """Something to be done once business time reaches `due_at`; one per (rule, subject, period).

    After a failure it waits until `retry_at` (real time); after `MOST_ATTEMPTS` it waits for a person.
    """

    __tablename__ = "due_rows"
    __table_args__ = (
        UniqueConstraint("rule", "subject_id", "period"),
        Index("ix_due_rows_open", "due_at", postgresql_where=text("done_at IS NULL AND cancelled_at IS NULL")),
    )

    rule: Mapped[str]
    subject_id: Mapped[UUID]
    period: Mapped[str]
    due_at: Mapped[datetime]
    data: Mapped[JsonObject]
    attempts: Mapped[int]
    error: Mapped[str | None]
    retry_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


def due_rule(name: str) -> Callable[[DueHandler], DueHandler]:
    """Register the function that does what rows of the rule `name` ask; it runs inside the row's own transaction."""

    def register(function: DueHandler) -> DueHandler:
        _rules[name] = function
        return function

    return register


def round_rule(name: str, every: timedelta) -> Callable[[DueHandler], DueHandler]:
    """Register a due rule that comes due by itself once per `every` of business time; a missed round is not made up."""

    def register(function: DueHandler) -> DueHandler:
        _rounds[name] = every
        return due_rule(name)(function)

    return register


def schedule_due(
    session: Session, rule: str, subject_id: UUID, due_at: datetime, period: str = "once", **data: object
) -> bool:
    """Ask for `rule` on `subject_id` at `due_at` (business time); answers False when that row exists already."""
    row = {"id": new_id(), "rule": rule, "subject_id": subject_id, "period": period, "due_at": due_at}
    return directly(session, _SCHEDULE, row | {"data": json.dumps(data)}).scalar() is not None


def cancel_due(session: Session, rule: str, subject_id: UUID, period: str = "once") -> None:
    """Take back a row that has not been done yet; one that is just being done runs on, and its rule sees the change."""
    _cancel(session, subject_id, [rule], period)


def cancel_all_due(session: Session, subject_id: UUID, *rules: str) -> None:
    """Take back every row of these rules about a subject that has not been done yet, of whatever period."""
    _cancel(session, subject_id, list(rules), None)


def _cancel(session: Session, subject_id: UUID, rules: list[str], period: str | None) -> None:
    values = {"rules": rules, "subject_id": subject_id, "period": period, "now": clock.now()}
    directly(session, _CANCEL, values)


def run_due(limit: int = 1_000) -> int:
    """Do what has come due, one transaction per row, oldest first; answers how many rows were done."""
    _begin_rounds()
    done, skip = 0, set[UUID]()
    while done + len(skip) < limit:
        current: tuple[UUID, int] | None = None
        try:
            with transaction() as session:
                row = _claim(session, skip)
                if row is None:
                    return done
                current = row.id, row.attempts + 1
                row.attempts += 1
                _rules[row.rule](session, row)
                row.done_at, row.error, row.retry_at = clock.now(), None, None
            done += 1
        except Exception as problem:
            if current is None:
                raise
            skip.add(current[0])
            _note(*current, problem)
    return done


def _begin_rounds() -> None:
    """Write the rows of rounds whose period has begun; the unique key lets one process do it."""
    with transaction() as session:
        now = clock.now()
        for rule, every in _rounds.items():
            period = str(int(now.timestamp() // every.total_seconds()))
            if schedule_due(session, rule, NOBODY, now, period):
                stale = (DueRow.rule == rule, DueRow.subject_id == NOBODY, DueRow.due_at < now - _ROUNDS_KEPT)
                session.execute(delete(DueRow).where(*stale, DueRow.done_at.is_not(None)))


def _claim(session: Session, skip: set[UUID]) -> DueRow | None:
    query = (
        select(DueRow)
        .where(DueRow.due_at <= clock.now(), DueRow.done_at.is_(None), DueRow.cancelled_at.is_(None))
        .where(DueRow.attempts < MOST_ATTEMPTS, DueRow.id.not_in(skip))
        .where(or_(DueRow.attempts == 0, DueRow.retry_at.is_(None), DueRow.retry_at <= clock.real_now()))
        .order_by(DueRow.due_at, DueRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(query).first()


def _note(row_id: UUID, attempts: int, problem: Exception) -> None:
    retry_at = clock.real_now() + pause_after(attempts)
    values = {"attempts": attempts, "error": describe(problem), "retry_at": retry_at}
    with apart() as session:
        session.execute(update(DueRow).where(DueRow.id == row_id).values(values))
    given_up = "due row given up" if attempts >= MOST_ATTEMPTS else "due row failed"
    log().warning(given_up, due_row=row_id, attempts=attempts, error=describe(problem))
