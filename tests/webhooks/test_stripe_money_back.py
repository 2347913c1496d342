"""Refunds, disputes and late money (stripe.md, check 13; D10, D11), in both forms."""

from uuid import UUID

import pytest
from sqlalchemy import select

from entitlements import Account, activate_coupon, balance, hold_coupons, rights_of, stock_of
from entitlements.coupons.stock import Coupon
from entitlements.licences import Licence
from foundation import clock
from foundation.ids import new_id
from foundation.principal import Principal
from shop import (
    GatewayUnavailable,
    NothingToRefund,
    Order,
    RefundBlocked,
    RefundExceedsWhatIsLeft,
    RefundWish,
    lock_order,
    refundable,
    request_refund,
    settle_pending,
)
from shop.orders.order_book import lines_of
from shop.payments.finance_tasks import close_tasks
from shop.payments.reversals import follow_reversals
from shop.payments.stripe_facts import RefundRequest, StripeCharge
from tests.stories import an_order, company_data, owner_of
from tests.webhooks.stand import FORMS, Json, Stand, an_attempt_on, an_event

both_forms = pytest.mark.parametrize("form", FORMS)
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


def ask(stand: Stand, order_id: UUID, wish: RefundWish) -> RefundRequest:
    with stand.client.application.app_context():
        return request_refund(order_id, wish, FINANCE, stand.gateway)


def holdings(stand: Stand, *kinds: str) -> list[int]:
    with stand.tx() as session:
        return [balance(session, Account(kind)) for kind in kinds]


def returned(stand: Stand, order_id: UUID) -> int:
    with stand.tx() as session:
        query = select(StripeCharge.refunded_cents).where(StripeCharge.order_id == order_id)
        return sum(session.scalars(query))


@both_forms
def test_check_13_partial_then_full_replayed_and_reversed_gives_the_right_total(
    stand: Stand, order_id: UUID, form: str
) -> None:
    first = refund_at_stripe(stand, 2_200)
    partial = [an_event("refund.created", first), an_event("charge.refunded", charge(stand))]
    assert [stand.tell(event, form) for event in partial] == ["refund-succeeded", "charge-stored"]
    assert (returned(stand, order_id), stand.coupons()) == (2_200, {"AVAILABLE": 3})
    second = refund_at_stripe(stand, 10_000)
    full = [an_event("charge.refunded", charge(stand)), an_event("refund.created", second)]
    for event in [*full, *[event | {"id": f"{event['id']}again"} for event in [*full[::-1], *partial[::-1]]]]:
        stand.tell(event, form)
    assert returned(stand, order_id) == GROSS
    assert stand.coupons() == {"VOIDED": 3}
    # The money went out of what Stripe holds; what will never be earned stands against it.
    assert holdings(stand, "stripe_clearing", "refunds") == [0, -GROSS + 10_000]


@both_forms
@pytest.mark.usefixtures("order_id")
def test_check_13_a_new_success_after_a_full_refund_issues_nothing(stand: Stand, form: str) -> None:
    refund_at_stripe(stand, GROSS)
    stand.tell(an_event("charge.refunded", charge(stand)), form)
    page = next(one for one in stand.gateway.objects.values() if one["object"] == "checkout.session")
    assert stand.tell(an_event("checkout.session.async_payment_succeeded", page), form) == "paid-before"
    assert stand.coupons() == {"VOIDED": 3}
    assert len(stand.payments()) == 1


@both_forms
def test_check_13_a_refund_that_fails_reopens_the_task(stand: Stand, order_id: UUID, form: str) -> None:
    refund = refund_at_stripe(stand, 2_200, "pending")
    assert stand.tell(an_event("refund.created", refund), form) == "refund-pending"
    task = stand.open_tasks()["credit_note"]
    with stand.tx() as session:
        close_tasks(session, "credit_note", task.subject_id, "issued")
    refund["status"] = "failed"
    charge(stand)["amount_refunded"] = 0
    failed = an_event("refund.failed", refund)
    assert stand.tell(failed, form) == "refund-failed"
    assert stand.open_tasks()["refund_failed"].order_id == order_id
    assert (returned(stand, order_id), holdings(stand, "refunds")) == (0, [0])
    task = stand.open_tasks()["refund_failed"]
    with stand.tx() as session:
        close_tasks(session, "refund_failed", task.subject_id, "paid by transfer")
    stand.tell(failed | {"id": f"{failed['id']}again"}, form)
    assert "refund_failed" not in stand.open_tasks()


