"""A stand for letters from Stripe: signs them as Stripe does, in both forms, and shows objects as of an event."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import stripe
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import Outside
from entitlements import Party, count_by_state
from foundation import clock
from foundation.ids import new_id
from foundation.settings import SANDBOX_WEBHOOK_SECRET
from shop import MemoryGateway, Order, start_checkout
from shop.catalogue import current_price_book
from shop.orders.numbers import rf_reference
from shop.orders.order_book import OrderLine
from shop.payments.attempts import PaymentAttempt, attempts_of
from shop.payments.money_in import FinanceTask, Payment
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import billing_of, stock_the_shop
from webhooks.inbox import Letter

Json = dict[str, Any]
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "stripe"
NEEDS_SHARED = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared Stripe data are not beside the project")
SNAPSHOT, THIN = "event", "v2.core.event"
FORMS = (SNAPSHOT, THIN)
UNITS = 3


@cache
def story() -> dict[str, Json]:
    """The shared events by the number their file name begins with."""
    return {path.name[:2]: json.loads(path.read_text()) for path in sorted((SHARED / "events").glob("*.json"))}


@cache
def twins() -> dict[str, Json]:
    """The shared thin events by the snapshot they stand for."""
    found = [json.loads(path.read_text()) for path in sorted((SHARED / "events_thin").glob("*.json"))]
    return {event["snapshot_event"]: event for event in found}


def an_event(event_type: str, body: Json, **changes: object) -> Json:
    """A snapshot event about an object."""
    event: Json = {
        "id": f"evt_{new_id().hex}",
        "object": SNAPSHOT,
        "type": event_type,
        "created": int(clock.real_now().timestamp()),
        "livemode": False,
        "data": {"object": body},
    }
    return event | changes


def thin(event: Json) -> Json:
    """The thin twin of a snapshot event, from the shared data where it is one of them."""
    if SHARED.is_dir() and event["id"] in twins():
        return twins()[event["id"]]
    subject = event["data"]["object"]
    return {
        "id": f"evt_test_{event['id'][4:]}",
        "object": THIN,
        "type": f"v1.{event['type']}",
        "created": "2026-11-26T09:00:30.000Z",
        "livemode": event["livemode"],
        "context": None,
        "related_object": {"id": subject["id"], "type": subject["object"], "url": "/v1/unused"},
        "snapshot_event": event["id"],
    }


def signature(raw: bytes, secret: str = SANDBOX_WEBHOOK_SECRET, at: int | None = None) -> str:
    """The header Stripe sends with these bytes."""
    sent_at = int(clock.real_now().timestamp()) if at is None else at
    header: str = stripe.WebhookSignature.generate_signature_header(raw.decode(), secret, sent_at)
    return header


def post(client: FlaskClient, raw: bytes, header: str | None, path: str = "/webhooks/stripe") -> int:
    """Deliver bytes as they are; answers the status."""
    headers = {} if header is None else {"Stripe-Signature": header}
    return client.post(path, data=raw, headers=headers, content_type="application/json").status_code


@dataclass
class Stand:
    """The shop under test with a Stripe that shows what the test says."""

    client: FlaskClient
    gateway: MemoryGateway
    tx: Transact
    run_jobs: Callable[[], int]
    studio: Party

    def send(self, event: Json, form: str = SNAPSHOT) -> int:
        """Deliver an event in one of its forms; answers the status."""
        raw = json.dumps(event if form == SNAPSHOT else thin(event)).encode()
        return post(self.client, raw, signature(raw))

    def tell(self, event: Json, form: str = SNAPSHOT) -> str:
        """Deliver an event and do the jobs it caused; answers the letter's verdict."""
        assert self.send(event, form) == 204
        self.run_jobs()
        return self.verdict(event if form == SNAPSHOT else thin(event))

    def verdict(self, event: Json) -> str:
        with self.tx() as session:
            letter = session.scalars(select(Letter).where(Letter.external_id == event["id"])).one()
            assert letter.handled_at is not None, "the letter is not handled"
            return str(letter.verdict)

    def show(self, *numbers: str) -> None:
        """Let Stripe show the objects as of these shared events."""
        for number in numbers:
            body = json.loads(json.dumps(story()[number]["data"]["object"]))
            self.gateway.objects[body["id"]] = body

    def shared_order(self, number: str, gross_cents: int) -> UUID:
        """An order with the number the shared story uses, with a first attempt on the story's page."""
        with self.tx() as session:
            return a_numbered_order(session, self.studio, number, gross_cents).id

    def order(self, order_id: UUID) -> Order:
        with self.tx() as session:
            return session.get_one(Order, order_id)

    def attempts(self, order_id: UUID) -> list[PaymentAttempt]:
        with self.tx() as session:
            return attempts_of(session, order_id)

    def coupons(self) -> dict[str, int]:
        with self.tx() as session:
            return count_by_state(session, self.studio.id)

    def payments(self) -> list[Payment]:
        with self.tx() as session:
            return list(session.scalars(select(Payment).order_by(Payment.id)))

    def open_tasks(self) -> dict[str, FinanceTask]:
        with self.tx() as session:
            found = session.scalars(select(FinanceTask).where(FinanceTask.resolved_at.is_(None)))
            return {task.kind: task for task in found}

    def start(self, order_id: UUID) -> str:
        """Send the buyer to the payment page; answers the page's id."""
        with self.client.application.app_context():
            return start_checkout(order_id, self.gateway).session_id


