"""Orders to renew that are under way: while one is, nothing renews by itself, and nothing is charged twice (M28)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from entitlements import RunningService
from shop.orders.order_book import Order, OrderLine

_OPEN = ("AWAITING_PAYMENT", "PAID", "ON_HOLD")


def is_ordered(session: Session, company_id: UUID, services: Sequence[RunningService]) -> bool:
    """Whether an order that renews one of these services, or fewer of a lot, waits for its money, or has it."""
    ids = [str(one.licence_id) for one in services]
    renewed = and_(OrderLine.term["action"].astext == "RENEW", OrderLine.term["licence_id"].astext.in_(ids))
    query = (
        select(Order.id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(OrderLine.for_party_id == company_id, Order.state.in_(_OPEN))
        .where(or_(renewed, OrderLine.term["replaces"].astext.in_(ids)))
        .limit(1)
    )
    return session.execute(query).first() is not None
