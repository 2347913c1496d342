"""Money goes back while a coupon is on its way to a company, or faster than a refund."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from entitlements import Refused, activate_coupon, apply_answer, stock_of
from entitlements.coupons.stock import Coupon
from foundation.principal import Principal
from shop import GatewayRefused, Kind, MemoryGateway, RefundRefused, RefundWish, look, reconcile
from shop.orders.order_book import lines_of
from tests.refunding import request_refund
from tests.stories import company_data, owner_of
from tests.webhooks.stand import Json, Stand, an_event

FINANCE = Principal(user_id=None, party_id=None, role="finance")
GROSS = 12_200


@pytest.fixture
def order_id(stand: Stand) -> UUID:
    """An order of three coupons, paid by card and fulfilled."""
    made = stand.shared_order("ORD-2026-000813", GROSS)
    page = stand.gateway.pay(stand.start(made))
    assert stand.tell(an_event("checkout.session.completed", page)) == "paid"
    return made


def charge(stand: Stand) -> Json:
    return next(one for one in stand.gateway.objects.values() if one["object"] == "charge")


def a_dispute(stand: Stand, status: str) -> Json:
    dispute: Json = {
        "id": "du_test_1",
        "object": "dispute",
        "charge": charge(stand)["id"],
        "payment_intent": charge(stand)["payment_intent"],
        "amount": GROSS,
        "status": status,
        "evidence_details": {},
        "balance_transactions": [],
        "livemode": False,
    }
    stand.gateway.objects[dispute["id"]] = dispute
    return dispute


def look_at(stand: Stand, kind: Kind, body: Json) -> None:
    """What a letter would do, without the jobs that wait beside it."""
    with stand.client.application.app_context():
        seen = look(stand.gateway, kind, body["id"])
    with stand.tx() as session:
        reconcile(session, seen)


def under_way(stand: Stand) -> UUID:
    """One of the coupons is on its way to a company; answers the company."""
    with stand.tx() as session:
        coupon, _ = stock_of(session, stand.studio.id)[0]
        return activate_coupon(session, coupon.id, company_data(), owner_of(stand.studio)).id


def refused(stand: Stand, company_id: UUID) -> None:
    """The vendor's software refuses the company: its coupon comes back."""
    with stand.tx() as session:
        assert apply_answer(session, company_id, Refused("no"), "callback") is None


def held(stand: Stand) -> int:
    with stand.tx() as session:
        return len(session.scalars(select(Coupon).where(Coupon.held_by_case.is_not(None))).all())


@pytest.mark.usefixtures("order_id")
def test_a_coupon_that_comes_back_during_a_dispute_is_held_like_the_others(stand: Stand) -> None:
    company_id = under_way(stand)
    dispute = a_dispute(stand, "needs_response")
    look_at(stand, "dispute", dispute)
    refused(stand, company_id)
    assert (held(stand), stand.coupons()) == (3, {"AVAILABLE": 3})
    dispute["status"] = "won"
    look_at(stand, "dispute", dispute)
    assert held(stand) == 0


@pytest.mark.usefixtures("order_id")
def test_a_coupon_that_comes_back_after_a_full_refund_is_voided(
    stand: Stand, advance: Callable[[timedelta], None]
) -> None:
    company_id = under_way(stand)
    charge(stand)["amount_refunded"] = GROSS
    look_at(stand, "charge", charge(stand))
    refused(stand, company_id)
    advance(timedelta(hours=1, minutes=1))
    stand.run_jobs()
    assert stand.coupons() == {"VOIDED": 3}


class DisputedMeanwhile(MemoryGateway):
    """A Stripe that refuses a refund because the buyer's bank has just asked for the money."""

    def __init__(self, stand: Stand) -> None:
        super().__init__()
        self.stand = stand
        self.objects = stand.gateway.objects

    def create_refund(self, key: str, parameters: Json) -> Json:  # noqa: ARG002 - the port says what it is given
        """The dispute's letter is opened before the refusal arrives."""
        look_at(self.stand, "dispute", a_dispute(self.stand, "needs_response"))
        raise GatewayRefused("charge_disputed")


def test_a_refund_that_a_dispute_overtakes_leaves_the_coupons_held(stand: Stand, order_id: UUID) -> None:
    with stand.tx() as session:
        line = lines_of(session, order_id)[0]
    with stand.client.application.app_context(), pytest.raises(RefundRefused):
        request_refund(order_id, RefundWish(unused_of_line=line.id), FINANCE, DisputedMeanwhile(stand))
    assert held(stand) == 3
