"""Money going back at Stripe, as its dashboard and the banks do it, and what our books then hold."""

from uuid import UUID

from sqlalchemy import select

from entitlements import Account, balance
from entitlements.coupons.stock import Coupon
from foundation import clock
from foundation.principal import Principal
from shop import RefundWish
from shop.payments.stripe_facts import RefundRequest, StripeCharge
from tests.refunding import request_refund
from tests.webhooks.stand import Json, Stand

FINANCE = Principal(user_id=None, party_id=None, role="finance")
GROSS = 12_200


def charge(stand: Stand) -> Json:
    return next(one for one in stand.gateway.objects.values() if one["object"] == "charge")


def refund_at_stripe(stand: Stand, amount: int, status: str = "succeeded") -> Json:
    """Money goes back at Stripe, in its dashboard say."""
    number = sum(one["object"] == "refund" for one in stand.gateway.objects.values()) + 1
    paid_with = charge(stand)
    paid_with["amount_refunded"] += amount
    refund: Json = {
        "id": f"re_test_{number}",
        "object": "refund",
        "charge": paid_with["id"],
        "payment_intent": paid_with["payment_intent"],
        "amount": amount,
        "status": status,
        "metadata": {},
    }
    stand.gateway.objects[refund["id"]] = refund
    return refund


def dispute_at_stripe(stand: Stand, status: str, movements: list[Json] | None = None) -> Json:
    dispute: Json = {
        "id": "du_test_1",
        "object": "dispute",
        "charge": charge(stand)["id"],
        "payment_intent": charge(stand)["payment_intent"],
        "amount": GROSS,
        "status": status,
        "evidence_details": {"due_by": int(clock.real_now().timestamp()) + 604_800},
        "balance_transactions": movements or [],
        "livemode": False,
    }
    stand.gateway.objects[dispute["id"]] = dispute
    return dispute


def movement(number: int, amount: int, fee: int) -> Json:
    return {"id": f"txn_test_{number}", "amount": amount, "fee": fee, "net": amount - fee}


def holdings(stand: Stand, *kinds: str) -> list[int]:
    with stand.tx() as session:
        return [balance(session, Account(kind)) for kind in kinds]


def returned(stand: Stand, order_id: UUID) -> int:
    with stand.tx() as session:
        query = select(StripeCharge.refunded_cents).where(StripeCharge.order_id == order_id)
        return sum(session.scalars(query))


def held(stand: Stand) -> int:
    with stand.tx() as session:
        return len(session.scalars(select(Coupon).where(Coupon.held_by_case.is_not(None))).all())


def ask(stand: Stand, order_id: UUID, wish: RefundWish) -> RefundRequest:
    with stand.client.application.app_context():
        return request_refund(order_id, wish, FINANCE, stand.gateway)
