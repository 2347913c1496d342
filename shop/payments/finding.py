"""Finding: the order and the attempt an object of Stripe belongs to, by stored id, else by what we wrote on it."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from foundation.database import JsonObject
from shop.orders.order_book import Order
from shop.payments.attempts import PaymentAttempt, attempts_of
from shop.payments.observed import intent_id
from shop.payments.record import lock_order
from shop.payments.stripe_facts import StripeCharge

NAMED = "renewal_attempt"
"""The metadata key of an intent that charges a saved card: which attempt to renew it is of."""


@dataclass(frozen=True, slots=True)
class Found:
    """The order, its row locked, and the attempt when it is known which."""

    order: Order
    attempt: PaymentAttempt | None


def find_by_page(session: Session, page: JsonObject) -> Found | None:
    """By the stored session id, else by `client_reference_id`, else by `metadata.order_id`.

    A letter may be faster than our own second transaction: the order's attempt that still waits for its session id then
    takes this one.
    """
    session_id = str(page["id"])
    stored = _stored(session, PaymentAttempt.session_id == session_id)
    if stored is not None:
        return stored
    order_id = _order_named(session, page.get("client_reference_id")) or _order_named(session, _named_in(page))
    if order_id is None:
        return None
    order = lock_order(session, order_id)
    attempts = attempts_of(session, order_id)
    same = [attempt for attempt in attempts if attempt.session_id == session_id]
    waiting = [attempt for attempt in attempts if attempt.session_id is None and attempt.state == "OPEN"]
    for attempt in waiting[:1] if not same else []:
        attempt.session_id, attempt.url = session_id, page.get("url")
        attempt.payment_intent_id = intent_id(page)
    return Found(order, next(iter(same or waiting), None))


def find_by_intent(session: Session, payment_intent_id: str | None, named: JsonObject) -> Found | None:
    """By the stored payment intent, else by the metadata; an order's only attempt is the one that is meant.

    A saved card is charged beside the attempts on pages: none of them is meant then.
    """
    if payment_intent_id is not None:
        stored = _stored(session, PaymentAttempt.payment_intent_id == payment_intent_id)
        if stored is not None:
            return stored
    order_id = _order_named(session, _named_in(named))
    if order_id is None:
        return None
    order = lock_order(session, order_id)
    attempts = attempts_of(session, order_id)
    beside = NAMED in named.get("metadata", {})
    alone = len(attempts) == 1 and not beside and attempts[0].payment_intent_id in {None, payment_intent_id}
    only = attempts[0] if alone else None
    if only is not None:
        only.payment_intent_id = payment_intent_id
    return Found(order, only)


def find_by_charge(session: Session, charge: JsonObject) -> Order | None:
    """The order a charge paid, its row locked."""
    known = session.get(StripeCharge, str(charge["id"]))
    if known is not None:
        return lock_order(session, known.order_id)
    found = find_by_intent(session, charge.get("payment_intent"), charge)
    return found.order if found is not None else None


def _stored(session: Session, which: ColumnElement[bool]) -> Found | None:
    """The order whose attempt is meant, its row locked, and the attempt as it is now that it is."""
    query = select(Order).join(PaymentAttempt, PaymentAttempt.order_id == Order.id).where(which)
    order = session.scalars(query.with_for_update(of=Order)).first()
    if order is None:
        return None
    attempts = select(PaymentAttempt).where(which, PaymentAttempt.order_id == order.id)
    return Found(order, session.scalars(attempts.execution_options(populate_existing=True)).first())


def _named_in(body: JsonObject) -> object:
    return body.get("metadata", {}).get("order_id")


def _order_named(session: Session, name: object) -> UUID | None:
    """An order by its number or its id, as we may have written either."""
    if not isinstance(name, str) or not name:
        return None
    clauses = [Order.number == name]
    with suppress(ValueError):
        clauses.append(Order.id == UUID(name))
    return session.execute(select(Order.id).where(or_(*clauses))).scalar()
