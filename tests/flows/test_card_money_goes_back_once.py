"""Card money that became store credit goes back once: by the desk, in Stripe's dashboard, by the buyer's bank (D11)."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from shop import NothingToRefund, RefundWish, User, lock_order
from shop.payments.refund_decisions import ask_refund
from shop.payments.refund_plans import RefundShown
from tests.banking import FINANCE
from tests.flows.fallen_credit import (
    GROSS,
    Advance,
    charge_of,
    claims,
    gateway_of,
    left_to_refund,
    looked_at,
    open_kinds,
    order_id,
    refund_in_the_dashboard,
    spend,
    suspended_cents,
    two_orders,
)
from tests.flows.service_shop import Shop
from tests.refunding import contest_newest_charge, request_refund
from tests.signing import sign_in


def test_the_desk_offers_nothing_of_a_charge_that_became_store_credit(
    shop: Shop, fallen: dict[str, Any], people: list[User], client: FlaskClient
) -> None:
    assert left_to_refund(shop, fallen) == 0
    wanted = order_id(shop, fallen)
    with shop.client.application.app_context(), pytest.raises(NothingToRefund):
        request_refund(wanted, RefundWish(amount_cents=GROSS), FINANCE, gateway_of(shop))
    sign_in(client, people[0])
    asked = {"che": "importo", "come": "card", "importo": "36,54"}
    assert client.get(f"/desk/rimborsi/{fallen['number']}", query_string=asked).status_code == 422
    with shop.tx() as session, pytest.raises(NothingToRefund):
        ask_refund(
            session, lock_order(session, wanted), RefundWish(amount_cents=GROSS), RefundShown(GROSS, GROSS), FINANCE
        )
    assert charge_of(shop, fallen)["amount_refunded"] == 0


def test_a_refund_in_the_dashboard_takes_the_store_credit_back(shop: Shop, fallen: dict[str, Any]) -> None:
    refund_in_the_dashboard(shop, fallen, 1000)
    assert (shop.credit(), left_to_refund(shop, fallen)) == (GROSS - 1000, 0)
    refund = refund_in_the_dashboard(shop, fallen, GROSS - 1000)
    looked_at(shop, "refund", refund["id"])
    assert (shop.credit(), claims(shop), suspended_cents(shop, fallen)) == (0, [], 0)


def test_what_of_the_store_credit_is_spent_becomes_a_claim_with_a_task(shop: Shop, fallen: dict[str, Any]) -> None:
    spend(shop)
    left = shop.credit()
    assert 0 < left < GROSS
    refund_in_the_dashboard(shop, fallen, left + 100)
    assert (shop.credit(), claims(shop)) == (0, [("return_claim", 100)])
    refund_in_the_dashboard(shop, fallen, GROSS - left - 100)
    assert (shop.credit(), claims(shop)) == (0, [("return_claim", GROSS - left)])
    assert suspended_cents(shop, fallen) == 0


def test_a_refund_that_fails_gives_the_store_credit_again(shop: Shop, fallen: dict[str, Any]) -> None:
    refund = refund_in_the_dashboard(shop, fallen, GROSS)
    assert shop.credit() == 0
    charge_of(shop, fallen)["amount_refunded"] = 0
    refund["status"] = "failed"
    looked_at(shop, "refund", refund["id"])
    assert (shop.credit(), suspended_cents(shop, fallen)) == (GROSS, 0)


@pytest.mark.parametrize("spent", [False, True], ids=["unspent", "half spent"])
def test_a_contested_charge_takes_the_store_credit_and_a_won_dispute_gives_it_again(
    shop: Shop, fallen: dict[str, Any], *, spent: bool
) -> None:
    if spent:
        spend(shop)
    before = shop.credit()
    owed = [("return_claim", GROSS - before)] if spent else []
    # The charge that is contested is the one of the order that fell.
    charge = charge_of(shop, fallen)
    gateway_of(shop).objects[charge["id"]] = gateway_of(shop).objects.pop(charge["id"])
    steps = [
        ("warning_needs_response", before, []),
        ("needs_response", 0, owed),
        ("lost", 0, owed),
        ("won", before, []),
    ]
    for status, credit, claimed in steps:
        for _again in range(2):
            with shop.client.application.app_context():
                contest_newest_charge(gateway_of(shop), status)
            assert (shop.credit(), claims(shop)) == (credit, claimed), status
    assert suspended_cents(shop, fallen) == 0


def test_money_that_went_back_before_the_quote_fell_never_becomes_store_credit(shop: Shop, advance: Advance) -> None:
    first, order = two_orders(shop, advance)
    refund_in_the_dashboard(shop, order, GROSS)
    shop.pay(first)
    shop.jobs()
    assert (shop.state(order), shop.credit(), claims(shop)) == ("NEEDS_REQUOTE", 0, [])
    assert "late_money" not in open_kinds(shop)
    told = f"Serve un nuovo preventivo · {order['number']}"
    assert shop.subjects().count(told) == 1
    assert suspended_cents(shop, order) == 0
