"""R19: the same key and request have one effect and one answer; anything else with that key is refused."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update

from entitlements import Party, stock_of
from foundation.housekeeping import sweep
from foundation.idempotency import IdempotencyKey
from foundation.jobs import DueRow
from shop import MemoryGateway, Order
from tests.api.caller import Caller, a_stocked_studio, caller, company_json, order_body
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import a_paid_order

KEY = "chiave-1"


@pytest.fixture
def party_id(tx: Transact) -> UUID:
    return a_stocked_studio(tx).id


@pytest.fixture
def studio(client: FlaskClient, party_id: UUID) -> Caller:
    return caller(client, "studio", party_id)


def _orders(tx: Transact) -> int:
    with tx() as session:
        return session.execute(select(func.count()).select_from(Order)).scalar_one()


def _forget_the_answer(tx: Transact) -> None:
    """What a crash leaves after the effect and before the answer was stored: a claim whose lease has run out."""
    with tx() as session:
        gone = IdempotencyKey.leased_until - timedelta(minutes=2)
        session.execute(update(IdempotencyKey).values(status=None, body=None, content_type=None, leased_until=gone))


def test_a_post_with_an_effect_needs_a_key(studio: Caller, tx: Transact) -> None:
    for key in (None, " ", "x" * 256, "con spazio"):
        answer = studio.post("/orders", order_body(), key=key)
        assert answer.status_code == 400
        assert answer.get_json()["type"] == "/problems/idempotency-key-required"
    assert _orders(tx) == 0


@pytest.mark.parametrize("method", ["stripe", "bank_transfer"])
def test_the_same_request_again_answers_the_same_bytes(studio: Caller, tx: Transact, method: str) -> None:
    first = studio.post("/orders", order_body(payment_method=method), key=KEY)
    again = studio.post("/orders", order_body(payment_method=method), key=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert _orders(tx) == 1


def test_a_body_that_means_the_same_is_the_same(studio: Caller, tx: Transact) -> None:
    body = order_body()
    first = studio.post("/orders", body, key=KEY)
    again = studio.post("/orders", dict(reversed(body.items())), key=KEY)
    assert again.data == first.data
    assert _orders(tx) == 1


def test_another_request_with_the_key_is_refused(studio: Caller, tx: Transact) -> None:
    number = studio.post("/orders", order_body(), key=KEY).get_json()["number"]
    other = studio.post("/orders", order_body(lines=[{"sku": "LITE-10", "quantity": 2}]), key=KEY)
    elsewhere = studio.post(f"/orders/{number}/cancel", key=KEY)
    for answer in (other, elsewhere):
        assert answer.status_code == 422
        assert answer.get_json()["type"] == "/problems/idempotency-key-reused"
    assert _orders(tx) == 1


def test_a_key_still_running_is_a_conflict_that_says_when_to_come_back(studio: Caller, tx: Transact) -> None:
    studio.post("/orders", order_body(), key=KEY)
    with tx() as session:
        session.execute(update(IdempotencyKey).values(status=None))
    answer = studio.post("/orders", order_body(), key=KEY)
    assert answer.status_code == 409
    assert answer.get_json()["type"] == "/problems/idempotency-key-in-use"
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("method", ["stripe", "bank_transfer"])
def test_after_a_crash_the_same_request_finds_its_order(studio: Caller, tx: Transact, method: str) -> None:
    first = studio.post("/orders", order_body(payment_method=method), key=KEY)
    _forget_the_answer(tx)
    again = studio.post("/orders", order_body(payment_method=method), key=KEY)
    assert again.get_json() == first.get_json()
    assert _orders(tx) == 1


def test_a_key_of_one_studio_says_nothing_to_another(studio: Caller, client: FlaskClient, tx: Transact) -> None:
    mine = studio.post("/orders", order_body(), key=KEY).get_json()
    with tx() as session:
        other = a_studio(session)
    theirs = caller(client, "studio", other.id).post("/orders", order_body(), key=KEY)
    assert theirs.status_code == 201
    assert theirs.get_json()["number"] != mine["number"]


def test_two_tokens_of_one_studio_share_their_keys(
    studio: Caller, client: FlaskClient, party_id: UUID, tx: Transact
) -> None:
    first = studio.post("/orders", order_body(), key=KEY)
    again = caller(client, "studio", party_id).post("/orders", order_body(), key=KEY)
    assert again.data == first.data
    assert _orders(tx) == 1


def test_a_refusal_is_not_kept(studio: Caller, tx: Transact) -> None:
    refused = studio.post("/orders", order_body(accepted_clauses=[]), key=KEY)
    assert refused.status_code == 422
    assert studio.post("/orders", order_body(), key=KEY).status_code == 201
    with tx() as session:
        assert session.execute(text("SELECT count(*) FROM idempotency_keys WHERE status >= 300")).scalar() == 0


def test_while_the_gateway_is_silent_the_order_waits_and_the_same_key_finds_it(studio: Caller, tx: Transact) -> None:
    gateway = studio.client.application.extensions["gettone.gateway"]
    assert isinstance(gateway, MemoryGateway)
    gateway.down = True
    silent = studio.post("/orders", order_body(payment_method="stripe"), key=KEY)
    assert silent.status_code == 503
    assert silent.get_json()["type"] == "/problems/payment-gateway-unavailable"
    assert int(silent.headers["Retry-After"]) >= 1
    gateway.down = False
    answer = studio.post("/orders", order_body(payment_method="stripe"), key=KEY)
    assert answer.status_code == 201
    assert answer.get_json()["checkout_url"]
    assert _orders(tx) == 1


def test_an_order_placed_while_the_gateway_is_silent_keeps_its_key(studio: Caller, tx: Transact) -> None:
    gateway = studio.client.application.extensions["gettone.gateway"]
    gateway.down = True
    dear = order_body(payment_method="stripe", lines=[{"sku": "LITE-10", "quantity": 5}])
    for _try in range(2):
        assert studio.post("/orders", dear, key=KEY).status_code == 503
        other = studio.post("/orders", order_body(), key=KEY)
        assert (other.status_code, other.get_json()["type"]) == (422, "/problems/idempotency-key-reused")
    gateway.down = False
    answer = studio.post("/orders", dear, key=KEY).get_json()
    assert (answer["payment_method"], answer["lines"][0]["quantity"]) == ("stripe", 5)
    assert _orders(tx) == 1


def test_a_key_forgotten_after_thirty_days_orders_what_is_asked_then(studio: Caller, tx: Transact) -> None:
    first = studio.post("/orders", order_body(), key=KEY).get_json()
    with tx() as session:
        session.execute(update(IdempotencyKey).values(created_at=IdempotencyKey.created_at - timedelta(days=31)))
        sweep(session, DueRow())
    other = studio.post("/orders", order_body(lines=[{"sku": "LITE-10", "quantity": 2}]), key=KEY).get_json()
    assert other["number"] != first["number"]
    assert other["lines"][0]["quantity"] == 2


def test_paying_in_another_way_is_tried_again_as_it_was_sent(studio: Caller) -> None:
    path = f"/orders/{studio.post('/orders', order_body()).get_json()['number']}"
    seen = studio.get(path).headers["ETag"]
    gateway = studio.client.application.extensions["gettone.gateway"]
    gateway.down = True
    assert studio.post(f"{path}/pay", {"payment_method": "stripe"}, key=KEY, **{"If-Match": seen}).status_code == 503
    gateway.down = False
    again = studio.post(f"{path}/pay", {"payment_method": "stripe"}, key=KEY, **{"If-Match": seen})
    assert again.status_code == 200
    assert again.get_json()["checkout_url"]
    anew = studio.post(f"{path}/pay", {"payment_method": "bank_transfer"}, key="chiave-2", **{"If-Match": seen})
    assert anew.status_code == 412


def test_activating_twice_with_one_key_makes_one_company(studio: Caller, party_id: UUID, tx: Transact) -> None:
    with tx() as session:
        a_paid_order(session, session.get_one(Party, party_id))
        coupon, _pack = stock_of(session, party_id)[0]
    path = f"/coupons/{coupon.id}/activate"
    first = studio.post(path, {"company": company_json()}, key=KEY)
    again = studio.post(path, {"company": company_json()}, key=KEY)
    assert first.status_code == 202, first.get_json()
    assert again.data == first.data
    with tx() as session:
        assert session.execute(text("SELECT count(*) FROM companies")).scalar() == 1
