"""S05 and S07: what may not mean two things is refused, with its place, and nothing is written."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from shop import Order
from tests.api.caller import Caller, a_stocked_studio, caller, order_body, pointers
from tests.conftest import Transact

LINE = {"sku": "LITE-10", "quantity": 1}


@pytest.fixture
def studio(client: FlaskClient, tx: Transact) -> Caller:
    return caller(client, "studio", a_stocked_studio(tx).id)


def _orders(tx: Transact) -> int:
    with tx() as session:
        return session.execute(select(func.count()).select_from(Order)).scalar_one()


TAMPERED: list[tuple[dict[str, Any], str]] = [
    ({"total": 1}, "/total"),
    ({"gross_cents": 1}, "/gross_cents"),
    ({"currency": "USD"}, "/currency"),
    ({"discount": 100}, "/discount"),
    ({"vat_cents": 0}, "/vat_cents"),
    ({"state": "PAID"}, "/state"),
    ({"lines": [LINE | {"unit_net_cents": 1}]}, "/lines/0/unit_net_cents"),
    ({"lines": [LINE | {"quantity": -1}]}, "/lines/0/quantity"),
    ({"lines": [LINE | {"quantity": 0}]}, "/lines/0/quantity"),
    ({"lines": [LINE | {"quantity": 1.5}]}, "/lines/0/quantity"),
    ({"lines": [LINE | {"quantity": 10**9}]}, "/lines/0/quantity"),
    ({"lines": [LINE | {"quantity": "1"}]}, "/lines/0/quantity"),
    ({"lines": [LINE | {"quantity": True}]}, "/lines/0/quantity"),
    ({"lines": [LINE | {"quantity": None}]}, "/lines/0/quantity"),
    ({"lines": [LINE | {"sku": ["LITE-10"]}]}, "/lines/0/sku"),
    ({"lines": [LINE | {"sku": "FOREIGN"}]}, "/lines/0/sku"),
    ({"lines": [LINE | {"sku": "LITE-10\x00"}]}, "/lines/0/sku"),
    ({"lines": [LINE | {"for_company": "x"}]}, "/lines/0/for_company"),
    ({"lines": [LINE, LINE]}, "/lines/1"),
    ({"lines": []}, "/lines"),
    ({"lines": LINE}, "/lines"),
    ({"lines": ["LITE-10"]}, "/lines/0"),
    ({"payment_method": "cash"}, "/payment_method"),
    ({"accepted_clauses": ["all"]}, "/accepted_clauses/0"),
    ({"accepted_clauses": []}, "/accepted_clauses"),
    ({"purchase_order_ref": "à" * 3}, "/purchase_order_ref"),
    ({"billing": {"vat_number": "1"}}, "/billing/vat_number"),
    ({"expected_gross_cents": 1e400}, ""),
]


@pytest.mark.parametrize(("change", "pointer"), TAMPERED, ids=lambda value: json.dumps(value, default=str)[:60])
def test_a_tampered_order_is_refused_with_its_place(
    studio: Caller, tx: Transact, change: dict[str, Any], pointer: str
) -> None:
    answer = studio.post("/orders", order_body(**change))
    assert answer.status_code in {400, 422}, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    if pointer and pointer != "/accepted_clauses":
        assert pointer in pointers(answer), answer.get_json()
    assert _orders(tx) == 0


def test_another_total_than_expected_is_told_not_charged(studio: Caller, tx: Transact) -> None:
    answer = studio.post("/orders", order_body(expected_gross_cents=1))
    assert answer.status_code == 409
    assert answer.get_json()["type"] == "/problems/total-changed"
    assert answer.get_json()["gross_cents"] > 1
    assert _orders(tx) == 0


AMBIGUOUS = {
    "broken": b'{"lines": [',
    "not utf-8": b'{"lines": "\xff"}',
    "a key twice": b'{"lines": [{"sku": "LITE-10", "quantity": 1, "quantity": 99}]}',
    "NaN": b'{"lines": [{"sku": "LITE-10", "quantity": NaN}]}',
    "Infinity": b'{"lines": [{"sku": "LITE-10", "quantity": -Infinity}]}',
    "1e400": b'{"lines": [{"sku": "LITE-10", "quantity": 1e400}]}',
    "an endless number": b'{"lines": [{"sku": "LITE-10", "quantity": ' + b"9" * 5000 + b"}]}",
    "too deep": b'{"lines": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "half a surrogate pair": b'{"lines": [{"sku": "\\ud800", "quantity": 1}]}',
    "a member named by half a surrogate pair": b'{"\\ud800": 1}',
    "a list": b"[]",
    "a text": b'"lines"',
    "nothing": b"null",
}


@pytest.mark.parametrize("raw", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
@pytest.mark.parametrize("path", ["/quotes", "/orders"])
def test_json_that_may_mean_two_things_is_refused(studio: Caller, path: str, raw: bytes) -> None:
    answer = studio.post_raw(path, raw)
    assert answer.status_code in {400, 422}, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"


def test_only_json_is_read_and_only_so_much_of_it(studio: Caller) -> None:
    raw = json.dumps({"lines": [LINE]}).encode()
    assert studio.post_raw("/quotes", raw, "text/plain").status_code == 415
    assert studio.post_raw("/orders", raw, "application/x-www-form-urlencoded").status_code == 415
    assert studio.post_raw("/quotes", b" " * 300_000 + raw).status_code == 413
    assert studio.post_raw("/quotes", raw).status_code == 200


def test_a_query_that_may_mean_two_things_is_refused(studio: Caller) -> None:
    for query in ("limit=1&limit=99", "limit=0", "limit=101", "limit=1.0", "limit=%F0%9F%98%80", "cursor=x", "qty=1"):
        answer = studio.client.get(f"/api/v1/orders?{query}", headers=studio.headers)
        assert answer.status_code == 422, query
        assert all(pointer.startswith("/query/") for pointer in pointers(answer)), answer.get_json()


def test_every_wrong_field_is_named_at_once_in_italian(studio: Caller) -> None:
    answer = studio.post("/orders", {"lines": [{"sku": 1, "quantity": "2"}], "extra": 1})
    told = answer.get_json()
    assert {"/lines/0/sku", "/lines/0/quantity", "/extra", "/payment_method", "/accepted_clauses"} == pointers(answer)
    assert {error["detail"] for error in told["errors"] if error["pointer"] == "/extra"} == {"Questo campo non esiste."}
    assert told["type"] == "/problems/validation"
    assert told["instance"] == answer.headers["X-Request-Id"]
