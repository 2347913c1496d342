"""Lost services: what was bought for a company that the vendor refused for good cannot be had (M9, D10)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import REFUSED, party_names
from foundation.jobs import DueRow, due_rule
from shop.orders.order_book import OrderLine
from shop.orders.placing import tell_buyer
from shop.orders.requoting import ask_for_new_quote_if_fallen
from shop.payments.record import lock_order, open_finance_task
from shop.payments.reversals import kept_cents


@due_rule(REFUSED)
def look_at_orders_of_a_refused_company(session: Session, row: DueRow) -> None:
    """Finance gives back what was paid for its services, their buyers hear so; orders that wait ask for a new quote."""
    name = party_names(session, {row.subject_id})[row.subject_id]
    for order_id in _orders_for(session, row.subject_id):
        order = lock_order(session, order_id)
        if order.state == "FULFILLED":
            if kept_cents(session, order.id) > 0:
                open_finance_task(session, "company_not_created", order, {"reason": "REFUSED"})
            tell_buyer(session, order, "services_lost", occasion=str(row.subject_id), company_name=name)
        else:
            ask_for_new_quote_if_fallen(session, order)


def _orders_for(session: Session, company_id: UUID) -> list[UUID]:
    """Those with services for a company, in the order in which everybody locks them."""
    query = select(OrderLine.order_id).where(OrderLine.for_party_id == company_id, OrderLine.term.is_not(None))
    return sorted(set(session.scalars(query)))
