"""The races over HTTP: sixteen runners in two processes against the real web program on PostgreSQL (R04, R19)."""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from entitlements import Party, stock_of
from foundation.database import transaction
from foundation.ids import new_id
from sandbox.stripe import Configuration, Running, serve
from sandbox.stripe.signatures import signature_header
from shop.accounts.api_tokens import create_api_token
from shop.orders.placing import CLAUSES
from tests.crash.client import ask, press
from tests.crash.programs import Starter, answers, wait_for
from tests.crash.world import NOT_TOLD, SECRET
from tests.database import fresh_database
from tests.races.contest import audit_finds, racing_app, rows
from tests.races.numbers import activation_body
from tests.races.service_races import stocked
from tests.races.sprinters import Finish, Sprint, Sprinters, sprinters
from tests.stories import a_paid_order
from tests.verdicts import FIGURE, Record

pytestmark = [pytest.mark.race, pytest.mark.sockets]
FULL = os.environ.get("TORTURE") == "full"
RUNNERS, ROUNDS = 16, 200 if FULL else 5
TWINS = 50 if FULL else 20
LONGEST_SECONDS = 60
# Nobody listens there: the mailbox and the accounting program of a `make run` on this machine hear nothing of us.
NOWHERE = "127.0.0.1:9"
# Nobody takes the mails here, so their jobs stay.
OPEN = """
    SELECT (SELECT count(*) FROM inbox_letters WHERE handled_at IS NULL)
         + (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND task_name <> 'mail.deliver')
"""


@dataclass(frozen=True)
class Shop:
    """A running shop, seen from outside and from its database."""

    app: Flask
    url: str
    studio: Party
    tokens: tuple[str, ...]
    simulator: Running
    runners: Sprinters
    environment: Mapping[str, str]
    folder: Path

    def post(self, path: str, runner: int, key: str, body: object) -> Sprint:
        """A request of one runner; every runner has a token of its own, since a token may only ask so often."""
        headers = {"Authorization": f"Bearer {self.tokens[runner % len(self.tokens)]}"}
        headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        return Sprint("POST", self.url + path, headers, json.dumps(body))


@pytest.fixture
def shop(worker_id: str, tmp_path: Path) -> Iterator[Shop]:
    with (
        fresh_database(f"gettone_http_{worker_id}") as database_url,
        racing_app(database_url) as app,
        serve(Configuration(background=False, balance_delay=0)) as simulator,
    ):
        studio = stocked(app)
        with app.app_context(), transaction() as session:
            tokens = tuple(create_api_token(session, "race", "studio", None, studio.id)[1] for _ in range(RUNNERS))
        told = {name: value for name, value in os.environ.items() if name not in NOT_TOLD}
        secrets = dict.fromkeys(("STRIPE_WEBHOOK_SECRETS", "BANK_WEBHOOK_SECRETS", "PROVISIONING_SECRET"), SECRET)
        told |= {"MODE": "sandbox", "DATABASE_URL": database_url, "STRIPE_API_BASE": simulator.url, **secrets}
        told |= {"SMTP_URL": f"smtp://{NOWHERE}", "PROVISIONING_URL": f"http://{NOWHERE}"}
        web = Starter(told, tmp_path).web()
        try:
            wait_for(web, lambda: answers(web.port or 0))
            with sprinters() as runners:
                yield Shop(app, f"http://127.0.0.1:{web.port}", studio, tokens, simulator, runners, told, tmp_path)
        finally:
            web.end()


def test_one_of_sixteen_wins_the_last_coupon(shop: Shop, record_property: Record) -> None:
    with shop.app.app_context(), transaction() as session:
        a_paid_order(session, shop.studio, "LITE-1", ROUNDS)
        coupons = [str(coupon.id) for coupon, _ in stock_of(session, shop.studio.id, limit=ROUNDS)]
    statuses: Counter[int] = Counter()
    for played, coupon in enumerate(coupons):
        companies = range(played * RUNNERS, (played + 1) * RUNNERS)
        path = f"/api/v1/coupons/{coupon}/activate"
        heat = [shop.post(path, number, f"race-{number}", activation_body(number)) for number in companies]
        finishes = shop.runners.heat(heat)
        statuses.update(finish.status for finish in finishes)
        told = Counter(finish.status for finish in finishes)
        assert told == {202: 1, 409: RUNNERS - 1}, [finish.body[:300] for finish in finishes if finish.status != 409]
    errors = sum(count for status, count in statuses.items() if status >= 500 or status == 0)
    counted = f"winners={statuses[202]} losers_409={statuses[409]} errors_5xx={errors}"
    record_property(FIGURE, f"over HTTP: rounds={ROUNDS} contenders={RUNNERS} {counted}")
    assert errors == 0
    assert audit_finds(shop.app) == []


