"""The story by API, on a database that really commits: quote, order, money, coupons, activation, rights, use."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import database, transaction
from foundation.jobs import drain
from foundation.postgres import ensure_running, kill_everything
from foundation.postgres_place import place_of
from shop import MemoryGateway, order_by_number
from shop.payments.attempts import attempts_of
from shop.payments.checkout import settle_attempt
from tests.api.caller import Caller, caller, company_json, order_body
from tests.database import fresh_database
from tests.factories import a_studio
from tests.races.contest import audit_finds, racing_app
from tests.stories import stock_the_shop

LONGEST_WAIT = timedelta(seconds=30)
BOUGHT = [
    "order.placed",
    "order.paid",
    "coupon.issued",
    "order.fulfilled",
    "company.provisioning",
    "company.ready",
    "licence.started",
    "coupon.activated",
    "credit.consumed",
]


@pytest.fixture(scope="module")
def own_server() -> Iterator[None]:
    """A server for this file: events wait for the oldest transaction of a whole server, and tests are slow ones."""
    directory = Path(tempfile.mkdtemp(prefix="gettone-events-"))
    directory.chmod(0o755)
    with pytest.MonkeyPatch.context() as stage:
        stage.setenv("TEST_DATABASE_URL", ensure_running(directory / "postgres"))
        yield
    kill_everything(directory / "postgres")
    place = place_of(directory / "postgres")
    for folder in (place.data.parent, place.sockets, directory):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def shop(own_server: None) -> Iterator[Flask]:  # noqa: ARG001 - the database is made there
    """A shop whose rows other transactions see: events are told only once nothing older can still commit."""
    with fresh_database("gettone_events") as url, racing_app(url) as app:
        yield app


@pytest.fixture
def studio(shop: Flask) -> Caller:
    with shop.app_context(), transaction() as session:
        stock_the_shop(session)
        party = a_studio(session)
    return caller(shop.test_client(), "studio", party.id)


def test_a_program_buys_activates_asks_and_consumes(shop: Flask, studio: Caller) -> None:
    product = caller(shop.test_client(), "product")
    order = _bought_by_card(shop, studio, {"sku": "LITE-10", "quantity": 1})
    coupons = studio.get("/coupons", state="AVAILABLE").get_json()["items"]
    assert len(coupons) == 10
    assert sum(coupon["net_cents"] for coupon in coupons) == order["net_cents"]

    company = _activated(shop, studio, coupons[0]["id"])
    rights = product.get(f"/companies/{company['id']}/entitlements").get_json()
    assert (rights["state"], rights["payer"]["payer"]) == ("ACTIVE", "STUDIO")

    offers = studio.get("/catalogue").get_json()["items"]
    pack = next(offer for offer in offers if offer["buyable"] and offer["gives"]["kind"] == "documents")
    _bought_by_card(shop, studio, {"sku": pack["sku"], "quantity": 1, "for_company": company["id"]})
    use = {"meter": "documents", "quantity": 2, "reference": "fattura-1"}
    left = product.post(f"/companies/{company['id']}/usage", use, key=None).get_json()["balance"]
    assert left == pack["gives"]["units"] - 2
    held = product.get(f"/companies/{company['id']}/entitlements").get_json()["packs"][0]
    assert (held["holder"], held["balance"], held["cause"]["kind"]) == ("COMPANY", left, "order_line")

    mine = _events(studio, until="credit.consumed")
    everybodys = _events(product, until="credit.consumed")
    in_order = iter(everybodys)
    assert all(kind in in_order for kind in mine)
    assert [kind for kind in mine if kind in {"order.placed", "order.paid", "order.fulfilled"}] == [
        "order.placed",
        "order.paid",
        "order.fulfilled",
    ] * 2
    assert set(BOUGHT) <= set(mine)
    # The company reads what happened to itself while its studio pays, and nothing else of the studio's.
    itself = caller(shop.test_client(), "company", UUID(company["id"]))
    assert [kind for kind in _events(itself, until="credit.consumed") if kind != "token.created"] == [
        "company.provisioning",
        "licence.started",
        "studio.linked",
        "company.ready",
        "credit.added",
        "credit.consumed",
    ]
    assert audit_finds(shop) == []


def test_events_go_on_where_they_stood_and_never_skip_a_late_commit(shop: Flask, studio: Caller) -> None:
    product = caller(shop.test_client(), "product")
    _events(product, until="token.created")
    seen = product.get("/events").get_json()["next_after"]
    with shop.app_context():
        engine = database.engines[None]
    with engine.connect() as late:
        late.execute(text("SELECT pg_current_xact_id()"))
        number = studio.post("/orders", order_body()).get_json()["number"]
        assert product.get("/events", after=seen).get_json() == {"items": [], "next_after": seen}
    assert _events(product, until="order.placed", after=seen) == ["order.placed"]
    told = product.get("/events", after=seen).get_json()
    assert told["items"][0]["subject"]["id"] == _order_id(shop, number)
    assert product.get("/events", after=told["next_after"]).get_json() == {
        "items": [],
        "next_after": told["next_after"],
    }


def _bought_by_card(shop: Flask, studio: Caller, line: dict[str, Any]) -> dict[str, Any]:
    lines = [line]
    quote = studio.post("/quotes", {"lines": lines}, key=None).get_json()
    body = order_body(lines=lines, payment_method="stripe", expected_gross_cents=quote["gross_cents"])
    order: dict[str, Any] = studio.post("/orders", body).get_json()
    gateway = shop.extensions["gettone.gateway"]
    assert isinstance(gateway, MemoryGateway)
    with shop.app_context():
        with transaction() as session:
            placed = order_by_number(session, order["number"], None)
            attempt = attempts_of(session, placed.id)[-1]
        assert attempt.session_id is not None
        assert attempt.url == order["checkout_url"]
        gateway.pay(attempt.session_id)
        settle_attempt(attempt.id, gateway)
        drain()
    assert studio.get(f"/orders/{order['number']}").get_json()["state"] == "FULFILLED"
    return order


def _activated(shop: Flask, studio: Caller, coupon_id: str) -> dict[str, Any]:
    wrong = studio.post(f"/coupons/{coupon_id}/activate", {"company": company_json(vat_number="06363391002")})
    assert wrong.status_code == 422
    assert [error["pointer"] for error in wrong.get_json()["errors"]] == ["/company/vat_number"]
    answer = studio.post(f"/coupons/{coupon_id}/activate", {"company": company_json()})
    assert answer.status_code == 202, answer.get_json()
    asked = answer.get_json()["company"]
    assert asked["state"] == "PROVISIONING"
    with shop.app_context():
        drain()
    company: dict[str, Any] = studio.get(f"/companies/{asked['id']}").get_json()
    assert (company["state"], company["support_code"]) == ("READY", asked["support_code"])
    assert company["links"][0]["studio_id"] == company["payer"]["party_id"]
    assert studio.get(f"/coupons/{coupon_id}").get_json()["company_id"] == company["id"]
    return company


def _events(call: Caller, until: str, after: str | None = None) -> list[str]:
    """The types of events in order, three at a time, up to the last of those awaited.

    The server's own housekeeping may hold them back for a moment.
    """
    found: list[str] = []
    deadline = clock.real_now() + LONGEST_WAIT
    while clock.real_now() < deadline:
        page = call.get("/events", limit=3, **({"after": after} if after else {})).get_json()
        found += [event["type"] for event in page["items"]]
        after = page["next_after"]
        if not page["items"]:
            if until in found:
                return found
            time.sleep(0.1)
    pytest.fail(f"{until} was not told, only {found}")


@contextmanager
def _committed(shop: Flask) -> Iterator[Session]:
    with shop.app_context(), transaction() as session:
        yield session


def _order_id(shop: Flask, number: str) -> str:
    with _committed(shop) as session:
        return str(order_by_number(session, number, None).id)
