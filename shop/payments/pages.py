"""Pages: what a Checkout Session or payment intent means for its attempt and its order (M27)."""

from dataclasses import replace

from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import JsonObject
from foundation.events import record_event
from shop.orders.order_book import CARD, Order
from shop.orders.placing import order_subject, tell_buyer
from shop.payments.attempt_states import ATTEMPT_FACTS, AttemptFacts, AttemptState
from shop.payments.attempts import PaymentAttempt
from shop.payments.finance_tasks import close_tasks
from shop.payments.finding import Found, find_by_intent, find_by_page
from shop.payments.observed import amount_remaining, facts_of_intent, facts_of_page, intent_id
from shop.payments.record import MoneyFact, open_finance_task, record_payment
from shop.payments.reversals import follow_reversals
from shop.payments.seen import UNKNOWN, Seen, Verdict, refuse_overtaken


def apply_page(session: Session, seen: Seen) -> Verdict:
    """Apply a Checkout Session read anew; answers what became of it."""
    return _apply_page(session, seen, seen.body)


def apply_intent(session: Session, seen: Seen) -> Verdict:
    """Apply a payment intent read anew: through its page where Stripe names one, else by its own money or end."""
    intent = seen.body
    if seen.beside is not None:
        return _apply_page(session, seen, seen.beside)
    found = find_by_intent(session, str(intent["id"]), intent)
    observed = facts_of_intent(intent)
    if found is None or (found.attempt is None and not observed.paid):
        return UNKNOWN
    if _differs(found, intent["amount"], intent["currency"]):
        return _quarantine(session, found.order, intent, int(intent["amount"]))
    return _apply(session, found, seen, observed, _money(intent, str(intent["id"]), int(intent["amount_received"])))


def _apply_page(session: Session, seen: Seen, page: JsonObject) -> Verdict:
    found, observed = find_by_page(session, page), facts_of_page(page, seen.told)
    if found is None or (found.attempt is None and not observed.paid):
        return UNKNOWN
    order, paid_with = found.order, intent_id(page)
    foreign = page.get("client_reference_id") != order.number
    if foreign or _differs(found, page["amount_total"], page["currency"]):
        return _quarantine(session, order, page, int(page["amount_total"]))
    if found.attempt is not None and paid_with is not None:
        found.attempt.payment_intent_id = paid_with
    lacking = amount_remaining(page.get("payment_intent"))
    if lacking is not None and 0 < lacking < order.gross_cents and not observed.paid:
        open_finance_task(session, "partially_funded", order, {"remaining_cents": lacking})
    return _apply(session, found, seen, observed, _money(page, paid_with or str(page["id"]), int(page["amount_total"])))


def _differs(found: Found, amount: object, currency: object) -> bool:
    """Whether Stripe shows another sum than its attempt asks for (not what was paid otherwise before)."""
    asked = found.attempt.amount_cents if found.attempt is not None else found.order.gross_cents
    return amount != asked or str(currency).upper() != found.order.currency


def _quarantine(session: Session, order: Order, body: JsonObject, amount: int) -> Verdict:
    """What Stripe shows is not what was ordered: nothing is given, a person looks."""
    facts = {
        "object": str(body["id"]),
        "amount_cents": amount,
        "currency": str(body["currency"]),
        "reference": str(body.get("client_reference_id")),
        "due_cents": order.gross_cents,
    }
    open_finance_task(session, "payment_mismatch", order, facts)
    return Verdict("quarantined", order.id)


def _money(body: JsonObject, external_id: str, amount: int) -> MoneyFact:
    return MoneyFact("stripe", external_id, CARD, amount, clock.now(), livemode=bool(body["livemode"]))


def _apply(session: Session, found: Found, seen: Seen, observed: AttemptFacts, money: MoneyFact) -> Verdict:
    order, attempt = found.order, found.attempt
    if attempt is not None:
        refuse_overtaken(attempt.read_started_at, seen)
        before = attempt.state
        attempt.read_started_at = seen.started_at
        note_facts(attempt, observed)
        session.flush()
        _tell(session, order, attempt, before)
    if not observed.paid:
        return Verdict(attempt.state.lower(), order.id) if attempt is not None else UNKNOWN
    fresh = record_payment(session, order, replace(money, attempt_id=attempt.id if attempt else None))
    if fresh:
        close_tasks(session, "partially_funded", order.id, "paid")
        # A refund or a dispute may have been seen before the payment it concerns.
        follow_reversals(session, order)
    return Verdict("paid" if fresh else "paid-before", order.id)


def note_facts(attempt: PaymentAttempt, observed: AttemptFacts) -> None:
    """Keep the instant at which each fact was first seen; a fact once seen stays seen."""
    now = clock.real_now()
    for name in ATTEMPT_FACTS:
        if getattr(observed, name) and getattr(attempt, f"{name}_at") is None:
            setattr(attempt, f"{name}_at", now)


_EVENTS: dict[AttemptState, str] = {
    "AWAITING_FUNDS": "payment.awaited",
    "FAILED": "payment.failed",
    "EXPIRED": "payment.expired",
}


def _tell(session: Session, order: Order, attempt: PaymentAttempt, before: AttemptState) -> None:
    """Record what changed; a buyer whose debit was refused must learn it, because nobody waits on a page any more."""
    state = attempt.state
    if state == before or state not in _EVENTS:
        return
    record_event(session, _EVENTS[state], order_subject(order), attempt=attempt.number)
    if before == "AWAITING_FUNDS" and state == "FAILED" and order.state == "AWAITING_PAYMENT":
        tell_buyer(session, order, "payment_failed", occasion=str(attempt.number))