def test_one_key_has_one_effect_and_one_answer(shop: Shop, record_property: Record) -> None:
    wanted = {"lines": [{"sku": "LITE-10", "quantity": 1}], "accepted_clauses": list(CLAUSES)}
    body = wanted | {"payment_method": "bank_transfer"}
    told_to_wait = 0
    for played in range(20 if FULL else 3):
        heat = [shop.post("/api/v1/orders", runner, f"twins-{played}", body) for runner in range(TWINS)]
        finishes = shop.runners.heat(heat)
        # Who was told that the first is still running asks again, as the answer says.
        again = [place for place, finish in enumerate(finishes) if finish.status == 409]
        for place, finish in zip(again, shop.runners.heat([heat[place] for place in again]), strict=True):
            finishes[place] = finish
        assert {finish.status for finish in finishes} == {201}, Counter(finish.status for finish in finishes)
        assert len({finish.body for finish in finishes}) == 1
        assert sum(not finish.replayed for finish in finishes) == 1
        assert rows(shop.app, "SELECT count(*) FROM orders") == played + 1
        told_to_wait += len(again)
    record_property(FIGURE, f"twins={TWINS} rounds={played + 1} told_running_409={told_to_wait} one_effect=yes")
    other = shop.post("/api/v1/orders", 0, "twins-0", body | {"purchase_order_ref": "other"})
    assert shop.runners.heat([other])[0].status == 422
    assert audit_finds(shop.app) == []


def test_one_event_twenty_times_at_once_is_one_payment_and_one_fulfilment(shop: Shop, record_property: Record) -> None:
    order = _ordered(shop)
    press(order["checkout_url"], "card")
    letters = [_letter(shop, event) for event in _events(shop)]
    finishes = [finish for letter in letters for finish in shop.runners.heat([letter] * TWINS)]
    assert {finish.status for finish in finishes} <= {200, 202, 204}, _refusals(finishes)
    assert rows(shop.app, "SELECT count(*) FROM inbox_letters") == len(letters)
    _work(shop)
    counted = {
        "payments": rows(shop.app, "SELECT count(*) FROM payments"),
        "coupons": rows(shop.app, "SELECT count(*) FROM coupons"),
        "fulfilled": rows(shop.app, "SELECT count(*) FROM orders WHERE state = 'FULFILLED'"),
        "events": rows(shop.app, "SELECT count(*) FROM events WHERE type = 'order.fulfilled'"),
    }
    record_property(FIGURE, f"events={len(letters)} copies={TWINS} {counted}")
    assert counted == {"payments": 1, "coupons": 10, "fulfilled": 1, "events": 1}
    assert audit_finds(shop.app) == []


def _ordered(shop: Shop) -> dict[str, Any]:
    wanted = {"lines": [{"sku": "LITE-10", "quantity": 1}], "accepted_clauses": list(CLAUSES)}
    placed = shop.runners.heat([shop.post("/api/v1/orders", 0, new_id().hex, wanted | {"payment_method": "stripe"})])
    assert placed[0].status == 201, placed[0].body
    found: dict[str, Any] = placed[0].json
    return found


def _events(shop: Shop) -> list[dict[str, Any]]:
    listed = ask("GET", f"{shop.simulator.url}/v1/events?limit=100", {"Authorization": "Bearer sk_test_sandbox"})
    found: list[dict[str, Any]] = listed.json["data"]
    assert "checkout.session.completed" in {event["type"] for event in found}
    return found


def _letter(shop: Shop, event: dict[str, Any]) -> Sprint:
    body = json.dumps(event)
    now = shop.simulator.simulator.world.real_time()
    signature = signature_header(body.encode(), (SECRET,), int(now))
    headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
    return Sprint("POST", f"{shop.url}/webhooks/stripe", headers, body)


def _refusals(finishes: list[Finish]) -> list[str]:
    return [finish.body[:300] for finish in finishes if finish.status >= 300 or finish.status == 0]


def _work(shop: Shop) -> None:
    """Two real workers open the letters side by side until nothing is left to do."""
    workers = [Starter(shop.environment, shop.folder).worker() for _ in range(2)]
    try:
        deadline = time.monotonic() + LONGEST_SECONDS
        while rows(shop.app, OPEN) > 0:
            assert time.monotonic() < deadline, "the letters are not opened"
            time.sleep(0.05)
    finally:
        for worker in workers:
            worker.end()
