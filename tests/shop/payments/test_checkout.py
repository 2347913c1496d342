"""The way to the payment page (Stripe checks 7 and 12)."""

import json
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import jsonschema
import pytest
import stripe
import time_machine
from sqlalchemy import select

from entitlements import Party
from foundation import clock
from foundation.database import transaction
from pricing import Money
from shop import (
    GatewayRefused,
    GatewayUnavailable,
    HostedPage,
    NotPayable,
    change_payment_method,
    close_checkout,
    lock_order,
    settle_pending,
    start_checkout,
)
from shop.orders.order_book import Order, lines_of
from shop.payments.attempts import PaymentAttempt, StripeCustomer
from shop.payments.parameters import ParametersRefused, check_limits, line_item
from tests.stories import an_order, owner_of
from tests.webhooks.stand import NEEDS_SHARED, SHARED, Json, Stand, an_event

NO_TIME = timedelta()


@pytest.fixture
def order_id(stand: Stand) -> UUID:
    """Seven packs whose unit price does not divide well: 7 × 33.33 and the like."""
    with stand.tx() as session:
        return an_order(session, session.merge(stand.studio), "LITE-1", 7).id


def start(stand: Stand, order_id: UUID) -> HostedPage:
    with stand.client.application.app_context():
        return start_checkout(order_id, stand.gateway)


def janitor(stand: Stand) -> None:
    with stand.client.application.app_context():
        settle_pending(stand.gateway, NO_TIME)


def parameters(stand: Stand, order_id: UUID) -> Json:
    return stand.attempts(order_id)[-1].parameters


def test_the_page_is_asked_for_as_the_specification_says(stand: Stand, order_id: UUID) -> None:
    page = start(stand, order_id)
    order, sent = stand.order(order_id), parameters(stand, order_id)
    both = {"order_id": str(order_id), "shop_env": "test"}
    assert (sent["mode"], sent["ui_mode"], sent["locale"]) == ("payment", "hosted_page", "it")
    assert sent["client_reference_id"] == order.number
    assert sent["metadata"] == both
    assert sent["payment_intent_data"] == {"metadata": both}
    assert sent["allowed_payment_method_types"] == ["card"]
    assert sent["adaptive_pricing"] == {"enabled": False}
    assert sent["success_url"].endswith(f"/ordini/{order.number}/esito?sessione={{CHECKOUT_SESSION_ID}}")
    assert [item["quantity"] for item in sent["line_items"]] == [1]
    assert sent["line_items"][0]["price_data"]["product_data"]["name"] == "7 × Coupon LITE"
    assert sum(item["price_data"]["unit_amount"] for item in sent["line_items"]) == order.gross_cents
    assert stand.gateway.objects[page.session_id]["amount_total"] == order.gross_cents
    assert stand.gateway.calls[-1] == f"order-{order_id}-attempt-1"


@NEEDS_SHARED
def test_what_is_sent_fits_the_schema_of_the_endpoint(stand: Stand, order_id: UUID) -> None:
    start(stand, order_id)
    shared = json.loads((SHARED / "schemas" / "requests.json").read_text())
    schema = {"$defs": shared["$defs"], **shared["requests"]["POST /v1/checkout/sessions"]}
    refusals = jsonschema.Draft202012Validator(schema).iter_errors(parameters(stand, order_id))
    assert [refusal.message for refusal in refusals] == []


def test_the_customer_is_made_once_and_kept(stand: Stand, order_id: UUID) -> None:
    with stand.tx() as session:
        other = an_order(session, session.merge(stand.studio), "LITE-1", 1).id
    start(stand, order_id)
    start(stand, other)
    assert sum(key.startswith("customer-") for key in stand.gateway.calls) == 1
    with stand.tx() as session:
        kept = session.scalars(select(StripeCustomer)).one()
    assert kept.customer_id == parameters(stand, other)["customer"]


def test_check_07_every_price_from_one_cent_to_a_hundred_euro_is_exact(stand: Stand, order_id: UUID) -> None:
    with stand.tx() as session:
        line = lines_of(session, order_id)[0]
        session.expunge(line)
    wrong = []
    for cents in range(1, 10_001):
        price = Decimal(cents) / 100
        line.net_cents, line.vat_cents = Money.from_decimal(price).cents, 0
        sent = line_item(line, "EUR")["price_data"]["unit_amount"]
        if type(sent) is not int or Decimal(sent) / 100 != price:
            wrong.append(price)
    assert wrong == []
    price_of_library = stripe.Price.construct_from(
        {"object": "price", "unit_amount_decimal": "3333.5"}, "sk_test_unused"
    )
    assert price_of_library.unit_amount_decimal == Decimal("3333.5")


