"""Closing: an unpaid order is cancelled by its buyer, reminded of, and expires by itself."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from foundation import clock
from foundation.events import record_event
from foundation.jobs import DueRow, due_rule, schedule_due
from foundation.principal import Principal
from foundation.settings import current_settings
from shop.invitations.following import follow_order
from shop.orders.order_book import BANK_TRANSFER, Order
from shop.orders.order_states import next_order_state
from shop.orders.placing import order_subject, tell_buyer
from shop.payments.money_in import paid_cents
from shop.payments.record import open_finance_task
from shop.transfers.store_credit import give_back_store_credit


def cancel_order(session: Session, order: Order, by: Principal) -> bool:
    """Cancel an order that waits for its payment (F004-25); answers False when it was cancelled before.

    The order's row must be locked. Raises IllegalOrderStep: a paid order cannot be changed.
    """
    state = next_order_state(order.state, "cancel")
    if state == order.state:
        return False
    order.state, order.closed_at = state, clock.now()
    order.version += 1
    record_event(session, "order.cancelled", order_subject(order), by)
    follow_order(session, order, "close_order")
    _look_after_its_money(session, order)
    return True


def _look_after_its_money(session: Session, order: Order) -> None:
    """A closed order keeps no store credit; what else was paid towards it is for a person to give back."""
    give_back_store_credit(session, order)
    paid = paid_cents(session, order.id)
    if paid > 0:
        open_finance_task(session, "closed_with_money", order, {"paid_cents": paid, "state": order.state})


@due_rule("orders.remind")
def remind_of_payment(session: Session, row: DueRow) -> None:
    """Remind the buyer that the order waits for its payment; reminders found late are one, not several at once."""
    order = session.get_one(Order, row.subject_id)
    settings = current_settings()
    overtaken = settings.order_reminders[int(row.period) : int(row.period) + 1]
    late = any(order.placed_at + after <= clock.now() for after in overtaken) or order.expires_at <= clock.now()
    if order.state == "AWAITING_PAYMENT" and not late:
        tell_buyer(session, order, "order_reminder", occasion=row.period)


def closes_at(order: Order) -> datetime:
    """When an unpaid order expires: as shown to the buyer, and a transfer later, since money may be on its way."""
    grace = current_settings().order_transfer_grace if order.payment_method == BANK_TRANSFER else timedelta()
    return order.expires_at + grace


@due_rule("orders.expire")
def expire_order(session: Session, row: DueRow) -> None:
    """The price was locked until now; an order still unpaid expires. Money that arrives later is never lost (D11)."""
    order = session.get_one(Order, row.subject_id, with_for_update=True)
    state = next_order_state(order.state, "expire")
    if state == order.state:
        return
    until = closes_at(order)
    if until > clock.now():
        schedule_due(session, "orders.expire", order.id, until, period=until.isoformat())
        return
    order.state, order.closed_at = state, clock.now()
    order.version += 1
    record_event(session, "order.expired", order_subject(order))
    tell_buyer(session, order, "order_expired", occasion=row.period)
    follow_order(session, order, "close_order")
    _look_after_its_money(session, order)