def test_check_13_more_than_what_is_left_is_refused_before_and_by_stripe(stand: Stand, order_id: UUID) -> None:
    with pytest.raises(RefundExceedsWhatIsLeft) as refusal:
        ask(stand, order_id, RefundWish(amount_cents=GROSS + 1))
    assert refusal.value.left_cents == GROSS
    ask(stand, order_id, RefundWish(amount_cents=GROSS - 1))
    with pytest.raises(RefundExceedsWhatIsLeft) as refusal:
        ask(stand, order_id, RefundWish(amount_cents=2))
    assert refusal.value.left_cents == 1
    ask(stand, order_id, RefundWish(amount_cents=1))
    with pytest.raises(NothingToRefund):
        ask(stand, order_id, RefundWish(amount_cents=1))
    assert (charge(stand)["amount_refunded"], returned(stand, order_id)) == (GROSS, GROSS)
    assert stand.coupons() == {"VOIDED": 3}


def test_a_refund_whose_answer_is_lost_is_asked_for_again_with_the_same_key(stand: Stand, order_id: UUID) -> None:
    ask(stand, order_id, RefundWish(amount_cents=100))
    with stand.tx() as session:
        request = session.scalars(select(RefundRequest)).one()
        request.state, request.refund_id = "ASKED", None
    with stand.client.application.app_context():
        settle_pending(stand.gateway)
    with stand.tx() as session:
        request = session.scalars(select(RefundRequest)).one()
    assert (request.state, returned(stand, order_id)) == ("DONE", 100)
    assert stand.gateway.calls.count(f"refund-{request.id}") == 2


def test_a_refund_nobody_knows_about_counts_as_given_until_it_is_known(stand: Stand, order_id: UUID) -> None:
    stand.tell(an_event("charge.succeeded", charge(stand)))
    with stand.tx() as session:
        line = lines_of(session, order_id)[0]
    stand.gateway.down = True
    with pytest.raises(GatewayUnavailable):
        ask(stand, order_id, RefundWish(unused_of_line=line.id))
    with stand.tx() as session:
        assert refundable(session, order_id).left_cents == 0
    assert (held(stand), stand.coupons()) == (3, {"AVAILABLE": 3})
    stand.gateway.down = False
    with stand.client.application.app_context():
        settle_pending(stand.gateway)
    assert (returned(stand, order_id), stand.coupons()) == (GROSS, {"VOIDED": 3})


def test_unused_coupons_are_given_back_at_their_frozen_share_and_voided(stand: Stand, order_id: UUID) -> None:
    with stand.tx() as session:
        line = lines_of(session, order_id)[0]
        coupon, _ = stock_of(session, stand.studio.id)[0]
        activate_coupon(session, coupon.id, company_data(), owner_of(stand.studio))
    stand.run_jobs()
    request = ask(stand, order_id, RefundWish(unused_of_line=line.id))
    # 100.00 over three coupons is 33.34, 33.33, 33.33; the VAT is shared the same way.
    assert request.amount_cents in {6_667 + 1_467, 6_666 + 1_467}
    assert stand.coupons() == {"ACTIVE": 1, "VOIDED": 2}
    with pytest.raises(NothingToRefund):
        ask(stand, order_id, RefundWish(unused_of_line=line.id))
    assert stand.gateway.calls.count(f"refund-{request.id}") == 1


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
        rights = rights_of(session, session.get_one(type(company), company.id), clock.now())
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


def held(stand: Stand) -> int:
    with stand.tx() as session:
        return len(session.scalars(select(Coupon).where(Coupon.held_by_case.is_not(None))).all())


def test_a_refund_made_in_spite_of_a_failure_is_found_and_one_that_was_not_frees_the_coupons(
    stand: Stand, order_id: UUID
) -> None:
    ask(stand, order_id, RefundWish(amount_cents=100))
    with stand.tx() as session:
        request = session.scalars(select(RefundRequest)).one()
        request.state, request.refund_id = "ASKED", None
        line = lines_of(session, order_id)[0]
    stand.gateway.failing = {f"refund-{request.id}"}
    with stand.client.application.app_context():
        settle_pending(stand.gateway)
    with stand.tx() as session:
        assert session.scalars(select(RefundRequest.state)).all() == ["DONE"]
        never = RefundRequest(
            id=new_id(),
            order_id=order_id,
            charge_id=charge(stand)["id"],
            amount_cents=50,
            requested_at=clock.now(),
            state="ASKED",
        )
        session.add(never)
        hold_coupons(session, "order_line", [line.id], never.id)
    stand.gateway.failing = {f"refund-{never.id}"}
    with stand.client.application.app_context():
        settle_pending(stand.gateway)
    assert (held(stand), stand.coupons(), returned(stand, order_id)) == (0, {"AVAILABLE": 3}, 100)
