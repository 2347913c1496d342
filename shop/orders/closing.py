"""Closing: an unpaid order is cancelled by its buyer, reminded of, and expires by itself."""

from sqlalchemy.orm import Session

from foundation import clock
from foundation.events import record_event
from foundation.jobs import DueRow, cancel_due, due_rule
from foundation.principal import Principal
from shop.orders.order_book import Order
from shop.orders.order_states import next_order_state
from shop.orders.placing import order_subject, tell_buyer


def cancel_order(session: Session, order: Order, by: Principal) -> bool:
    """Cancel an order that waits for its payment (F004-25); answers False when it was cancelled before.

    The order's row must be locked. Raises IllegalOrderStep: a paid order cannot be changed.
    """
    state = next_order_state(order.state, "cancel")
    if state == order.state:
        return False
    order.state, order.closed_at = state, clock.now()
    order.version += 1
    for rule in ("orders.remind", "orders.expire"):
        cancel_due(session, rule, order.id)
    record_event(session, "order.cancelled", order_subject(order), by)
    return True


@due_rule("orders.remind")
def remind_of_payment(session: Session, row: DueRow) -> None:
    """Remind the buyer once that the order waits for its payment."""
    order = session.get_one(Order, row.subject_id)
    if order.state == "AWAITING_PAYMENT":
        tell_buyer(session, order, "order_reminder")


@due_rule("orders.expire")
def expire_order(session: Session, row: DueRow) -> None:
    """The price was locked until now; an order still unpaid expires. Money that arrives later is never lost (D11)."""
    order = session.get_one(Order, row.subject_id, with_for_update=True)
    state = next_order_state(order.state, "expire")
    if state == order.state:
        return
    order.state, order.closed_at = state, clock.now()
    order.version += 1
    record_event(session, "order.expired", order_subject(order))
    tell_buyer(session, order, "order_expired")
