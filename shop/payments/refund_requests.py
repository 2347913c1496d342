"""Asking for a refund: what is left to give back; the request is committed before the call, its outcome after."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Cause, coupons_by_state, held_shares, hold_coupons, release_coupons, void_held_coupons
from foundation import clock
from foundation.database import JsonObject, transaction
from foundation.events import record_event
from foundation.faults import fault_point
from foundation.ids import new_id
from foundation.principal import Principal
from foundation.settings import current_settings
from pricing import Money, refund_share
from shop.orders.order_book import Order, OrderLine, lines_of
from shop.orders.placing import order_subject
from shop.payments.attempts import attempts_of
from shop.payments.gateway import GatewayFailed, GatewayRefused, PaymentGateway
from shop.payments.reconcile import reconcile
from shop.payments.record import lock_order
from shop.payments.reversals import disputed, follow_reversals
from shop.payments.seen import look
from shop.payments.stripe_facts import RefundRequest, StripeCharge, StripeRefund

ASKED, DONE, REFUSED = "ASKED", "DONE", "REFUSED"


class RefundBlocked(Exception):
    """A dispute about the order is open: the bank decides first."""


class NothingToRefund(Exception):
    """No charge of this order has money left, or no coupon of the line is unused."""


class RefundExceedsWhatIsLeft(Exception):
    """More was asked than is left of the charge; `left_cents` says how much is."""

    def __init__(self, asked_cents: int, left_cents: int) -> None:
        super().__init__(f"{asked_cents} > {left_cents}")
        self.asked_cents = asked_cents
        self.left_cents = left_cents


class RefundRefused(Exception):
    """Stripe refused the refund; `code` is its own word for it. Nothing was given back, nothing voided."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class RefundWish:
    """What finance wants given back: an amount in cents, or the unused coupons of one line (D10)."""

    amount_cents: int | None = None
    unused_of_line: UUID | None = None


@dataclass(frozen=True, slots=True)
class Refundable:
    """What may still be given back of an order: cents, whether a dispute forbids it, unused coupons per line."""

    left_cents: int
    blocked: bool
    unused_coupons: dict[UUID, int]


def refundable(session: Session, order_id: UUID) -> Refundable:
    """What may still be given back of an order by card."""
    lines = [line.id for line in lines_of(session, order_id)]
    states = coupons_by_state(session, "order_line", lines)
    left = sum(left_of(session, charge) for charge in _charges(session, order_id))
    unused = {line_id: by_state.get("AVAILABLE", 0) for line_id, by_state in states.items()}
    return Refundable(left, disputed(session, order_id), unused)


def request_refund(order_id: UUID, wish: RefundWish, by: Principal, gateway: PaymentGateway) -> RefundRequest:
    """Give money back by card, once per request row (edge). Coupons given back are held first, voided when it is done.

    Raises RefundBlocked, NothingToRefund, RefundExceedsWhatIsLeft, RefundRefused; GatewayUnavailable when nobody knows
    yet, then the janitor asks again with the same key.
    """
    _learn_charges(order_id, gateway)
    with transaction() as session:
        order = lock_order(session, order_id)
        if disputed(session, order_id):
            raise RefundBlocked
        request = _store(session, order, wish, by)
    fault_point("refund.request_committed")
    return send_request(request.id, gateway)


def send_request(request_id: UUID, gateway: PaymentGateway) -> RefundRequest:
    """Send a stored request and keep its outcome (edge); sending it again gives the same refund."""
    with transaction() as session:
        request = session.get_one(RefundRequest, request_id)
    if request.state != ASKED:
        return request
    try:
        refund = gateway.create_refund(f"refund-{request.id}", _parameters(request))
    except GatewayFailed as failure:
        found = _made_all_the_same(request, gateway)
        if found is None:
            _close(request.id, None)
            raise RefundRefused("api_error") from failure
        refund = found
    except GatewayRefused as refusal:
        _close(request.id, None)
        raise RefundRefused(refusal.code) from refusal
    fault_point("refund.called")
    stored = _close(request.id, str(refund["id"]))
    seen = look(gateway, "refund", str(refund["id"]))
    with transaction() as session:
        reconcile(session, seen)
    return stored


def _made_all_the_same(request: RefundRequest, gateway: PaymentGateway) -> JsonObject | None:
    """The refund of a request that failed inside Stripe: it may exist all the same."""
    made = gateway.refunds_of_charge(request.charge_id)
    return next((one for one in made if one["metadata"].get("refund_request") == str(request.id)), None)