def a_stand(client: FlaskClient, outside: Outside, tx: Transact, run_jobs: Callable[[], int]) -> Stand:
    """A stocked shop with one studio."""
    gateway = outside.gateway
    assert isinstance(gateway, MemoryGateway)
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
    return Stand(client, gateway, tx, run_jobs, studio)


def a_numbered_order(session: Session, studio: Party, number: str, gross_cents: int) -> Order:
    """A placed order with a number and total of the test's choice, of one line of three coupons."""
    net = gross_cents * 100 // 122
    vat = gross_cents - net
    product = current_price_book(session, clock.today()).product("LITE-1")
    now = clock.now()
    order = Order(
        number=number,
        rf_reference=rf_reference(number),
        buyer_party_id=studio.id,
        state="AWAITING_PAYMENT",
        payment_method="stripe",
        currency="EUR",
        net_cents=net,
        vat_cents=vat,
        gross_cents=gross_cents,
        quote={
            "vat": [{"code": "IVA22", "vat_cents": vat}],
            "inputs": {
                "vat_rates": [{"code": "IVA22", "basis_points": 2200}],
                "lines": [{"adjustments": []}],
            },
        },
        price_book_version=1,
        services=[],
        billing=asdict(billing_of(studio).buyer),
        purchase_order_ref="",
        contact_email=studio.email or "",
        locale="it",
        placed_at=now,
        expires_at=now.replace(year=now.year + 1),
        version=1,
    )
    session.add(order)
    session.flush()
    line = OrderLine(
        order_id=order.id,
        position=1,
        sku=product.sku,
        names=product.names,
        kind=product.kind,
        quantity=UNITS,
        for_party_id=studio.id,
        unit_net_cents=net // UNITS,
        net_cents=net,
        vat_cents=vat,
        vat_code="IVA22",
        gives=product.gives | {"family": product.family.code},
    )
    session.add(line)
    session.flush()
    return order


def an_attempt_on(session: Session, order: Order, page_id: str | None, number: int = 1) -> PaymentAttempt:
    """An open attempt, as if checkout had stored this page."""
    attempt = PaymentAttempt(
        order_id=order.id,
        number=number,
        amount_cents=order.gross_cents,
        currency=order.currency,
        parameters={},
        expires_at=clock.real_now().replace(year=2030),
        created_at=clock.real_now(),
        session_id=page_id,
        url=None if page_id is None else "http://127.0.0.1/pay",
    )
    session.add(attempt)
    session.flush()
    return attempt
