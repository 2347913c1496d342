"""Card money that came too late: the order, the page from which it goes back, and what Stripe has."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from foundation.database import JsonObject
from shop import MemoryGateway, Order, lock_order, start_checkout
from shop.catalogue.checks import check_catalogue
from shop.catalogue.imports import import_catalogue
from shop.orders.requoting import ask_for_new_quote
from shop.payments.stripe_facts import RefundRequest
from shop.transfers import store_credit_of
from tests.banking import Run
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.factories import a_studio
from tests.flows.test_buy_by_card import letter_arrives
from tests.flows.transfer_desk import Advance
from tests.stories import DEMO_CATALOGUE, an_order, stock_the_shop


@dataclass
class LateTill:
    """Orders whose card money came when they were closed and cost something else."""

    app: Flask
    client: FlaskClient
    gateway: MemoryGateway
    tx: Transact
    run_jobs: Run
    advance: Advance

    def expired(self, sku: str = "LITE-10") -> Order:
        """An order that had expired: its money waits on it, and finance is asked."""
        order, page = self._on_its_page(sku)
        self.advance(timedelta(days=31))
        self.run_jobs()
        self._paid_too_late(page)
        assert self.state(order) == "EXPIRED"
        return order

    def requoted(self, sku: str = "LITE-10") -> Order:
        """An order that asks for a new quote: its money became its buyer's store credit."""
        order, page = self._on_its_page(sku)
        with self.tx() as session:
            ask_for_new_quote(session, lock_order(session, order.id))
        self._paid_too_late(page)
        assert (self.state(order), self.credit(order)) == ("NEEDS_REQUOTE", order.gross_cents)
        return order

    def _on_its_page(self, sku: str) -> tuple[Order, str]:
        with self.tx() as session:
            stock_the_shop(session)
            order = an_order(session, a_studio(session), sku)
        with self.app.app_context():
            return order, start_checkout(order.id, self.gateway).session_id

    def _paid_too_late(self, page: str) -> None:
        """The rate of VAT is another by now; then the page is paid, and Stripe says so, signed."""
        dearer = check_catalogue(DEMO_CATALOGUE.read_text().replace("basis_points = 2200", "basis_points = 2300"))
        assert dearer.catalogue is not None
        with self.tx() as session:
            import_catalogue(session, dearer.catalogue)
        self.gateway.pay(page)
        letter_arrives(self.client, "checkout.session.completed", self.gateway.objects[page])
        self.run_jobs()

    def state(self, order: Order) -> str:
        """Where the order stands."""
        with self.tx() as session:
            return session.get_one(Order, order.id).state

    def credit(self, order: Order) -> int:
        """What the buyer may spend."""
        with self.tx() as session:
            return store_credit_of(session, order.buyer_party_id)

    def charge(self) -> JsonObject:
        """The newest charge, as Stripe has it."""
        return [one for one in self.gateway.objects.values() if one["object"] == "charge"][-1]

    def refunds(self) -> list[int]:
        """What Stripe sent back, oldest first (cents)."""
        return [int(one["amount"]) for one in self.gateway.objects.values() if one["object"] == "refund"]

    def requests(self) -> list[tuple[str, int]]:
        """What finance asked for, oldest first: where it stands, how much."""
        with self.tx() as session:
            found = session.scalars(select(RefundRequest).order_by(RefundRequest.id))
            return [(one.state, one.amount_cents) for one in found]


def a_late_till(app: Flask, outside: Outside, tx: Transact, run_jobs: Run, advance: Advance) -> LateTill:
    """The till; letters come by a browser of their own, in which nobody is signed in."""
    assert isinstance(outside.gateway, MemoryGateway)
    return LateTill(app, app.test_client(), outside.gateway, tx, run_jobs, advance)


def late_page(desk: FlaskClient, number: str) -> Page:
    """The page from which finance gives card money back, reached from the order."""
    return visit(desk, f"/ordini/{number}").follow("Restituisci alla carta")


def give_back(page: Page, said: str, amount: str = "") -> Page:
    """Look at what it does, and press the button that says how much (`said`)."""
    return shown(page, amount).press(f"Restituisci {said} alla carta")


def shown(page: Page, amount: str = "") -> Page:
    """What giving back does, before it is done."""
    return page.press("Mostra che cosa succede", {"importo": amount})