def test_check_12_a_double_click_gives_one_page(stand: Stand, order_id: UUID) -> None:
    assert start(stand, order_id) == start(stand, order_id)
    assert [attempt.number for attempt in stand.attempts(order_id)] == [1]
    assert stand.gateway.calls.count(f"order-{order_id}-attempt-1") == 1


def test_check_12_a_timeout_leaves_the_attempt_unknown_and_the_retry_reuses_it(stand: Stand, order_id: UUID) -> None:
    with stand.tx() as session:
        session.add(StripeCustomer(party_id=stand.studio.id, customer_id="cus_known"))
    stand.gateway.down = True
    with pytest.raises(GatewayUnavailable):
        start(stand, order_id)
    attempt = stand.attempts(order_id)[0]
    assert (attempt.state, attempt.session_id) == ("OPEN", None)
    stand.gateway.down = False
    page = start(stand, order_id)
    assert [(one.number, one.session_id) for one in stand.attempts(order_id)] == [(1, page.session_id)]
    assert stand.attempts(order_id)[0].parameters == attempt.parameters


def test_check_12_the_janitor_asks_again_what_nobody_knows_with_the_stored_parameters(
    stand: Stand, order_id: UUID
) -> None:
    page = start(stand, order_id)
    before = stand.attempts(order_id)[0].parameters
    with stand.tx() as session:
        attempt = session.scalars(select(PaymentAttempt)).one()
        attempt.session_id, attempt.url = None, None
    stand.gateway.pay(page.session_id)
    janitor(stand)
    attempts = stand.attempts(order_id)
    assert [(one.number, one.session_id, one.parameters) for one in attempts] == [(1, page.session_id, before)]
    assert stand.order(order_id).state == "FULFILLED"


def test_check_12_an_expired_page_makes_the_next_attempt(stand: Stand, order_id: UUID) -> None:
    first = start(stand, order_id)
    stand.gateway.expire_checkout_session(first.session_id)
    assert stand.tell(an_event("checkout.session.expired", stand.gateway.objects[first.session_id])) == "expired"
    second = start(stand, order_id)
    assert second.session_id != first.session_id
    assert [one.state for one in stand.attempts(order_id)] == ["EXPIRED", "OPEN"]
    assert stand.gateway.calls[-1] == f"order-{order_id}-attempt-2"


def test_a_page_whose_time_is_over_is_looked_at_before_another_is_made(stand: Stand, order_id: UUID) -> None:
    first = start(stand, order_id)
    with time_machine.travel(clock.real_now() + timedelta(hours=25), tick=False):
        stand.gateway.objects[first.session_id]["status"] = "expired"
        second = start(stand, order_id)
    assert [one.state for one in stand.attempts(order_id)] == ["EXPIRED", "OPEN"]
    assert second.session_id != first.session_id


def test_a_page_that_was_paid_unnoticed_is_not_offered_again(stand: Stand, order_id: UUID) -> None:
    first = start(stand, order_id)
    stand.gateway.pay(first.session_id)
    with time_machine.travel(clock.real_now() + timedelta(hours=25), tick=False), pytest.raises(NotPayable):
        start(stand, order_id)
    assert stand.order(order_id).state == "FULFILLED"


def test_a_refused_page_leaves_a_failed_attempt_and_the_next_try_is_another(stand: Stand, order_id: UUID) -> None:
    page = start(stand, order_id)
    with stand.tx() as session:
        attempt = session.scalars(select(PaymentAttempt)).one()
        attempt.session_id, attempt.url, attempt.parameters = None, None, attempt.parameters | {"locale": "en"}
    with pytest.raises(GatewayRefused):
        start(stand, order_id)
    assert stand.attempts(order_id)[0].state == "FAILED"
    assert start(stand, order_id).session_id != page.session_id


def test_money_that_is_on_its_way_is_waited_for(stand: Stand, order_id: UUID) -> None:
    page = stand.gateway.objects[start(stand, order_id).session_id]
    page |= {"status": "complete", "payment_status": "unpaid"}
    assert stand.tell(an_event("checkout.session.completed", page)) == "awaiting_funds"
    with pytest.raises(NotPayable) as refusal:
        start(stand, order_id)
    assert refusal.value.state == "AWAITING_FUNDS"


