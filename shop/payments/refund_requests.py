"""Asking for a refund: what is left to give back; the request is committed before the call, its outcome after."""

from contextlib import suppress
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import (
    Cause,
    give_back_recovered,
    hold_coupons,
    recover_unused,
    release_coupons,
    void_held_coupons,
)
from foundation import clock
from foundation.database import JsonObject, transaction
from foundation.events import record_event
from foundation.faults import fault_point
from foundation.ids import new_id
from foundation.principal import Principal
from foundation.settings import current_settings
from shop.orders.order_book import Order, OrderLine
from shop.orders.placing import order_subject
from shop.payments.attempts import attempts_of
from shop.payments.finance_tasks import Concern, open_task
from shop.payments.gateway import GatewayFailed, GatewayRefused, PaymentGateway
from shop.payments.reconcile import reconcile
from shop.payments.record import lock_order
from shop.payments.refund_plans import (
    ASKED,
    BY_CARD,
    DONE,
    REFUSED,
    NothingToRefund,
    RefundChanged,
    RefundExceedsWhatIsLeft,
    RefundWish,
    amount_of,
    charges_of,
    left_of,
    refundable,
)
from shop.payments.reversals import follow_reversals
from shop.payments.seen import Overtaken, Seen, look
from shop.payments.stripe_facts import RefundRequest
from shop.renewals.attempts import intent_of_renewal
from shop.transfers.card_credit import let_credit_follow


class RefundRefused(Exception):
    """Stripe refused the refund; `code` is its own word for it. Nothing was given back, nothing voided."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def send_request(request_id: UUID, gateway: PaymentGateway) -> RefundRequest:
    """Send a stored request and keep its outcome (edge); sending it again, however late, gives the same refund.

    Raises RefundRefused; GatewayUnavailable when nobody knows yet, then the janitor looks and asks again.
    """
    with transaction() as session:
        request = session.get_one(RefundRequest, request_id)
    if request.state == ASKED:
        request = _send(request, gateway)
    if request.refund_id is not None:
        # Looked at in every try: an earlier one may have been cut off between the refund and the look.
        seen = look(gateway, "refund", request.refund_id)
        with transaction() as session:
            reconcile(session, seen)
    return request


def _send(request: RefundRequest, gateway: PaymentGateway) -> RefundRequest:
    fault_point("refund.request_committed")
    # An earlier try may have been cut off before its answer, longer ago than the gateway remembers the key: a day.
    refund = _made_before(request, gateway)
    if refund is None:
        refund = _make(request, gateway)
    fault_point("refund.called")
    return _close(request.id, str(refund["id"]))


def _make(request: RefundRequest, gateway: PaymentGateway) -> JsonObject:
    """The refund of a request, made now. Raises RefundRefused, with the request closed, and GatewayUnavailable."""
    try:
        return gateway.create_refund(f"refund-{request.id}", _parameters(request))
    except GatewayFailed as failure:
        # That key answers with the failure for a day: what came of it is looked for instead.
        found = _made_before(request, gateway)
        if found is None:
            _close(request.id, None, _charge_now(request, gateway))
            raise RefundRefused("api_error") from failure
        return found
    except GatewayRefused as refusal:
        _close(request.id, None, _charge_now(request, gateway))
        raise RefundRefused(refusal.code) from refusal


def _made_before(request: RefundRequest, gateway: PaymentGateway) -> JsonObject | None:
    """The refund of a request that was sent before, whatever was heard of it."""
    made = gateway.refunds_of_charge(str(request.charge_id))
    return next((one for one in made if one["metadata"].get("refund_request") == str(request.id)), None)


def _charge_now(request: RefundRequest, gateway: PaymentGateway) -> Seen | None:
    """What became of the charge: a refusal may mean that somebody gave its money back first, in the dashboard say."""
    with suppress(GatewayRefused):
        return look(gateway, "charge", str(request.charge_id))
    return None


def requests_of(session: Session, order_id: UUID) -> list[RefundRequest]:
    """What was asked for an order, oldest first."""
    query = select(RefundRequest).where(RefundRequest.order_id == order_id).order_by(RefundRequest.id)
    return list(session.scalars(query))


def open_requests(session: Session) -> list[UUID]:
    """Requests whose outcome nobody knows."""
    query = select(RefundRequest.id).where(RefundRequest.state == ASKED).order_by(RefundRequest.id)
    return list(session.scalars(query))


def learn_charges(order_id: UUID, gateway: PaymentGateway) -> None:
    """The letter about the charge may not have come yet: ask for the charges of the order's payments."""
    with transaction() as session:
        known = {charge.payment_intent_id for charge in charges_of(session, order_id)}
        on_pages = [attempt.payment_intent_id for attempt in attempts_of(session, order_id) if attempt.paid_at]
        intents = [*on_pages, intent_of_renewal(session, order_id)]
    for intent in intents:
        if intent is None or intent in known:
            continue
        charge_id = gateway.read("payment_intent", intent).get("latest_charge")
        if charge_id:
            seen = look(gateway, "charge", str(charge_id))
            with transaction() as session:
                reconcile(session, seen)


