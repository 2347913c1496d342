"""Refunds (Stripe check 13; D10), in both forms."""

from uuid import UUID

import pytest
from sqlalchemy import select

from entitlements import activate_coupon, hold_coupons, stock_of
from foundation import clock
from foundation.ids import new_id
from shop import (
    GatewayUnavailable,
    MemoryGateway,
    NothingToRefund,
    Order,
    RefundExceedsWhatIsLeft,
    RefundWish,
    refundable,
    settle_pending,
)
from shop.orders.order_book import lines_of
from shop.payments.finance_tasks import close_tasks
from shop.payments.gateway import GatewayFailed
from shop.payments.stripe_facts import RefundRequest
from tests.refunding import request_refund
from tests.stories import company_data, owner_of
from tests.webhooks.money import FINANCE, GROSS, ask, charge, held, holdings, refund_at_stripe, returned
from tests.webhooks.stand import FORMS, Json, Stand, an_event

both_forms = pytest.mark.parametrize("form", FORMS)


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


class Unheard(MemoryGateway):
    """A Stripe that makes the refund, and whose answer is `heard` instead; it remembers no key of another."""

    def __init__(self, stand: Stand, heard: type[GatewayUnavailable]) -> None:
        super().__init__()
        self.objects, self.heard = stand.gateway.objects, heard

    def create_refund(self, key: str, parameters: Json) -> Json:
        super().create_refund(key, parameters)
        raise self.heard


def test_a_refund_whose_answer_is_lost_is_found_after_stripe_has_forgotten_its_key(
    stand: Stand, order_id: UUID
) -> None:
    lost, days_later = Unheard(stand, GatewayUnavailable), Unheard(stand, GatewayUnavailable)
    with stand.client.application.app_context():
        with pytest.raises(GatewayUnavailable):
            request_refund(order_id, RefundWish(amount_cents=100), FINANCE, lost)
        settle_pending(days_later)
    assert (charge(stand)["amount_refunded"], returned(stand, order_id), days_later.calls) == (100, 100, [])
    with stand.tx() as session:
        assert session.scalars(select(RefundRequest.state)).all() == ["DONE"]


def test_a_refund_nobody_knows_about_counts_as_given_until_it_is_known(stand: Stand, order_id: UUID) -> None:
    stand.tell(an_event("charge.succeeded", charge(stand)))
    with stand.tx() as session:
        line = lines_of(session, order_id)[0]
    stand.gateway.down = True
    with pytest.raises(GatewayUnavailable):
        ask(stand, order_id, RefundWish(unused_of_line=line.id))
    with stand.tx() as session:
        assert refundable(session, session.get_one(Order, order_id)).left_cents == 0
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


def test_a_refund_made_in_spite_of_a_failure_is_found_and_one_that_was_not_frees_the_coupons(
    stand: Stand, order_id: UUID
) -> None:
    with stand.client.application.app_context():
        request_refund(order_id, RefundWish(amount_cents=100), FINANCE, Unheard(stand, GatewayFailed))
    with stand.tx() as session:
        line = lines_of(session, order_id)[0]
        assert session.scalars(select(RefundRequest.state)).all() == ["DONE"]
        never = RefundRequest(
            id=new_id(),
            order_id=order_id,
            way="card",
            everything=False,
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
