"""Card money that became store credit goes back once: by the desk, in Stripe's dashboard, by the buyer's bank (D11)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from entitlements import Account, balance
from foundation import clock
from pricing import add_months
from shop import MemoryGateway, NothingToRefund, Order, RefundWish, User, lock_order, look_and_reconcile, refundable
from shop.payments.money_in import FinanceTask, Payment
from shop.payments.refund_decisions import ask_refund
from tests.addons import until
from tests.banking import FINANCE
from tests.flows.service_shop import BASE, COLLECTIONS, DOCUMENTS, Shop
from tests.refunding import contest_newest_charge, request_refund
from tests.signing import sign_in

GROSS = 3654
Advance = Callable[[timedelta], None]


def gateway_of(shop: Shop) -> MemoryGateway:
    assert isinstance(shop.outside.gateway, MemoryGateway)
    return shop.outside.gateway


def charge_of(shop: Shop, order: dict[str, Any]) -> dict[str, Any]:
    page = gateway_of(shop).objects[order["checkout_url"].rsplit("/", 1)[-1]]
    return gateway_of(shop).objects[f"ch_{page['payment_intent'][3:]}"]


def looked_at(shop: Shop, kind: Any, object_id: str) -> None:  # noqa: ANN401 - one of the kinds of Stripe
    with shop.client.application.app_context():
        look_and_reconcile(gateway_of(shop), kind, object_id)


def refund_in_the_dashboard(shop: Shop, order: dict[str, Any], cents: int) -> dict[str, Any]:
    """Somebody gives money of a charge back at Stripe; the letter of it comes."""
    charge = charge_of(shop, order)
    charge["amount_refunded"] += cents
    refund = {"id": f"re_{len(gateway_of(shop).objects)}", "object": "refund", "charge": charge["id"]}
    refund |= {"amount": cents, "status": "succeeded", "metadata": {}, "payment_intent": charge["payment_intent"]}
    gateway_of(shop).objects[refund["id"]] = refund
    looked_at(shop, "refund", refund["id"])
    return refund


def claims(shop: Shop) -> list[tuple[str, int]]:
    """What somebody owes back: kind and cents of the open tasks."""
    with shop.tx() as session:
        query = select(FinanceTask).where(FinanceTask.kind == "return_claim", FinanceTask.resolved_at.is_(None))
        return [(task.kind, task.facts["claim_cents"]) for task in session.scalars(query)]


def open_kinds(shop: Shop) -> list[str]:
    with shop.tx() as session:
        query = select(FinanceTask.kind).where(FinanceTask.resolved_at.is_(None)).order_by(FinanceTask.kind)
        return list(session.scalars(query))


def order_id(shop: Shop, order: dict[str, Any]) -> UUID:
    with shop.tx() as session:
        return session.scalars(select(Order.id).where(Order.number == order["number"])).one()


def left_to_refund(shop: Shop, order: dict[str, Any]) -> int:
    wanted = order_id(shop, order)
    with shop.tx() as session:
        return refundable(session, session.get_one(Order, wanted)).left_cents


def suspended_cents(shop: Shop, order: dict[str, Any]) -> int:
    """What still waits for a decision of the payment of an order's charge."""
    with shop.tx() as session:
        intent = charge_of(shop, order)["payment_intent"]
        payment_id = session.scalars(select(Payment.id).where(Payment.external_id == intent)).one()
        return balance(session, Account("suspense", owner=payment_id))


@pytest.fixture
def fallen(shop: Shop, advance: Advance) -> dict[str, Any]:
    """Of two orders that extend the same base the second was paid just before its quote fell: its money is credit."""
    first, second = two_orders(shop, advance)
    shop.pay(first)
    looked_at(shop, "checkout_session", second["checkout_url"].rsplit("/", 1)[-1])
    looked_at(shop, "charge", charge_of(shop, second)["id"])
    shop.jobs()
    assert (shop.state(first), shop.state(second), shop.credit()) == ("FULFILLED", "NEEDS_REQUOTE", GROSS)
    return second


def two_orders(shop: Shop, advance: Advance) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two orders that extend the same base; the page of the second was paid, and nobody has told the shop."""
    shop.buy(shop.line(BASE))
    advance(until(add_months(clock.today(), 6)))
    first, second = shop.order(shop.line(DOCUMENTS)), shop.order(shop.line(COLLECTIONS))
    gateway_of(shop).pay(second["checkout_url"].rsplit("/", 1)[-1])
    return first, second


def spend(shop: Shop) -> dict[str, Any]:
    """The credit pays the new quote: 18.30 of it."""
    order = shop.order(shop.line(COLLECTIONS), use_store_credit=True)
    assert shop.state(order) == "FULFILLED"
    return order


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
        ask_refund(session, lock_order(session, wanted), RefundWish(amount_cents=GROSS), GROSS, FINANCE)
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