def store_request(session: Session, order: Order, wish: RefundWish, by: Principal) -> RefundRequest:
    """Keep what somebody asked for, with the unused rights held for it.

    The order's row must be locked. Raises NotFulfilled, RefundBlocked, NothingToRefund, RefundExceedsWhatIsLeft,
    RefundChanged.
    """
    known = refundable(session, order)
    amount = amount_of(known, wish)
    request = RefundRequest(
        id=new_id(),
        order_id=order.id,
        way=wish.way,
        charge_id=_charge_for(session, order, amount) if wish.way == BY_CARD else None,
        line_id=wish.unused_of_line,
        everything=wish.everything,
        amount_cents=amount,
        requested_by_user_id=by.user_id,
        requested_at=clock.now(),
        state=ASKED,
    )
    session.add(request)
    session.flush()
    record_event(session, "refund.requested", order_subject(order), by, amount_cents=amount, way=wish.way)
    line = known.line(wish.unused_of_line) if wish.unused_of_line else None
    if line is not None and _hold_unused(session, line.line, request) != line.unused:
        raise RefundChanged
    return request


def _charge_for(session: Session, order: Order, amount_cents: int) -> str:
    """The charge with most left: one refund goes back to one card."""
    left = {charge.id: left_of(session, charge) for charge in charges_of(session, order.id)}
    charge_id = max(left, key=lambda one: left[one], default=None)
    if charge_id is None:
        raise NothingToRefund
    if amount_cents > left[charge_id]:
        raise RefundExceedsWhatIsLeft(amount_cents, left[charge_id])
    return charge_id


def _hold_unused(session: Session, line: OrderLine, request: RefundRequest) -> int:
    """Nobody uses meanwhile what is given back: coupons are held, what is left of a wallet is taken out of it."""
    held = hold_coupons(session, "order_line", [line.id], request.id)
    return held + recover_unused(session, "order_line", {line.id: line.net_cents}, Cause("refund_request", request.id))


def _parameters(request: RefundRequest) -> JsonObject:
    named = {
        "order_id": str(request.order_id),
        "shop_env": current_settings().shop_env,
        "refund_request": str(request.id),
    }
    return {"charge": request.charge_id, "amount": request.amount_cents, "metadata": named}


def _close(request_id: UUID, refund_id: str | None, charge: Seen | None = None) -> RefundRequest:
    """Keep the outcome; what a refused request held is free again, as far as its money is still there."""
    with transaction() as session:
        order = lock_order(session, session.get_one(RefundRequest, request_id).order_id)
        request = session.get_one(RefundRequest, request_id, with_for_update=True)
        if request.state == ASKED:
            request.state, request.refund_id = (DONE if refund_id else REFUSED), refund_id
            if refund_id is not None:
                void_held_coupons(session, request.id, Cause("refund", request.order_id))
            else:
                release_coupons(session, request.id)
                give_back_recovered(session, Cause("refund_request", request.id))
                facts = {"amount_cents": request.amount_cents, "status": "refused"}
                open_task(session, Concern("refund_failed", order_subject(order), facts, order.id))
                if charge is not None:
                    with suppress(Overtaken):
                        reconcile(session, charge)
                let_credit_follow(session, order)
                # It may have been refused because the buyer's bank was faster: then a dispute holds them from now on.
                follow_reversals(session, order)
    return request
