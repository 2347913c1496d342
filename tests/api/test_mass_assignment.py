"""S06: every column of the tables behind a body, posted into that body, is an unknown field and changes nothing."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect

from entitlements import Company, Coupon, Party, stock_of
from shop import Order, OrderLine
from tests.api.caller import Caller, a_stocked_studio, caller, company_json, order_body, pointers
from tests.conftest import Transact
from tests.stories import a_paid_order

BEYOND = ("role", "tenant_id", "is_admin", "balance", "paid", "admin", "__proto__", "constructor")


def _columns(*models: type[Any]) -> list[str]:
    return sorted({column.key for model in models for column in inspect(model).columns} | set(BEYOND))


def _posted(columns: list[str], known: set[str]) -> dict[str, Any]:
    return {name: 1 for name in columns if name not in known}


@pytest.fixture
def studio(client: FlaskClient, tx: Transact) -> tuple[Caller, Party]:
    party = a_stocked_studio(tx)
    return caller(client, "studio", party.id), party


def test_no_column_of_an_order_can_be_posted(studio: tuple[Caller, Party]) -> None:
    call, _party = studio
    known = {"lines", "payment_method", "billing", "purchase_order_ref"}
    extra = _posted(_columns(Order), known)
    answer = call.post("/orders", order_body() | extra)
    assert answer.status_code == 422
    assert {f"/{name}" for name in extra} == pointers(answer)
    inside = _posted(_columns(OrderLine), {"sku", "quantity"})
    for path in ("/orders", "/quotes"):
        lines = [{"sku": "LITE-10", "quantity": 1} | inside]
        answer = call.post(path, (order_body() if path == "/orders" else {}) | {"lines": lines})
        assert {f"/lines/0/{name}" for name in inside} == pointers(answer)


def test_no_column_of_a_company_or_coupon_can_be_posted(studio: tuple[Caller, Party], tx: Transact) -> None:
    call, party = studio
    with tx() as session:
        a_paid_order(session, party)
        coupon, _pack = stock_of(session, party.id)[0]
    known = {*company_json(), "pec", "phone"}
    extra = _posted(_columns(Company, Coupon, Party), known)
    answer = call.post(f"/coupons/{coupon.id}/activate", {"company": company_json() | extra, "state": "ACTIVE"})
    assert answer.status_code == 422
    assert {f"/company/{name}" for name in extra} | {"/state"} == pointers(answer)
    assert call.get(f"/coupons/{coupon.id}").get_json()["state"] == "AVAILABLE"


def test_cancelling_takes_no_fields(studio: tuple[Caller, Party]) -> None:
    call, _party = studio
    number = call.post("/orders", order_body()).get_json()["number"]
    answer = call.post(f"/orders/{number}/cancel", {"state": "PAID", "refund_cents": 1})
    assert pointers(answer) == {"/state", "/refund_cents"}
    assert call.get(f"/orders/{number}").get_json()["state"] == "AWAITING_PAYMENT"
