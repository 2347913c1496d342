"""The one door for money: every euro that arrives, by card, by transfer or by hand, passes `record_payment`."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, book
from foundation import clock
from foundation.database import JsonObject
from foundation.driver_statements import directly
from foundation.events import record_event
from foundation.faults import fault_point
from foundation.ids import new_id
from foundation.jobs import schedule_due
from foundation.settings import current_settings
from shop.invitations.following import follow_order, late_money_opens
from shop.orders.fulfilment import fulfil
from shop.orders.order_book import CARD, Order
from shop.orders.order_states import CLOSED, next_order_state
from shop.orders.placing import order_subject, tell_buyer
from shop.orders.pricing_anew import costs_the_same_today
from shop.orders.requoting import ask_for_new_quote_if_fallen, give_money_back
from shop.orders.standing_promises import has_fallen
from shop.payments.finance_tasks import Concern, open_task
from shop.payments.money_in import paid_and_last_transfer

_CLEARING = {"stripe": "stripe_clearing", "bank": "bank", "manual": "bank", "discount": "discount"}
_STORE = text(
    """
    WITH fresh AS (
      INSERT INTO payments (id, source, external_id, method, amount_cents, currency, livemode, received_at, recorded_at,
                            attempt_id, bank_line_id)
      VALUES (:id, :source, :external_id, :method, :amount_cents, 'EUR', :livemode, :received_at, :now,
              :attempt_id, :bank_line_id)
      ON CONFLICT DO NOTHING RETURNING id, amount_cents
    )
    INSERT INTO payment_allocations (id, payment_id, order_id, ordinal, amount_cents, reason, allocated_at)
    SELECT :allocation_id, id, :order_id, 0, amount_cents, 'payment', :now FROM fresh
    RETURNING payment_id
    """
)


@dataclass(frozen=True, slots=True)
class MoneyFact:
    """Money that arrived: where from, its id there, how much (cents), and when the payer paid."""

    source: str
    external_id: str
    method: str
    amount_cents: int
    received_at: datetime
    livemode: bool = False
    attempt_id: UUID | None = None
    bank_line_id: UUID | None = None


def record_payment(session: Session, order: Order, money: MoneyFact) -> bool:
    """Record money for an order, once per (source, external id); answers False when it had been recorded.

    The order's row must be locked. Card money fulfils at once in this same transaction (F003-08, M16); a transfer opens
    its window (D9). Money on a closed order follows D11; money beyond the total opens a finance task, fulfils nothing.
    """
    payment_id = _store(session, order, money)
    if payment_id is None:
        return False
    # What the services add is written once at the end, not before each of their questions.
    with session.no_autoflush:
        book_receipt(session, order, money, payment_id)
        fault_point("payment.recorded")
        settle(session, order, money.method)
    return True


def _store(session: Session, order: Order, money: MoneyFact) -> UUID | None:
    values = asdict(money) | {"id": new_id(), "allocation_id": new_id(), "order_id": order.id, "now": clock.now()}
    return directly(session, _STORE, values).scalar()


def book_receipt(session: Session, order: Order, money: MoneyFact, payment_id: UUID) -> None:
    """Book the money against the order's receivable (M12)."""
    clearing, receivable = Account(_CLEARING[money.source]), Account("receivable", owner=order.id)
    book(session, Cause("payment", payment_id), [Posting(clearing, receivable, money.amount_cents)])


def settle(session: Session, order: Order, method: str) -> None:
    """Let the order follow its money: paid in full, revived, short or over, or in need of a new quote (M14)."""
    paid, last_transfer_at = paid_and_last_transfer(session, order.id)
    if paid < order.gross_cents:
        open_finance_task(session, "underpaid", order, {"paid_cents": paid, "due_cents": order.gross_cents})
        return
    if paid > order.gross_cents:
        open_finance_task(session, "overpaid", order, {"paid_cents": paid, "due_cents": order.gross_cents})
    if order.state in CLOSED and not still_sellable(session, order):
        open_finance_task(session, "late_money", order, {"paid_cents": paid, "state": order.state})
        if order.state == "NEEDS_REQUOTE":
            give_money_back(session, order)
        return
    if ask_for_new_quote_if_fallen(session, order):
        return
    step = next_order_state(order.state, "money_revives" if order.state in CLOSED else "pay")
    if step == order.state:
        return
    _mark_paid(session, order, _window(order, method, last_transfer_at))


def _mark_paid(session: Session, order: Order, window: timedelta) -> None:
    now, settings = clock.now(), current_settings()
    revived = order.state in CLOSED
    order.state, order.paid_at, order.fulfil_not_before, order.closed_at = "PAID", now, now + window, None
    order.version += 1
    record_event(session, "order.paid", order_subject(order), gross_cents=order.gross_cents, revived=revived)
    # A transfer that went back and came again is paid twice, and told twice.
    tell_buyer(session, order, "order_paid", occasion=now.isoformat())
    follow_order(session, order, "pay")
    if not window:
        fulfil(session, order)
        return
    schedule_due(session, "orders.fulfil", order.id, now + window, period=now.isoformat())
    schedule_due(session, "orders.sla", order.id, now + settings.bank_transfer_sla, period=now.isoformat())


def _window(order: Order, method: str, last_transfer_at: datetime | None) -> timedelta:
    """How long fulfilment waits (D9): not for a card; but a transfer that paid a part still may go back."""
    release_after = current_settings().bank_transfer_release_after
    if method != CARD:
        return release_after
    if last_transfer_at is None or order.fulfilled_at is not None:
        return timedelta()
    return max(timedelta(), last_transfer_at + release_after - clock.now())


def still_sellable(session: Session, order: Order) -> bool:
    """Whether a closed order could be bought today at the same price (D11), and every service is as it was quoted.

    An invitation's price is locked (D23).
    """
    if order.cart_id is None:
        return late_money_opens(session, order)
    # Asked first: it locks the companies, so the price is that of services nobody moves meanwhile.
    return not has_fallen(session, order) and costs_the_same_today(session, order)


def open_finance_task(
    session: Session, kind: str, order: Order, facts: JsonObject, due_at: datetime | None = None
) -> bool:
    """Ask finance to look at an order; one open task per kind and order. Answers False when it is open already."""
    return open_task(session, Concern(kind, order_subject(order), facts, order.id, due_at))


def lock_order(session: Session, order_id: UUID) -> Order:
    """The order's row, locked: every change of money or state starts here."""
    query = select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one()
