"""Charging the saved card for a renewal (edge): commit the intent, call with a stable key, commit the outcome.

The money itself is recorded where every card payment is: from the gateway's object, read anew, by letter or here.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import running_services
from foundation import clock
from foundation.database import JsonObject, transaction
from foundation.faults import fault_point
from foundation.jobs import RetryLater
from foundation.principal import Principal
from foundation.settings import current_settings
from shop.orders.closing import cancel_order
from shop.orders.order_book import CARD, Order
from shop.orders.requoting import ask_for_new_quote_if_fallen
from shop.payments.attempt_states import may_start_another
from shop.payments.attempts import StripeCustomer, attempts_of
from shop.payments.finding import NAMED
from shop.payments.gateway import GatewayFailed, GatewayRefused, GatewayUnavailable, PaymentGateway
from shop.payments.money_in import due_cents
from shop.payments.reconcile import reconcile
from shop.payments.record import lock_order
from shop.payments.seen import look
from shop.renewals.attempts import (
    AUTHENTICATION,
    CARD_EXPIRED,
    DECLINED,
    MOVED,
    NO_CARD,
    SUSPENDED,
    SWITCHED_OFF,
    TOO_LATE,
    RenewalAttempt,
)
from shop.renewals.mandates import RenewalMandate
from shop.renewals.outcomes import charged, refuse
from shop.renewals.saved_cards import card_of

_REASONS = {"authentication_required": AUTHENTICATION, "expired_card": CARD_EXPIRED}
_NOT_YET = "processing"


@dataclass(frozen=True, slots=True)
class _Call:
    """What the gateway is asked; `again` when it may have been asked before."""

    attempt_id: UUID
    key: str
    parameters: JsonObject
    again: bool


def charge_renewal(attempt_id: UUID, gateway: PaymentGateway) -> None:
    """Charge an attempt's order to the saved card, once, however often this runs (edge).

    Raises RetryLater while the gateway is silent: nobody knows, so the same is asked again, with the same key.
    """
    call = _commit_intent(attempt_id)
    if call is None:
        return
    fault_point("renewal.sent")
    try:
        intent = _made_before(call, gateway) if call.again else None
        if intent is None:
            if call.again and not _still_wanted(call.attempt_id):
                return
            intent = _charge(call, gateway)
    except GatewayUnavailable as silence:
        raise RetryLater("gateway unavailable") from silence
    except GatewayRefused as refusal:
        _note_refusal(call.attempt_id, refusal.code)
        return
    fault_point("renewal.called")
    _follow(call.attempt_id, intent, gateway)


def _charge(call: _Call, gateway: PaymentGateway) -> JsonObject:
    """The payment intent of an attempt, made now."""
    try:
        return gateway.charge_saved_card(call.key, call.parameters)
    except GatewayFailed as failure:
        # That key answers with the failure for a day: what came of it is looked for instead.
        found = _made_before(call, gateway)
        if found is None:
            raise GatewayRefused("api_error") from failure
        return found


def _made_before(call: _Call, gateway: PaymentGateway) -> JsonObject | None:
    """The payment intent of an attempt that was asked for before: the key alone is remembered for a day."""
    intents = gateway.intents_of_customer(str(call.parameters["customer"]))
    ours = str(call.attempt_id)
    return next((one for one in intents if one.get("metadata", {}).get(NAMED) == ours), None)


def _follow(attempt_id: UUID, intent: JsonObject, gateway: PaymentGateway) -> None:
    """The outcome: money is reconciled in the transaction that notes it. Raises RetryLater while it is on its way."""
    if intent["status"] == _NOT_YET:
        raise RetryLater("payment processing")
    if intent["status"] != "succeeded":
        error = intent.get("last_payment_error") or {}
        _note_refusal(attempt_id, str(error.get("code", "")))
        return
    try:
        seen = look(gateway, "payment_intent", str(intent["id"]))
    except GatewayUnavailable as silence:
        raise RetryLater("gateway unavailable") from silence
    with transaction() as session:
        attempt = _locked(session, attempt_id)
        if attempt.charged_at is None:
            # Another worker, asking again while this one was heard, may have let it go: money that moved is the truth.
            attempt.refused_at = attempt.reason = None
            charged(session, attempt, session.get_one(RenewalMandate, attempt.mandate_id), str(intent["id"]))
        reconcile(session, seen)


def _note_refusal(attempt_id: UUID, code: str) -> None:
    with transaction() as session:
        attempt = _locked(session, attempt_id)
        if attempt.is_under_way:
            mandate = session.get_one(RenewalMandate, attempt.mandate_id)
            refuse(session, attempt, mandate, _REASONS.get(code, DECLINED))


def _commit_intent(attempt_id: UUID) -> _Call | None:
    """What is to be asked, stored before anybody is called; None when there is nothing to ask (any more)."""
    with transaction() as session:
        attempt = _locked(session, attempt_id)
        if attempt.charged_at is not None or attempt.refused_at is not None or attempt.order_id is None:
            return None
        key = f"order-{attempt.order_id}-renewal"
        if attempt.parameters is not None:
            return _Call(attempt.id, key, attempt.parameters, again=True)
        order = session.get_one(Order, attempt.order_id)
        if not _looked_at(session, attempt, order):
            return None
        attempt.parameters, attempt.sent_at = _parameters(session, attempt, order), clock.real_now()
        return _Call(attempt.id, key, attempt.parameters, again=False)


def _still_wanted(attempt_id: UUID) -> bool:
    """Look once more before something is asked again that nobody charged: days may have passed, and clicks."""
    with transaction() as session:
        attempt = _locked(session, attempt_id)
        return attempt.is_under_way and _looked_at(session, attempt, session.get_one(Order, attempt.order_id))


def _looked_at(session: Session, attempt: RenewalAttempt, order: Order) -> bool:
    """The last look before anybody is charged: whether nothing changed since the order was placed; else let it go."""
    # The companies of the order before the mandate, as when the attempt was claimed.
    fallen = ask_for_new_quote_if_fallen(session, order)
    mandate = session.get_one(RenewalMandate, attempt.mandate_id, with_for_update=True, populate_existing=True)
    reason = MOVED if fallen else _why_not(session, mandate, order)
    if reason is not None:
        _let_go(session, attempt, mandate, reason)
    return reason is None


def _locked(session: Session, attempt_id: UUID) -> RenewalAttempt:
    """The attempt as it is once its order's row is locked: order first, as everywhere."""
    attempt = session.get_one(RenewalAttempt, attempt_id)
    if attempt.order_id is not None:
        lock_order(session, attempt.order_id)
    return session.get_one(RenewalAttempt, attempt_id, with_for_update=True, populate_existing=True)