def open_requests(session: Session) -> list[UUID]:
    """Requests whose outcome nobody knows."""
    query = select(RefundRequest.id).where(RefundRequest.state == ASKED).order_by(RefundRequest.id)
    return list(session.scalars(query))


def left_of(session: Session, charge: StripeCharge) -> int:
    """Cents of a charge that are neither given back nor asked to be."""
    told = select(StripeRefund.id).where(StripeRefund.charge_id == charge.id)
    query = select(RefundRequest).where(RefundRequest.charge_id == charge.id, RefundRequest.state != REFUSED)
    pending = [one for one in session.scalars(query) if one.refund_id not in set(session.scalars(told))]
    return charge.amount_cents - charge.refunded_cents - sum(one.amount_cents for one in pending)


def _charges(session: Session, order_id: UUID) -> list[StripeCharge]:
    query = select(StripeCharge).where(StripeCharge.order_id == order_id, StripeCharge.status == "succeeded")
    return list(session.scalars(query.order_by(StripeCharge.id)))


def _learn_charges(order_id: UUID, gateway: PaymentGateway) -> None:
    """The letter about the charge may not have come yet: ask for the charges of the order's payments."""
    with transaction() as session:
        known = {charge.payment_intent_id for charge in _charges(session, order_id)}
        intents = [attempt.payment_intent_id for attempt in attempts_of(session, order_id) if attempt.paid_at]
    for intent in intents:
        if intent is None or intent in known:
            continue
        charge_id = gateway.read("payment_intent", intent).get("latest_charge")
        if charge_id:
            seen = look(gateway, "charge", str(charge_id))
            with transaction() as session:
                reconcile(session, seen)


def _store(session: Session, order: Order, wish: RefundWish, by: Principal) -> RefundRequest:
    request_id = new_id()
    amount = wish.amount_cents or 0
    if wish.unused_of_line is not None:
        amount = _hold_unused(session, order, wish.unused_of_line, request_id)
    left = {charge: left_of(session, charge) for charge in _charges(session, order.id)}
    charge = max(left, key=lambda one: left[one], default=None)
    if charge is None or left[charge] <= 0 or amount <= 0:
        raise NothingToRefund
    if amount > left[charge]:
        raise RefundExceedsWhatIsLeft(amount, left[charge])
    request = RefundRequest(
        id=request_id,
        order_id=order.id,
        charge_id=charge.id,
        amount_cents=amount,
        requested_by_user_id=by.user_id,
        requested_at=clock.now(),
        state=ASKED,
    )
    session.add(request)
    record_event(session, "refund.requested", order_subject(order), by, amount_cents=amount)
    return request


def _hold_unused(session: Session, order: Order, line_id: UUID, case: UUID) -> int:
    """Hold the line's unused coupons and answer what they were sold for, VAT included, in cents (M13)."""
    line = next((line for line in lines_of(session, order.id) if line.id == line_id), None)
    if line is None or not hold_coupons(session, "order_line", [line_id], case):
        raise NothingToRefund
    shares = held_shares(session, case)[line_id]
    return sum(shares) + _vat_of(session, line, len(shares))


def _vat_of(session: Session, line: OrderLine, count: int) -> int:
    states = coupons_by_state(session, "order_line", [line.id])[line.id]
    return refund_share(Money(line.vat_cents), sum(states.values()), states.get("VOIDED", 0), count).cents


def _parameters(request: RefundRequest) -> JsonObject:
    named = {
        "order_id": str(request.order_id),
        "shop_env": current_settings().shop_env,
        "refund_request": str(request.id),
    }
    return {"charge": request.charge_id, "amount": request.amount_cents, "metadata": named}


def _close(request_id: UUID, refund_id: str | None) -> RefundRequest:
    with transaction() as session:
        order = lock_order(session, session.get_one(RefundRequest, request_id).order_id)
        request = session.get_one(RefundRequest, request_id, with_for_update=True)
        if request.state == ASKED:
            request.state, request.refund_id = (DONE if refund_id else REFUSED), refund_id
            if refund_id is not None:
                void_held_coupons(session, request.id, Cause("refund", request.order_id))
            else:
                release_coupons(session, request.id)
                # It may have been refused because the buyer's bank was faster: then a dispute holds them from now on.
                follow_reversals(session, order)
    return request
