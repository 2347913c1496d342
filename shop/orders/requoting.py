"""New quotes: an order whose services changed or ended before its payment is not charged the old one (M14)."""

from sqlalchemy.orm import Session

from foundation import clock
from foundation.events import record_event
from foundation.jobs import cancel_all_due, defer
from shop.orders.order_book import Order
from shop.orders.order_states import may, next_order_state
from shop.orders.placing import order_subject
from shop.orders.standing_promises import has_fallen
from shop.payments.finance_tasks import Concern, open_task
from shop.payments.money_in import paid_cents

LATE_MONEY = "late_money"


def ask_for_new_quote(session: Session, order: Order) -> None:
    """The order can no longer be what it was: it asks for a new quote, and its money is given back (D11).

    The order's row must be locked. The money becomes store credit in a job of its own, which also tells the buyer.
    """
    order.state, order.closed_at = next_order_state(order.state, "requote"), clock.now()
    order.version += 1
    cancel_all_due(session, order.id, "orders.remind", "orders.expire", "orders.fulfil", "orders.sla", "orders.falls")
    record_event(session, "order.needs_requote", order_subject(order))
    give_money_back(session, order)


def give_money_back(session: Session, order: Order) -> None:
    """What was paid for an order that cannot be fulfilled becomes store credit; until it has, finance sees it."""
    paid = paid_cents(session, order.id)
    if paid > 0:
        open_task(
            session, Concern(LATE_MONEY, order_subject(order), {"paid_cents": paid, "state": order.state}, order.id)
        )
    defer(session, "orders.requoted", order_id=str(order.id))


def ask_for_new_quote_if_fallen(session: Session, order: Order) -> bool:
    """Look once more; answers whether the order asks for a new quote now. Its row must be locked."""
    if not may(order.state, "requote") or not has_fallen(session, order):
        return False
    ask_for_new_quote(session, order)
    return True