def test_an_order_that_does_not_wait_is_not_payable(stand: Stand, order_id: UUID) -> None:
    stand.gateway.pay(start(stand, order_id).session_id)
    janitor(stand)
    with pytest.raises(NotPayable) as refusal:
        start(stand, order_id)
    assert refusal.value.state == "FULFILLED"


def test_the_buyer_changes_to_a_transfer_and_the_page_is_closed(stand: Stand, order_id: UUID) -> None:
    page = start(stand, order_id)
    by = owner_of(stand.studio)
    with stand.tx() as session:
        assert change_payment_method(session, lock_order(session, order_id), "bank_transfer", by)
        assert not change_payment_method(session, lock_order(session, order_id), "bank_transfer", by)
    stand.run_jobs()
    assert stand.gateway.objects[page.session_id]["status"] == "expired"
    assert stand.attempts(order_id)[0].state == "EXPIRED"
    with pytest.raises(NotPayable):
        start(stand, order_id)
    with stand.tx() as session:
        assert change_payment_method(session, lock_order(session, order_id), "stripe", by)
    assert start(stand, order_id).session_id != page.session_id


def test_a_page_paid_in_the_moment_it_is_closed_counts(stand: Stand, order_id: UUID) -> None:
    page = start(stand, order_id)
    stand.gateway.pay(page.session_id)
    with stand.client.application.app_context():
        close_checkout(order_id, stand.gateway)
    assert stand.order(order_id).state == "FULFILLED"


def test_the_janitor_closes_the_page_of_an_order_nobody_may_pay_any_more(stand: Stand, order_id: UUID) -> None:
    page = start(stand, order_id)
    with stand.tx() as session:
        session.get_one(Order, order_id).state = "CANCELLED"
    janitor(stand)
    assert stand.gateway.objects[page.session_id]["status"] == "expired"


def test_a_page_stripe_does_not_know_ends_its_attempt(stand: Stand, order_id: UUID) -> None:
    page = start(stand, order_id)
    del stand.gateway.objects[page.session_id]
    janitor(stand)
    assert stand.attempts(order_id)[0].state == "FAILED"


def test_no_call_is_made_with_a_transaction_open(stand: Stand, order_id: UUID) -> None:
    with stand.client.application.app_context(), transaction(), pytest.raises(Exception) as refusal:  # noqa: PT011
        start_checkout(order_id, stand.gateway)
    assert type(refusal.value).__name__ == "NestedTransaction"


@pytest.mark.parametrize(
    "wrong",
    [
        {"metadata": {str(number): "x" for number in range(51)}},
        {"metadata": {"k" * 41: "x"}},
        {"metadata": {"k": "x" * 501}},
        {"client_reference_id": "x" * 201},
    ],
)
def test_what_stripe_would_refuse_is_not_sent(wrong: Json) -> None:
    fits: Json = {"metadata": {"k" * 40: "x" * 500}, "client_reference_id": "x" * 200}
    check_limits(fits)
    with pytest.raises(ParametersRefused):
        check_limits(fits | wrong)


def test_a_studio_is_one_customer_whoever_orders(stand: Stand) -> None:
    with stand.tx() as session:
        studio = session.get_one(Party, stand.studio.id)
        first, second = (an_order(session, studio, "LITE-1", number).id for number in (1, 2))
    start(stand, first)
    start(stand, second)
    assert parameters(stand, first)["customer"] == parameters(stand, second)["customer"]


def test_a_failure_the_gateway_keeps_under_its_key_does_not_stand_in_the_way_for_a_day(
    stand: Stand, order_id: UUID
) -> None:
    stand.gateway.failing = {f"order-{order_id}-attempt-1"}
    with pytest.raises(GatewayRefused):
        start(stand, order_id)
    assert stand.attempts(order_id)[0].state == "FAILED"
    page = start(stand, order_id)
    assert [(one.number, one.session_id) for one in stand.attempts(order_id)] == [(1, None), (2, page.session_id)]


def test_a_page_made_in_spite_of_a_failure_is_found_and_used(stand: Stand, order_id: UUID) -> None:
    page = start(stand, order_id)
    with stand.tx() as session:
        attempt = session.scalars(select(PaymentAttempt)).one()
        attempt.session_id, attempt.url = None, None
    stand.gateway.failing = {f"order-{order_id}-attempt-1"}
    assert start(stand, order_id).session_id == page.session_id
    assert len(stand.attempts(order_id)) == 1
