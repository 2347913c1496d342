"""How an attempt to renew ends: charged, or refused for a reason the payer is written to about, with what to do."""

from sqlalchemy.orm import Session

from foundation import clock
from foundation.events import Subject, record_event
from shop.orders.order_book import Order
from shop.renewals.attempts import TOLD, RenewalAttempt
from shop.renewals.mandates import RenewalMandate
from shop.renewals.payer_mails import write_to_payer


def refuse(session: Session, attempt: RenewalAttempt, mandate: RenewalMandate, reason: str) -> None:
    """Nothing was charged; the payer hears why and what to do, unless there is nothing left to do."""
    attempt.refused_at, attempt.reason = clock.now(), reason
    session.flush()
    _record(session, "renewal.refused", attempt, mandate, reason=reason)
    if reason in TOLD:
        _write(session, attempt, mandate, reason)


def charged(session: Session, attempt: RenewalAttempt, mandate: RenewalMandate, payment_intent_id: str) -> None:
    """The gateway has the money; the order follows its payment like any other, letters included."""
    attempt.charged_at, attempt.payment_intent_id = clock.now(), payment_intent_id
    session.flush()
    _record(session, "renewal.charged", attempt, mandate)


def _record(session: Session, event: str, attempt: RenewalAttempt, mandate: RenewalMandate, **facts: str) -> None:
    subject = Subject("company", mandate.company_id, mandate.payer_party_id)
    ids = {"attempt_id": attempt.id, "order_id": attempt.order_id, "ends_on": attempt.ends_on.isoformat()}
    record_event(session, event, subject, None, **ids, **facts)


def _write(session: Session, attempt: RenewalAttempt, mandate: RenewalMandate, reason: str) -> None:
    placed = session.get(Order, attempt.order_id) if attempt.order_id else None
    order = placed if placed and placed.state == "AWAITING_PAYMENT" else None
    write_to_payer(
        session,
        mandate,
        "renewal_refused",
        attempt.ends_on,
        str(attempt.id),
        reason=reason,
        number=order.number if order else None,
        gross_cents=order.gross_cents if order else None,
        path=f"/ordini/{order.number}" if order else _services_path(mandate),
    )


def _services_path(mandate: RenewalMandate) -> str:
    """Where the payer sees the services: a company its own, a studio those of its client."""
    itself = mandate.payer_party_id == mandate.company_id
    return "/servizi" if itself else f"/aziende/{mandate.company_id}/servizi"
