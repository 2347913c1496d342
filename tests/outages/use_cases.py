"""The use-cases a sweep goes through, each done the way its caller does it: asked again until it is answered.

`begin` puts the stage up, `act` does one try and says whether it was answered, `ended` tells what it came to.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import Outside
from entitlements import Party, Ready, activate_coupon, apply_answer, stock_of
from foundation.database import transaction
from foundation.ids import new_id
from foundation.jobs import drain
from foundation.settings import SANDBOX_WEBHOOK_SECRET
from foundation.webhook_signatures import signed_headers
from shop import MemoryGateway, Order, start_checkout
from shop.accounts.api_tokens import create_api_token
from shop.orders.placing import CLAUSES
from tests.races.numbers import activation_body, company_fields
from tests.stories import a_paid_order, an_order, company_data, owner_of
from tests.webhooks.stand import an_event, signature

ACCOUNT = "IT60X0542811101000000123456"
ANSWERED = range(200, 300)
# As the reaper does with the jobs of a worker that is gone, and as real time does with those that wait.
_TAKE_UP = """
    SELECT procrastinate_retry_job_v2(id, now() - interval '1 second', NULL, NULL, NULL)
    FROM procrastinate_jobs WHERE status = 'doing'
"""
_PASS = """
    INSERT INTO clock_shift ("only", shift) VALUES (true, :time)
    ON CONFLICT ("only") DO UPDATE SET shift = clock_shift.shift + excluded.shift RETURNING 1
"""
_HURRY = (
    "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'",
    "UPDATE due_rows SET retry_at = NULL WHERE done_at IS NULL",
)


@dataclass
class Stage:
    """A shop whose rows are really committed, one studio, its program's token, and Null twins outside."""

    app: Flask
    outside: Outside
    studio: Party
    token: str
    number: int = 0

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def post(self, path: str, key: str, body: object) -> bool:
        """One try of the studio's program; answers whether it was served."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        return self.client.post(path, json=body, headers=headers).status_code in ANSWERED

    def work(self) -> None:
        """One worker's turn: everything that is ready."""
        with self.app.app_context():
            drain()

    def rest(self) -> None:
        """Time passes: what waits for its back-off is ready, and what a dead worker held is taken up."""
        with self.transaction() as session:
            for statement in (_TAKE_UP, *_HURRY):
                session.execute(text(statement))

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction as an edge opens it."""
        with self.app.app_context(), transaction() as session:
            yield session

    def pass_time(self, time: timedelta) -> None:
        """Business time passes, and what waits for its back-off has waited long enough."""
        self.rows(_PASS, time=time)
        self.rest()

    def rows(self, query: str, **values: object) -> tuple[Any, ...]:
        """The one row a query answers."""
        with self.transaction() as session:
            return tuple(session.execute(text(query), values).one())


def a_stage(app: Flask, outside: Outside, studio: Party) -> Stage:
    """A stage on a stocked shop."""
    with app.app_context(), transaction() as session:
        token = create_api_token(session, "sweep", "studio", None, studio.id)[1]
    return Stage(app, outside, studio, token)


Act = Callable[[], bool]
Ended = Callable[[], tuple[Any, ...]]


@dataclass(frozen=True)
class UseCase:
    """One use-case: `begin` answers how to do one try, and how to see what it came to; `wanted` is what it must be."""

    name: str
    begin: Callable[[Stage], tuple[Act, Ended]]
    wanted: tuple[Any, ...]


def placing(stage: Stage) -> tuple[Act, Ended]:
    key = new_id().hex[-20:]
    wanted = {"lines": [{"sku": "LITE-10", "quantity": 1}], "payment_method": "bank_transfer"}
    body = wanted | {"accepted_clauses": list(CLAUSES), "purchase_order_ref": key}
    query = "SELECT count(*), min(state) FROM orders WHERE purchase_order_ref = :key"
    return (lambda: stage.post("/api/v1/orders", key, body)), (lambda: stage.rows(query, key=key))


def _an_order(stage: Stage, method: str = "stripe") -> Order:
    with stage.transaction() as session:
        return an_order(session, stage.studio, "LITE-10", method=method)


_ORDER = """
    SELECT (SELECT state FROM orders WHERE id = :order),
           (SELECT count(*) FROM payment_allocations WHERE order_id = :order),
           (SELECT count(*) FROM coupons c JOIN coupon_packs p ON p.id = c.pack_id
            JOIN order_lines l ON l.id = p.cause_id WHERE l.order_id = :order)
