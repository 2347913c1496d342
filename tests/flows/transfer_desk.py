"""What stories of transfers look at: the open finance tasks, and the last mail."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from app import Outside
from foundation.mail import MemoryMailer
from shop.payments.money_in import FinanceTask
from tests.conftest import Transact

Advance = Callable[[timedelta], None]


def tasks(tx: Transact) -> list[str]:
    """The kinds of open finance tasks."""
    with tx() as session:
        query = select(FinanceTask.kind).where(FinanceTask.resolved_at.is_(None)).order_by(FinanceTask.id)
        return list(session.scalars(query))


def last_subject(outside: Outside) -> str:
    """The subject of the last mail."""
    assert isinstance(outside.mailer, MemoryMailer)
    return str(outside.mailer.messages[-1]["Subject"])
