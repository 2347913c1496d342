"""Refunds as Stripe shows them: one row per refund, its money booked, finance asked when it comes back."""

from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, book
from foundation.events import Subject, record_event
from shop.orders.order_book import Order
from shop.orders.placing import order_subject, tell_buyer
from shop.payments.charges import CLEARING, store_charge
from shop.payments.finance_tasks import Concern, close_tasks, open_task
from shop.payments.finding import find_by_charge, find_by_intent
from shop.payments.late_payments import close_what_waited
from shop.payments.reversals import follow_reversals
from shop.payments.seen import UNKNOWN, Seen, Verdict, refuse_overtaken
from shop.payments.stripe_facts import StripeRefund, fact_id
from shop.transfers.card_credit import became_credit, let_credit_follow
from shop.transfers.matching import CLOSED

REFUNDS = Account("refunds")
CAME_BACK = frozenset({"failed", "canceled"})


def apply_refund(session: Session, seen: Seen) -> Verdict:
    """Apply a refund read anew, with its charge beside it; answers what became of it."""
    order = _order_of(session, seen)
    if order is None:
        return UNKNOWN
    if seen.beside is not None:
        store_charge(session, order, seen.beside, seen)
    refund, before = _store(session, order, seen)
    _book(session, refund)
    if refund.status != before:
        _ask_finance(session, order, refund, before)
    let_credit_follow(session, order)
    follow_reversals(session, order)
    close_what_waited(session, order)
    return Verdict(f"refund-{refund.status}", order.id)


def _order_of(session: Session, seen: Seen) -> Order | None:
    if seen.beside is not None:
        return find_by_charge(session, seen.beside)
    found = find_by_intent(session, seen.body.get("payment_intent"), seen.body)
    return found.order if found is not None else None


def _store(session: Session, order: Order, seen: Seen) -> tuple[StripeRefund, str | None]:
    body = seen.body
    refund = session.get(StripeRefund, str(body["id"]), populate_existing=True)
    before = refund.status if refund is not None else None
    if refund is None:
        refund = StripeRefund(id=str(body["id"]), order_id=order.id)
        session.add(refund)
    else:
        refuse_overtaken(refund.read_started_at, seen)
    refund.charge_id, refund.amount_cents = body.get("charge"), int(body["amount"])
    refund.status, refund.read_started_at = str(body["status"]), seen.started_at
    session.flush()
    return refund, before


def _book(session: Session, refund: StripeRefund) -> None:
    """Stripe takes the money out of what it holds at once; a refund that fails puts it back.

    Both movements are booked for a failed one, however it was first seen: the balance is the same in any order.
    """
    cause = Cause("stripe_refund", fact_id(refund.id))
    book(session, cause, [Posting(REFUNDS, CLEARING, refund.amount_cents)])
    if refund.status in CAME_BACK:
        book(session, cause, [Posting(CLEARING, REFUNDS, refund.amount_cents)], first_ordinal=1)


def _ask_finance(session: Session, order: Order, refund: StripeRefund, before: str | None) -> None:
    subject = Subject("refund", fact_id(refund.id), order.buyer_party_id)
    facts = {"refund": refund.id, "amount_cents": refund.amount_cents, "status": refund.status}
    if refund.status in CAME_BACK:
        record_event(session, "refund.failed", order_subject(order), amount_cents=refund.amount_cents)
        close_tasks(session, "credit_note", subject.id, refund.status)
        open_task(session, Concern("refund_failed", subject, facts, order.id))
    elif before is None:
        open_task(session, Concern("credit_note", subject, facts, order.id))
        _tell_buyer(session, order, refund, str(subject.id))


def _tell_buyer(session: Session, order: Order, refund: StripeRefund, occasion: str) -> None:
    """The money is on its way; of an order that brought nothing nothing ends but the credit that the money became."""
    cents = refund.amount_cents
    if order.state not in CLOSED:
        tell_buyer(session, order, "order_refunded", occasion, refunded_cents=cents, way="card")
        return
    credit = cents if became_credit(session, order, refund.charge_id) else 0
    tell_buyer(session, order, "late_payment_refunded", occasion, refunded_cents=cents, credit_cents=credit)
