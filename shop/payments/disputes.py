"""Disputes: the buyer's bank asks the money back, or only asks (D10)."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from entitlements import Account, Posting, book
from foundation.database import JsonObject
from foundation.events import Subject, record_event
from shop.orders.order_book import Order
from shop.orders.placing import order_subject
from shop.payments.charges import CLEARING, FEES, movement_cause, store_charge
from shop.payments.finance_tasks import Concern, close_tasks, open_task
from shop.payments.finding import find_by_charge, find_by_intent
from shop.payments.reversals import LOST, OPEN_DISPUTE, follow_reversals
from shop.payments.seen import UNKNOWN, Seen, Verdict, refuse_overtaken
from shop.payments.stripe_facts import StripeDispute, fact_id
from shop.transfers.card_credit import let_credit_follow

DISPUTES = Account("disputes")


def apply_dispute(session: Session, seen: Seen) -> Verdict:
    """Apply a dispute read anew; answers what became of it."""
    order = _order_of(session, seen)
    if order is None:
        return UNKNOWN
    if seen.beside is not None:
        store_charge(session, order, seen.beside, seen)
    dispute, before = _store(session, order, seen)
    for movement in seen.body.get("balance_transactions") or []:
        _book(session, movement)
    _ask_finance(session, order, dispute, before)
    let_credit_follow(session, order)
    follow_reversals(session, order)
    return Verdict(f"dispute-{dispute.status}", order.id)


def _order_of(session: Session, seen: Seen) -> Order | None:
    if seen.beside is not None:
        return find_by_charge(session, seen.beside)
    found = find_by_intent(session, seen.body.get("payment_intent"), seen.body)
    return found.order if found is not None else None


def _store(session: Session, order: Order, seen: Seen) -> tuple[StripeDispute, str | None]:
    body = seen.body
    dispute = session.get(StripeDispute, str(body["id"]), populate_existing=True)
    before = dispute.status if dispute is not None else None
    if dispute is None:
        dispute = StripeDispute(id=str(body["id"]), case_id=fact_id(str(body["id"])), order_id=order.id)
        session.add(dispute)
    else:
        refuse_overtaken(dispute.read_started_at, seen)
    dispute.charge_id, dispute.amount_cents = body.get("charge"), int(body["amount"])
    dispute.status, dispute.read_started_at = str(body["status"]), seen.started_at
    due_by = (body.get("evidence_details") or {}).get("due_by")
    dispute.due_at = datetime.fromtimestamp(int(due_by), UTC) if due_by else None
    session.flush()
    if dispute.status != before:
        record_event(session, "order.disputed", order_subject(order), status=dispute.status, case_id=dispute.case_id)
    return dispute, before


def _book(session: Session, movement: JsonObject) -> None:
    """Money withdrawn or given back, and the fee of it, once per movement."""
    amount, fee = int(movement["amount"]), int(movement["fee"])
    moved = Posting(DISPUTES, CLEARING, -amount) if amount < 0 else Posting(CLEARING, DISPUTES, amount)
    charged = Posting(FEES, CLEARING, fee) if fee >= 0 else Posting(CLEARING, FEES, -fee)
    book(session, movement_cause(movement), [moved, charged])


def _ask_finance(session: Session, order: Order, dispute: StripeDispute, before: str | None) -> None:
    """An open dispute must be answered before its day; a lost one must be dealt with; a closed one needs nobody.

    Finance is asked when the status changes, so a letter that comes again does not open what a person has closed.
    """
    if dispute.status == before:
        return
    subject = Subject("dispute", dispute.case_id, order.buyer_party_id)
    facts = {"dispute": dispute.id, "amount_cents": dispute.amount_cents, "status": dispute.status}
    if dispute.status in OPEN_DISPUTE:
        open_task(session, Concern("dispute", subject, facts, order.id, dispute.due_at))
        return
    close_tasks(session, "dispute", dispute.case_id, dispute.status)
    if dispute.status == LOST:
        open_task(session, Concern("dispute_lost", subject, facts, order.id))
