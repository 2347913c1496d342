"""Whoever pays for services that renew by themselves, at their browser: what the stories of that share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from foundation.database import JsonObject
from foundation.mail import MemoryMailer
from shop import MemoryGateway, Order
from shop.renewals.attempts import RenewalAttempt
from tests.addons import until
from tests.browsing import visit
from tests.flows.service_shop import Shop
from tests.flows.test_buy_by_card import letter_arrives
from tests.stories import payments_of

TICKS = {"mandate": "1", "terms": "1", "tacit_renewal": "1", "liability_limits": "1"}
GROSS = 7893
"""29.90 + 15.00 + 2 × 9.90, and 22 % of it."""


@dataclass
class Payer:
    """The studio that pays, at its browser, with the services it bought for its client until `ends_on`."""

    shop: Shop
    browser: FlaskClient
    ends_on: date
    advance: Callable[[timedelta], None]

    @property
    def gateway(self) -> MemoryGateway:
        gateway = self.shop.outside.gateway
        assert isinstance(gateway, MemoryGateway)
        return gateway

    @property
    def address(self) -> str:
        return f"/aziende/{self.shop.company_id}/rinnovo-automatico"

    def services(self) -> str:
        return visit(self.browser, f"/aziende/{self.shop.company_id}/servizi").text.replace("\u00a0", " ")

    def agree(self) -> str:
        """Everything ticked and the one button pressed; answers where that leads."""
        return visit(self.browser, self.address).press("Attiva", TICKS).response.headers["Location"]

    def type_card(self, page_id: str, refusing: str | None = None) -> None:
        """The card is typed on the secure page, and its two letters come, one of them twice."""
        self.gateway.save_card(page_id, refusing=refusing)
        page = self.gateway.objects[page_id]
        for event, body in (
            ("setup_intent.succeeded", self.gateway.objects[page["setup_intent"]]),
            ("checkout.session.completed", page),
            ("checkout.session.completed", page),
        ):
            letter_arrives(self.shop.client, event, body)
        self.shop.jobs()

    def turn_on(self, refusing: str | None = None) -> None:
        secure_page = self.agree()
        assert "/checkout/cs_test_" in secure_page
        self.type_card(secure_page.rsplit("/", 1)[-1], refusing)

    def go_to(self, days_before: int) -> None:
        """Business time goes on to noon, so many days before the end, and whatever is due is done."""
        self.advance(until(self.ends_on - timedelta(days=days_before)))
        self.shop.jobs()

    def tell_of_the_charge(self) -> None:
        """Stripe's letters about the intent and its charge arrive, twice."""
        for body in [one for one in self.gateway.objects.values() if str(one["id"]).startswith(("pi_s", "ch_s"))] * 2:
            letter_arrives(self.shop.client, f"{body['object']}.succeeded", body)
        self.shop.jobs()

    def attempts(self) -> list[RenewalAttempt]:
        with self.shop.tx() as session:
            return list(session.scalars(select(RenewalAttempt).order_by(RenewalAttempt.id)))

    def order(self) -> Order:
        """The order the attempt placed."""
        (attempt,) = self.attempts()
        assert attempt.order_id is not None
        with self.shop.tx() as session:
            return session.get_one(Order, attempt.order_id)

    def intents(self) -> list[JsonObject]:
        saved = [one for one in self.gateway.objects.values() if one["object"] == "payment_intent"]
        return [one for one in saved if str(one["id"]).startswith("pi_saved")]

    def payments(self) -> int:
        """How often the money of the automatic order was recorded."""
        order = self.order()
        with self.shop.tx() as session:
            return len(payments_of(session, order.id))

    def mail(self, subject: str) -> str:
        """The text of the newest mail whose subject begins so."""
        mailer = self.shop.outside.mailer
        assert isinstance(mailer, MemoryMailer)
        found = [one for one in mailer.messages if str(one["Subject"]).startswith(subject)]
        assert found, self.shop.subjects()
        body = found[-1].get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\u00a0", " ")

    def mails(self, subject: str) -> int:
        return sum(one.startswith(subject) for one in self.shop.subjects())
