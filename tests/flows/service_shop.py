"""A studio at the API of the shop, with a company whose services it buys: what the stories of services share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from entitlements import RunningService, rights_of, running_services
from foundation import clock
from foundation.ids import new_id
from foundation.mail import MemoryMailer
from pricing import add_months
from shop import MemoryGateway, Order, lock_order, record_payment
from shop.payments.record import MoneyFact
from shop.transfers import store_credit_of
from tests.api.caller import CLAUSES, Caller
from tests.conftest import Transact
from tests.flows.test_buy_by_card import letter_arrives

BASE, RECEIVE = "EINVOICING-FULL", "EINVOICING-RECEIVE-ONLY"
SEAT, STORAGE = "EINVOICING-SEAT", "EINVOICING-STORAGE"
COLLECTIONS, DOCUMENTS = "MODULE-COLLECTIONS", "MODULE-DOCUMENTS"
WOO, ORDERS = "MODULE-WOOCOMMERCE", "MODULE-ORDERS"


@dataclass
class Shop:
    """A studio at the API of the shop, a company it pays for, and what happens outside."""

    api: Caller
    client: FlaskClient
    outside: Outside
    tx: Transact
    jobs: Callable[[], int]
    studio_id: UUID
    company_id: UUID

    def line(self, sku: str, quantity: int = 1, renews: RunningService | None = None) -> dict[str, Any]:
        renewed = {"renews": str(renews.licence_id)} if renews else {}
        return {"sku": sku, "quantity": quantity, "for_company": str(self.company_id), **renewed}

    def quote(self, *lines: dict[str, Any], **more: object) -> dict[str, Any]:
        answer = self.api.post("/quotes", {"lines": list(lines), **more})
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.get_json()
        return document

    def order(self, *lines: dict[str, Any], method: str = "stripe", **more: object) -> dict[str, Any]:
        body = {"lines": list(lines), "payment_method": method, "accepted_clauses": CLAUSES, **more}
        answer = self.api.post("/orders", body)
        assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.get_json()
        return document

    def refused(self, *lines: dict[str, Any], **more: object) -> set[str]:
        """The codes for which these lines cannot be ordered, the same in the quote and in the order."""
        body = {"lines": list(lines), "payment_method": "stripe", "accepted_clauses": CLAUSES, **more}
        answer = self.api.post("/orders", body)
        assert answer.status_code == 409, answer.text
        told = {refusal["code"] for refusal in answer.get_json()["refusals"]}
        quoted = self.quote(*lines, **more)
        assert not quoted["orderable"]
        assert {refusal["code"] for line in quoted["lines"] for refusal in line["refusals"]} == told
        return told

    def pay(self, order: dict[str, Any]) -> None:
        """Stripe says, signed, that the page of this order was paid."""
        gateway = self.outside.gateway
        assert isinstance(gateway, MemoryGateway)
        session_id = order["checkout_url"].rsplit("/", 1)[-1]
        gateway.pay(session_id)
        letter_arrives(self.client, "checkout.session.completed", gateway.objects[session_id])
        self.jobs()

    def transfer_arrives(self, number: str, cents: int) -> None:
        """The whole amount is recorded from a transfer; its window opens."""
        with self.tx() as session:
            order_id = session.scalars(select(Order.id).where(Order.number == number)).one()
            money = MoneyFact("manual", str(new_id()), "bank_transfer", cents, clock.now())
            record_payment(session, lock_order(session, order_id), money)

    def buy(self, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of an order
        """Ordered and paid by card."""
        order = self.order(*lines, **more)
        self.pay(order)
        assert self.state(order) == "FULFILLED"
        return order

    def state(self, order: dict[str, Any]) -> str:
        return str(self.api.get(f"/orders/{order['number']}").get_json()["state"])

    def running(self) -> dict[str, RunningService]:
        """What runs today, by product."""
        with self.tx() as session:
            found = running_services(session, self.company_id, clock.today())
        services = found.others if found.base is None else (found.base, *found.others)
        return {one.sku: one for one in services}

    def ends(self) -> dict[str, date]:
        return {sku: one.ends_on for sku, one in self.running().items()}

    def credit(self) -> int:
        with self.tx() as session:
            return store_credit_of(session, self.studio_id)

    def subjects(self) -> list[str]:
        mailer = self.outside.mailer
        assert isinstance(mailer, MemoryMailer)
        return [str(message["Subject"]) for message in mailer.messages]


def months_on(count: int) -> date:
    return add_months(clock.today(), count)


def states(shop: Shop) -> dict[str, str]:
    """How each service stands today."""
    with shop.tx() as session:
        rights = rights_of(session, shop.company_id)
    return {one.licence.sku: one.state for one in rights.services}
