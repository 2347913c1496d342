"""What waits for a studio, in figures, for its home page."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements import count_by_state, count_drafts
from shop.orders.order_book import Order


@dataclass(frozen=True, slots=True)
class StudioOverview:
    """Coupons to activate, activations begun and not finished, orders that wait for their money."""

    available_coupons: int
    drafts: int
    waiting_orders: int


def studio_overview(session: Session, party_id: UUID) -> StudioOverview:
    """The three figures, in three small queries."""
    waiting = select(func.count()).where(Order.buyer_party_id == party_id, Order.state == "AWAITING_PAYMENT")
    return StudioOverview(
        available_coupons=count_by_state(session, party_id).get("AVAILABLE", 0),
        drafts=count_drafts(session, party_id),
        waiting_orders=session.scalar(waiting) or 0,
    )
