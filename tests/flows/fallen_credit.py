"""Card money that became the store credit of a quote that fell: what stories of it do, and what they look at."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from entitlements import Account, balance
from foundation import clock
from pricing import add_months
from shop import MemoryGateway, Order, look_and_reconcile, refundable
from shop.payments.money_in import FinanceTask, Payment
from tests.addons import until
from tests.flows.service_shop import BASE, COLLECTIONS, DOCUMENTS, Shop

GROSS = 3654
Advance = Callable[[timedelta], None]


def gateway_of(shop: Shop) -> MemoryGateway:
    """The gateway of the shop."""
    assert isinstance(shop.outside.gateway, MemoryGateway)
    return shop.outside.gateway


def charge_of(shop: Shop, order: dict[str, Any]) -> dict[str, Any]:
    """The charge that paid an order, as Stripe has it."""
    page = gateway_of(shop).objects[order["checkout_url"].rsplit("/", 1)[-1]]
    return gateway_of(shop).objects[f"ch_{page['payment_intent'][3:]}"]


def looked_at(shop: Shop, kind: Any, object_id: str) -> None:  # noqa: ANN401 - one of the kinds of Stripe
    """Look at an object of Stripe as a letter would have us do."""
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
    """The kinds of the open tasks."""
    with shop.tx() as session:
        query = select(FinanceTask.kind).where(FinanceTask.resolved_at.is_(None)).order_by(FinanceTask.kind)
        return list(session.scalars(query))


def order_id(shop: Shop, order: dict[str, Any]) -> UUID:
    """The id of an order."""
    with shop.tx() as session:
        return session.scalars(select(Order.id).where(Order.number == order["number"])).one()


def left_to_refund(shop: Shop, order: dict[str, Any]) -> int:
    """What the page of ordinary refunds offers (cents)."""
    wanted = order_id(shop, order)
    with shop.tx() as session:
        return refundable(session, session.get_one(Order, wanted)).left_cents


def suspended_cents(shop: Shop, order: dict[str, Any]) -> int:
    """What still waits for a decision of the payment of an order's charge."""
    with shop.tx() as session:
        intent = charge_of(shop, order)["payment_intent"]
        payment_id = session.scalars(select(Payment.id).where(Payment.external_id == intent)).one()
        return balance(session, Account("suspense", owner=payment_id))


def a_fallen_order(shop: Shop, advance: Advance) -> dict[str, Any]:
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
