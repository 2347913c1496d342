"""Disputes, fees and late money (D10, D11), in both forms."""

from uuid import UUID

import pytest
from sqlalchemy import select

from entitlements import activate_coupon, rights_of, stock_of
from entitlements.licences import Licence
from foundation import clock
from shop import Order, RefundBlocked, RefundWish, lock_order, settle_pending
from shop.payments.reversals import follow_reversals
from shop.payments.stripe_facts import StripeCharge
from tests.stories import an_order, company_data, owner_of
from tests.webhooks.money import GROSS, ask, charge, dispute_at_stripe, held, holdings, movement
from tests.webhooks.stand import FORMS, Stand, an_attempt_on, an_event

both_forms = pytest.mark.parametrize("form", FORMS)


@both_forms
def test_a_dispute_freezes_what_is_unused_blocks_refunds_and_a_won_one_frees_it(
    stand: Stand, order_id: UUID, form: str
) -> None:
    dispute = dispute_at_stripe(stand, "needs_response")
    assert stand.tell(an_event("charge.dispute.created", dispute), form) == "dispute-needs_response"
    task = stand.open_tasks()["dispute"]
    assert task.due_at is not None
    with pytest.raises(RefundBlocked):
        ask(stand, order_id, RefundWish(amount_cents=1))
    assert held(stand) == 3
    dispute["balance_transactions"] = [movement(1, -GROSS, 2_000)]
    stand.tell(an_event("charge.dispute.funds_withdrawn", dispute), form)
    assert holdings(stand, "disputes", "fees", "stripe_clearing") == [-GROSS, -2_000, 2_000]
    dispute["status"] = "won"
    dispute["balance_transactions"].append(movement(2, GROSS, -2_000))
    for event_type in ("charge.dispute.closed", "charge.dispute.funds_reinstated", "charge.dispute.created"):
        assert stand.tell(an_event(event_type, dispute), form) == "dispute-won"
    assert (held(stand), stand.coupons()) == (0, {"AVAILABLE": 3})
    assert holdings(stand, "disputes", "fees") == [0, 0]
    assert "dispute" not in stand.open_tasks()


@both_forms
def test_a_lost_dispute_voids_what_is_unused_and_suspends_what_was_activated(
    stand: Stand, order_id: UUID, form: str
) -> None:
    with stand.tx() as session:
        coupon, _ = stock_of(session, stand.studio.id)[0]
        company = activate_coupon(session, coupon.id, company_data(), owner_of(stand.studio))
    stand.run_jobs()
    dispute = dispute_at_stripe(stand, "lost", [movement(1, -GROSS, 750)])
    for event_type in ("charge.dispute.created", "charge.dispute.closed"):
        assert stand.tell(an_event(event_type, dispute), form) == "dispute-lost"
    assert stand.coupons() == {"ACTIVE": 1, "VOIDED": 2}
    with stand.tx() as session:
        licence = session.scalars(select(Licence)).one()
        rights = rights_of(session, company.id, clock.now())
    assert licence.suspended_at is not None
    assert len(rights.licences) == 1
    assert stand.open_tasks()["dispute_lost"].order_id == order_id


def test_an_activation_under_way_when_the_dispute_is_lost_is_suspended_when_it_arrives(
    stand: Stand, order_id: UUID
) -> None:
    with stand.tx() as session:
        coupon, _ = stock_of(session, stand.studio.id)[0]
        activate_coupon(session, coupon.id, company_data(), owner_of(stand.studio))
    dispute = dispute_at_stripe(stand, "lost")
    assert stand.send(an_event("charge.dispute.created", dispute)) == 204
    with stand.tx() as session:
        follow_reversals(session, lock_order(session, order_id))
    stand.run_jobs()
    with stand.tx() as session:
        follow_reversals(session, lock_order(session, order_id))
        assert session.scalars(select(Licence)).one().suspended_at is not None


@both_forms
def test_an_inquiry_freezes_and_moves_no_money(stand: Stand, order_id: UUID, form: str) -> None:
    dispute = dispute_at_stripe(stand, "warning_needs_response")
    stand.tell(an_event("charge.dispute.created", dispute), form)
    assert (held(stand), holdings(stand, "disputes")) == (3, [0])
    dispute["status"] = "warning_closed"
    stand.tell(an_event("charge.dispute.closed", dispute), form)
    assert (held(stand), stand.order(order_id).state) == (0, "FULFILLED")


@both_forms
@pytest.mark.usefixtures("order_id")
def test_the_fee_is_booked_when_it_is_known_and_once(stand: Stand, form: str) -> None:
    known = an_event("charge.succeeded", charge(stand))
    assert stand.tell(known, form) == "charge-stored"
    assert holdings(stand, "fees") == [0]
    charge(stand)["balance_transaction"] = movement(9, GROSS, 208)
    with stand.client.application.app_context():
        settle_pending(stand.gateway)
    stand.tell(an_event("charge.updated", charge(stand)), form)
    assert holdings(stand, "fees", "stripe_clearing") == [-208, -GROSS + 208]
    with stand.tx() as session:
        stored = session.scalars(select(StripeCharge)).one()
    assert (stored.fee_cents, stored.net_cents) == (208, GROSS - 208)


@both_forms
def test_money_for_a_cancelled_order_revives_it_where_it_is_still_sold_at_that_price(stand: Stand, form: str) -> None:
    with stand.tx() as session:
        order = an_order(session, session.merge(stand.studio), "LITE-1", 2)
    page = stand.gateway.pay(stand.start(order.id))
    with stand.tx() as session:
        session.get_one(Order, order.id).state = "CANCELLED"
    assert stand.tell(an_event("checkout.session.completed", page), form) == "paid"
    assert (stand.order(order.id).state, stand.coupons()) == ("FULFILLED", {"AVAILABLE": 2})


@both_forms
def test_money_for_an_expired_order_that_is_not_sold_so_any_more_waits_for_a_person(stand: Stand, form: str) -> None:
    order_id = stand.shared_order("ORD-2026-000814", GROSS)
    page = stand.gateway.pay(stand.start(order_id))
    with stand.tx() as session:
        session.get_one(Order, order_id).state = "EXPIRED"
    assert stand.tell(an_event("checkout.session.completed", page), form) == "paid"
    assert (stand.order(order_id).state, stand.coupons()) == ("EXPIRED", {})
    assert stand.open_tasks()["late_money"].order_id == order_id
    assert [payment.amount_cents for payment in stand.payments()] == [GROSS]


@both_forms
def test_two_paid_attempts_fulfil_once_and_ask_for_a_refund(stand: Stand, order_id: UUID, form: str) -> None:
    with stand.tx() as session:
        order = session.get_one(Order, order_id)
        an_attempt_on(session, order, "cs_test_second", 2)
    first = next(one for one in stand.gateway.objects.values() if one["object"] == "checkout.session")
    second = dict(first) | {"id": "cs_test_second", "payment_intent": "pi_second"}
    stand.gateway.objects["cs_test_second"] = second
    assert stand.tell(an_event("checkout.session.completed", second), form) == "paid"
    assert (stand.order(order_id).state, stand.coupons()) == ("FULFILLED", {"AVAILABLE": 3})
    assert stand.open_tasks()["overpaid"].facts["paid_cents"] == 2 * GROSS
