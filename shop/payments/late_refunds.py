"""Late refunds (D11, S04): finance gives the money of a late card payment back to its card, once, whoever asks."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import JsonObject
from foundation.events import record_event
from foundation.ids import new_id
from foundation.principal import Principal
from shop.orders.order_book import Order
from shop.orders.placing import order_subject
from shop.payments.late_payments import LatePayment, late_payments
from shop.payments.refund_plans import (
    ASKED,
    BY_CARD,
    NothingToRefund,
    RefundBlocked,
    RefundChanged,
    RefundExceedsWhatIsLeft,
    gone_of,
)
from shop.payments.reversals import disputed, lost_cents
from shop.payments.stripe_facts import RefundRequest, StripeCharge
from shop.transfers.card_credit import let_credit_follow
from shop.transfers.four_eyes import REFUND, FinanceDecision, Wish, ask
from shop.transfers.store_credit import lock_store_credit

_PAYMENT = "late_payment_id"


class CreditIsSpent(Exception):
    """More was asked than is left of a payment's credit: so much of it is spent, `left_cents` can go back."""

    def __init__(self, spent_cents: int, left_cents: int) -> None:
        super().__init__(f"{spent_cents} spent, {left_cents} left")
        self.spent_cents = spent_cents
        self.left_cents = left_cents


@dataclass(frozen=True, slots=True)
class LateRefundWish:
    """What finance wants given back of which late payment: an amount in cents, or all that is left of it (None)."""

    payment_id: UUID
    amount_cents: int | None = None


def late_payment(session: Session, order: Order, payment_id: UUID) -> LatePayment:
    """One late card payment of an order as it stands. Raises NothingToRefund when there is no such payment."""
    for late in late_payments(session, order):
        if late.payment.id == payment_id:
            return late
    raise NothingToRefund


def late_amount(session: Session, order: Order, late: LatePayment, wish: LateRefundWish) -> int:
    """How many cents a wish gives back.

    Raises RefundBlocked, NothingToRefund, CreditIsSpent, RefundExceedsWhatIsLeft.
    """
    if disputed(session, order.id):
        raise RefundBlocked
    amount = late.left_cents if wish.amount_cents is None else wish.amount_cents
    if late.spent_cents and (amount > late.left_cents or not late.left_cents):
        raise CreditIsSpent(late.spent_cents, late.left_cents)
    if late.left_cents <= 0 or amount <= 0:
        raise NothingToRefund
    if amount > late.left_cents:
        raise RefundExceedsWhatIsLeft(amount, late.left_cents)
    return amount


def ask_late_refund(
    session: Session, order: Order, wish: LateRefundWish, seen_left_cents: int, by: Principal
) -> FinanceDecision:
    """Give back of a late payment of which `seen_left_cents` were left when it was shown; large sums wait for a second.

    What was left stands for the press of a button: pressed twice, the second finds less. The order's row must be
    locked. A job calls the gateway after the commit. Raises AlreadyAsked, RefundBlocked, NothingToRefund,
    CreditIsSpent, RefundExceedsWhatIsLeft, RefundChanged.
    """
    late = late_payment(session, order, wish.payment_id)
    amount = late_amount(session, order, late, wish)
    if late.left_cents != seen_left_cents:
        raise RefundChanged
    facts: JsonObject = {"way": BY_CARD, _PAYMENT: str(wish.payment_id)}
    return ask(session, Wish(REFUND, order_subject(order), amount, order_id=order.id, facts=facts), by)


def late_wish_of(decision: FinanceDecision) -> LateRefundWish | None:
    """What a decision about a late payment wants; None for every other decision."""
    payment_id = decision.facts.get(_PAYMENT)
    return LateRefundWish(UUID(payment_id), decision.amount_cents) if payment_id else None


def store_late_request(session: Session, order: Order, wish: LateRefundWish, by: Principal) -> RefundRequest:
    """Keep what somebody asked for; the store credit of it is gone from now on, so that nobody spends it meanwhile.

    A refusal of Stripe gives the credit again. The order's row must be locked. Raises what `late_amount` raises.
    """
    lock_store_credit(session, order.buyer_party_id)
    late = late_payment(session, order, wish.payment_id)
    amount = late_amount(session, order, late, wish)
    request = RefundRequest(
        id=new_id(),
        order_id=order.id,
        way=BY_CARD,
        charge_id=_charge_of(session, late, amount),
        everything=False,
        amount_cents=amount,
        requested_by_user_id=by.user_id,
        requested_at=clock.now(),
        state=ASKED,
    )
    session.add(request)
    session.flush()
    record_event(
        session,
        "refund.requested",
        order_subject(order),
        by,
        amount_cents=amount,
        way=BY_CARD,
        payment_id=str(late.payment.id),
    )
    let_credit_follow(session, order)
    return request


def _charge_of(session: Session, late: LatePayment, amount_cents: int) -> str:
    """The charge that brought the payment and has so much left: one refund goes back to one card."""
    query = select(StripeCharge).where(
        StripeCharge.payment_intent_id == late.payment.external_id, StripeCharge.status == "succeeded"
    )
    for charge in session.scalars(query.order_by(StripeCharge.id)):
        if charge.amount_cents - gone_of(session, charge) - lost_cents(session, charge.id) >= amount_cents:
            return charge.id
    raise NothingToRefund
