"""The list of finance tasks: what waits for a person, and how a person closes it, with a note of what was done."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import clock
from foundation.events import Subject, record_event
from foundation.principal import Principal
from shop.orders.order_book import Order
from shop.payments.money_in import FinanceTask

LONGEST_NOTE = 500


class TaskNotFound(Exception):
    """No such task, or somebody closed it before."""


class NoteMissing(Exception):
    """A task is closed with a note: whoever comes after must know what was done."""


def open_tasks(
    session: Session, *, kind: str = "", after: UUID | None = None, limit: int = 50
) -> list[tuple[FinanceTask, Order | None]]:
    """Open tasks with the order of each, oldest first, behind `after`."""
    query = (
        select(FinanceTask, Order)
        .outerjoin(Order, Order.id == FinanceTask.order_id)
        .where(FinanceTask.resolved_at.is_(None))
        .order_by(FinanceTask.id)
        .limit(limit)
    )
    if kind:
        query = query.where(FinanceTask.kind == kind)
    if after is not None:
        query = query.where(FinanceTask.id > after)
    return [(task, order) for task, order in session.execute(query)]


def kinds_open(session: Session) -> list[str]:
    """The kinds of which there are open tasks (the filter offers no others)."""
    query = select(FinanceTask.kind).where(FinanceTask.resolved_at.is_(None)).distinct().order_by(FinanceTask.kind)
    return list(session.scalars(query))


def lock_task(session: Session, task_id: UUID) -> FinanceTask:
    """An open task, locked. Raises TaskNotFound."""
    query = select(FinanceTask).where(FinanceTask.id == task_id, FinanceTask.resolved_at.is_(None)).with_for_update()
    task = session.scalars(query).one_or_none()
    if task is None:
        raise TaskNotFound
    return task


def resolve_task(session: Session, task: FinanceTask, note: str, by: Principal) -> None:
    """A person has done what the task asked for. The row must be locked. Raises NoteMissing."""
    said = " ".join(note.split())[:LONGEST_NOTE]
    if not said:
        raise NoteMissing
    task.resolved_at, task.resolved_by_user_id, task.resolution = clock.now(), by.user_id, said
    subject = Subject(task.subject_kind, task.subject_id)
    record_event(session, "finance.task_resolved", subject, by, kind=task.kind, task_id=task.id)
