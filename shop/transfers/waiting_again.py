"""Waiting again: an order whose money is gone stops on its way to fulfilment; its buyer may pay it again."""

from sqlalchemy.orm import Session

from foundation import clock
from foundation.events import record_event
from foundation.jobs import cancel_due, schedule_due
from foundation.settings import current_settings
from shop.invitations.following import follow_order
from shop.orders.order_book import Order
from shop.orders.order_states import next_order_state
from shop.orders.placing import order_subject
from shop.payments.finance_tasks import close_tasks
from shop.payments.reversals import kept_cents


def wait_again(session: Session, order: Order) -> None:
    """Fulfilment is stopped; the price stays for a fresh term. The row must be locked. Raises IllegalOrderStep.

    An order that was paid in two ways and still has its whole price goes on as it was.
    """
    if kept_cents(session, order.id) >= order.gross_cents:
        close_tasks(session, "overpaid", order.id, "money_returned")
        return
    if order.paid_at is not None:
        for rule in ("orders.fulfil", "orders.sla"):
            cancel_due(session, rule, order.id, order.paid_at.isoformat())
    order.state = next_order_state(order.state, "return_money")
    order.paid_at = order.fulfil_not_before = None
    order.expires_at = clock.now() + current_settings().order_expires_after
    order.version += 1
    schedule_due(session, "orders.expire", order.id, order.expires_at, period=order.expires_at.isoformat())
    for kind in ("hold", "sla_breach"):
        close_tasks(session, kind, order.id, "money_returned")
    record_event(session, "order.money_returned", order_subject(order))
    follow_order(session, order, "return_money")
