"""What waits for a studio, in figures, for its home page."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements import count_by_state, count_drafts
from shop.orders.order_book import Order
from shop.transfers import store_credit_of


@dataclass(frozen=True, slots=True)
class StudioOverview:
    """Coupons to activate, activations begun, orders that wait for their money, and credit to spend (cents)."""

    available_coupons: int
    drafts: int
    waiting_orders: int
    credit_cents: int


def studio_overview(session: Session, party_id: UUID) -> StudioOverview:
    """The figures, each in a small query."""
    waiting = select(func.count()).where(Order.buyer_party_id == party_id, Order.state == "AWAITING_PAYMENT")
    return StudioOverview(
        available_coupons=count_by_state(session, party_id).get("AVAILABLE", 0),
        drafts=count_drafts(session, party_id),
        waiting_orders=session.scalar(waiting) or 0,
        credit_cents=store_credit_of(session, party_id),
    )
