"""Refunds of orders paid in each way: what finance reaches and looks at, and what the buyer used up meanwhile."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from entitlements import (
    Company,
    Party,
    activate_coupon,
    coupons_by_state,
    stock_of,
)
from entitlements.wallets import Consumed, WalletBucket, consume
from shop import MemoryGateway, Order, look_and_reconcile, start_checkout
from shop.orders.order_book import lines_of
from shop.payments.stripe_facts import RefundRequest
from tests.banking import Bank
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import an_order, company_data, owner_of


class Till:
    """Orders paid in each way."""

    def __init__(self, app: Flask, outside: Outside, tx: Transact, bank: Bank) -> None:
        assert isinstance(outside.gateway, MemoryGateway)
        self.app, self.gateway, self.tx, self.bank = app, outside.gateway, tx, bank

    def by_card(self, sku: str, quantity: int = 1) -> Order:
        """An order paid on the hosted page, fulfilled."""
        with self.tx() as session:
            order = an_order(session, a_studio(session), sku, quantity)
        with self.app.app_context():
            page = start_checkout(order.id, self.gateway)
            self.gateway.pay(page.session_id)
            look_and_reconcile(self.gateway, "checkout_session", page.session_id)
        return order

    def by_transfer(self, sku: str, quantity: int = 1) -> Order:
        """An order paid by transfer, fulfilled."""
        with self.tx() as session:
            order = an_order(session, a_studio(session), sku, quantity, method="bank_transfer")
        self.bank.transfer(order.gross_cents, order.rf_reference)
        return order

    def states(self, order: Order) -> dict[str, int]:
        """The order's coupons by state."""
        with self.tx() as session:
            lines = [line.id for line in lines_of(session, order.id)]
            return coupons_by_state(session, "order_line", lines)[lines[0]]


def refund_page(desk: FlaskClient, order: Order) -> Page:
    """The page from which finance refunds an order, reached from the order."""
    return visit(desk, f"/ordini/{order.number}").follow("Rimborsa")


def shown(page: Page, what: str, **more: str) -> Page:
    """What the choice does, before it is done."""
    choice = next(str(one["value"]) for one in page.soup.select("[name=che]") if str(one["value"]).startswith(what))
    return page.press("Mostra che cosa succede", {"che": choice} | more)


def activate_one(tx: Transact, order: Order) -> None:
    """One of the order's coupons becomes a company."""
    with tx() as session:
        studio = session.get_one(Party, order.buyer_party_id)
        coupon = next(one for one, _ in stock_of(session, studio.id, state="AVAILABLE"))
        activate_coupon(session, coupon.id, company_data(), owner_of(studio))


def bucket_of(tx: Transact, order: Order) -> WalletBucket:
    """What the order put into a wallet."""
    with tx() as session:
        return session.scalars(select(WalletBucket).where(WalletBucket.holder_party_id == order.buyer_party_id)).one()


def use_up(tx: Transact, order: Order, quantity: int) -> None:
    """So many invoices of the order's pack are used by the only company there is."""
    with tx() as session:
        company = session.scalars(select(Company.id)).one()
        assert isinstance(consume(session, company, [order.buyer_party_id], "documents", quantity, "1"), Consumed)


def requests(tx: Transact) -> list[RefundRequest]:
    """What was asked for, oldest first."""
    with tx() as session:
        return list(session.scalars(select(RefundRequest).order_by(RefundRequest.id)))
