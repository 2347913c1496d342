"""Results: what the page a buyer comes back to may show. It is a view and grants nothing (Stripe check 9)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.orders.order_book import Order
from shop.payments.attempts import PaymentAttempt


def paid_order(session: Session, number: str, buyer_party_id: UUID, page_id: str | None) -> Order | None:
    """The order whose payment on this page our books confirm; None means "in attesa".

    A missing, a foreign and an unpaid page are alike: no data of any order, no difference visible from outside.
    """
    query = (
        select(Order)
        .join(PaymentAttempt, PaymentAttempt.order_id == Order.id)
        .where(Order.number == number, Order.buyer_party_id == buyer_party_id)
        .where(PaymentAttempt.session_id == (page_id or ""), PaymentAttempt.paid_at.is_not(None))
    )
    return session.scalars(query).one_or_none()
