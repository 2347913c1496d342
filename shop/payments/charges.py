"""Charges: fee, net and the total given back, always assigned from what Stripe shows, never added up."""

from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, book
from foundation.database import JsonObject
from foundation.events import record_event
from shop.orders.order_book import Order
from shop.orders.placing import order_subject
from shop.payments.finding import find_by_charge
from shop.payments.reversals import follow_reversals
from shop.payments.seen import UNKNOWN, Seen, Verdict, refuse_overtaken
from shop.payments.stripe_facts import StripeCharge, fact_id
from shop.transfers.card_credit import let_credit_follow

CLEARING, FEES = Account("stripe_clearing"), Account("fees")


def apply_charge(session: Session, seen: Seen) -> Verdict:
    """Apply a charge read anew; answers what became of it."""
    order = find_by_charge(session, seen.body)
    if order is None:
        return UNKNOWN
    if store_charge(session, order, seen.body, seen).refunded_cents:
        let_credit_follow(session, order)
    follow_reversals(session, order)
    return Verdict("charge-stored", order.id)


def store_charge(session: Session, order: Order, charge: JsonObject, seen: Seen) -> StripeCharge:
    """Keep a charge's figures; the order's row is locked. Raises Overtaken."""
    stored = session.get(StripeCharge, str(charge["id"]), populate_existing=True)
    if stored is None:
        stored = StripeCharge(id=str(charge["id"]), order_id=order.id, refunded_cents=0)
        session.add(stored)
    else:
        refuse_overtaken(stored.read_started_at, seen)
    before = stored.refunded_cents
    stored.payment_intent_id = charge.get("payment_intent")
    stored.amount_cents, stored.refunded_cents = int(charge["amount"]), int(charge["amount_refunded"])
    stored.status, stored.read_started_at = str(charge["status"]), seen.started_at
    movement = charge.get("balance_transaction")
    if isinstance(movement, dict):
        # A charge has one movement: once its fee is known, it is booked.
        if stored.fee_cents is None:
            _book_fee(session, movement)
        stored.fee_cents, stored.net_cents = int(movement["fee"]), int(movement["net"])
    session.flush()
    if stored.refunded_cents != before:
        record_event(session, "order.refunded", order_subject(order), refunded_cents=stored.refunded_cents)
    return stored


def _book_fee(session: Session, movement: JsonObject) -> None:
    """Stripe keeps its fee out of the money it holds for us; once per movement."""
    book(session, movement_cause(movement), [Posting(FEES, CLEARING, int(movement["fee"]))])


def movement_cause(movement: JsonObject) -> Cause:
    """A movement of the account at Stripe as the cause of what it books."""
    return Cause("stripe_movement", fact_id(str(movement["id"])))