def _why_not(session: Session, mandate: RenewalMandate, order: Order) -> str | None:
    """What changed since the order was placed."""
    if mandate.ended_at is not None:
        return SWITCHED_OFF
    if order.state == "EXPIRED":
        return TOO_LATE
    waits = order.state == "AWAITING_PAYMENT" and order.payment_method == CARD
    if not waits or due_cents(session, order) != order.gross_cents:
        return MOVED
    if not all(may_start_another(one.state) for one in attempts_of(session, order.id)):
        return MOVED
    base = running_services(session, mandate.company_id, clock.today()).base
    if base is not None and base.suspended:
        return SUSPENDED
    return None if card_of(session, mandate.payer_party_id) else NO_CARD


def _let_go(session: Session, attempt: RenewalAttempt, mandate: RenewalMandate, reason: str) -> None:
    """An order that nobody wants any more is cancelled; one somebody is paying, or could pay, stays."""
    refuse(session, attempt, mandate, reason)
    order = session.get_one(Order, attempt.order_id)
    if reason == SWITCHED_OFF and order.state == "AWAITING_PAYMENT" and due_cents(session, order) == order.gross_cents:
        cancel_order(session, order, Principal(mandate.ended_by_user_id, mandate.payer_party_id, "renewal"))


def _parameters(session: Session, attempt: RenewalAttempt, order: Order) -> JsonObject:
    """A payment intent confirmed at once with the saved card, nobody being there to answer a bank's question."""
    card = card_of(session, order.buyer_party_id)
    assert card is not None  # noqa: S101 - narrows the type; looked at just before
    customer = session.get_one(StripeCustomer, order.buyer_party_id)
    return {
        "amount": order.gross_cents,
        "currency": order.currency.lower(),
        "customer": customer.customer_id,
        "payment_method": card.payment_method_id,
        "allowed_payment_method_types": ["card"],
        "off_session": True,
        "confirm": True,
        "description": f"Rinnovo automatico, ordine {order.number}",
        "metadata": {"order_id": str(order.id), "shop_env": current_settings().shop_env, NAMED: str(attempt.id)},
    }