"""


def paying_by_card(stage: Stage) -> tuple[Act, Ended]:
    """Stripe's letter arrives and is opened."""
    order, gateway = _an_order(stage), cast("MemoryGateway", stage.outside.gateway)
    with stage.app.app_context():
        page = gateway.pay(start_checkout(order.id, gateway).session_id)
    raw = json.dumps(an_event("checkout.session.completed", page)).encode()

    def act() -> bool:
        sent = {"Stripe-Signature": signature(raw)}
        answer = stage.client.post("/webhooks/stripe", data=raw, headers=sent, content_type="application/json")
        stage.work()
        return answer.status_code in ANSWERED

    return act, lambda: stage.rows(_ORDER, order=order.id)


def paying_by_transfer(stage: Stage) -> tuple[Act, Ended]:
    """The bank's letter arrives and is opened; the order waits in its window."""
    order, name = _an_order(stage, "bank_transfer"), f"bank-{new_id()}"
    data = {
        "id": name,
        "booked_on": "2026-11-26",
        "amount_cents": order.gross_cents,
        "currency": "EUR",
        "remittance": order.rf_reference,
        "account_iban": ACCOUNT,
    }
    raw = json.dumps({"type": "transfer.received", "data": data}).encode()

    def act() -> bool:
        sent = {"Content-Type": "application/json"} | signed_headers(SANDBOX_WEBHOOK_SECRET, name, raw)
        answer = stage.client.post("/webhooks/bank", data=raw, headers=sent)
        stage.work()
        return answer.status_code in ANSWERED

    return act, lambda: stage.rows(_ORDER, order=order.id)


_COMPANY = """
    SELECT (SELECT state FROM companies WHERE tax_code = :code),
           (SELECT count(*) FROM licences l JOIN companies c ON c.id = l.party_id WHERE c.tax_code = :code),
           (SELECT count(*) FROM coupon_assignments a JOIN companies c ON c.id = a.company_id
            WHERE c.tax_code = :code AND a.released_at IS NULL)
"""


def _a_coupon(stage: Stage) -> str:
    with stage.transaction() as session:
        a_paid_order(session, stage.studio, "LITE-1")
        return str(stock_of(session, stage.studio.id, state="AVAILABLE")[0][0].id)


def activating(stage: Stage) -> tuple[Act, Ended]:
    """The studio's program activates a coupon; the vendor is called, answers, and the studio is written to."""
    coupon, key = _a_coupon(stage), new_id().hex
    stage.number += 1
    body = activation_body(stage.number)

    def act() -> bool:
        answered = stage.post(f"/api/v1/coupons/{coupon}/activate", key, body)
        stage.work()
        return answered

    return act, lambda: stage.rows(_COMPANY, code=body["company"]["tax_code"])


def using(stage: Stage) -> tuple[Act, Ended]:
    """The vendor's software tells of documents a company sent; the reference is its key."""
    stage.number += 1
    code = company_fields(stage.number)
    coupon = _a_coupon(stage)
    with stage.transaction() as session:
        company = activate_coupon(session, UUID(coupon), company_data(**code), owner_of(stage.studio))
        apply_answer(session, company.id, Ready(f"remote-{company.id}"), "call")
        a_paid_order(session, stage.studio, "INVOICES-100")
        token = create_api_token(session, "sweep", "product", None, None)[1]
    body = {"reference": new_id().hex, "meter": "documents", "quantity": 3}

    def act() -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        answer = stage.client.post(f"/api/v1/companies/{company.id}/usage", json=body, headers=headers)
        return answer.status_code in ANSWERED

    query = "SELECT count(*), sum(quantity) FROM consumptions WHERE reference = :reference"
    return act, lambda: stage.rows(query, reference=body["reference"])


USE_CASES = (
    UseCase("an order is placed", placing, (1, "AWAITING_PAYMENT")),
    UseCase("a card pays", paying_by_card, ("FULFILLED", 1, 10)),
    UseCase("a transfer pays", paying_by_transfer, ("PAID", 1, 0)),
    UseCase("a coupon is activated", activating, ("READY", 1, 1)),
    UseCase("documents are used", using, (1, 3)),
)
