"""Pages: a cursor goes on where it stood, whatever was inserted meanwhile, and cannot be made up."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from entitlements import Party, activate_coupon, stock_of
from tests.api.caller import Caller, a_stocked_studio, caller, order_body
from tests.conftest import Transact
from tests.factories import a_company, a_studio
from tests.stories import a_paid_order, company_data, owner_of


@pytest.fixture
def party(tx: Transact) -> Party:
    return a_stocked_studio(tx)


@pytest.fixture
def studio(client: FlaskClient, party: Party) -> Caller:
    return caller(client, "studio", party.id)


def _pages(call: Caller, path: str, **query: str | int) -> Iterator[list[dict[str, Any]]]:
    cursor: str | None = None
    while True:
        page = call.get(path, **query, **({"cursor": cursor} if cursor else {})).get_json()
        yield page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def test_pages_of_coupons_hold_each_once_in_order(studio: Caller, party: Party, tx: Transact) -> None:
    with tx() as session:
        a_paid_order(session, party, "LITE-10", 2)
    pages = list(_pages(studio, "/coupons", limit=7))
    ids = [coupon["id"] for page in pages for coupon in page]
    assert [len(page) for page in pages] == [7, 7, 6]
    assert ids == sorted(set(ids))


def test_orders_placed_meanwhile_neither_repeat_nor_hide_a_row(studio: Caller) -> None:
    placed = [studio.post("/orders", order_body()).get_json()["number"] for _ in range(4)]
    pages = _pages(studio, "/orders", limit=2)
    seen = next(pages)
    studio.post("/orders", order_body())
    seen += next(pages)
    assert [order["number"] for order in seen] == placed[::-1]


def test_companies_come_by_name_for_a_studio_and_all_of_them_for_the_vendor(
    studio: Caller, party: Party, client: FlaskClient, tx: Transact
) -> None:
    numbers = ("06363391001", "00743110157", "07643520567")
    with tx() as session:
        other = a_studio(session)
        for owner, name, number in zip((party, party, other), ("Beta", "Àlfa", "Gamma"), numbers, strict=True):
            a_paid_order(session, owner)
            coupon, _pack = stock_of(session, owner.id, state="AVAILABLE")[0]
            data = company_data(name=name, vat_number=number, tax_code=number)
            activate_coupon(session, coupon.id, data, owner_of(owner))
    own = [row["name"] for page in _pages(studio, "/companies", limit=1) for row in page]
    everybody = [row["name"] for page in _pages(caller(client, "product"), "/companies", limit=2) for row in page]
    assert own == ["Àlfa", "Beta"]
    assert everybody == ["Àlfa", "Beta", "Gamma"]
    found = studio.get("/companies", search="%").get_json()["items"]
    assert found == []


def test_a_companys_list_is_filtered_like_everybody_elses(
    client: FlaskClient, party: Party, tx: Transact, run_jobs: Callable[[], int]
) -> None:
    with tx() as session:
        a_paid_order(session, party)
        coupon, _pack = stock_of(session, party.id, state="AVAILABLE")[0]
        company = activate_coupon(session, coupon.id, company_data(name="Beta"), owner_of(party))
        registered = a_company(session)
    run_jobs()
    itself = caller(client, "company", company.id)
    for query, seen in (({}, 1), ({"state": "READY"}, 1), ({"search": "bet"}, 1), ({"state": "REJECTED"}, 0)):
        assert len(itself.get("/companies", **query).get_json()["items"]) == seen, query
    assert itself.get("/companies", search="zzzz").get_json()["items"] == []
    assert caller(client, "company", registered.id).get("/companies").get_json()["items"] == []


@pytest.mark.parametrize("letter", ["ø", "ŉ"])
def test_a_cursor_to_the_longest_name_is_taken_back(studio: Caller, party: Party, tx: Transact, letter: str) -> None:
    name = "A" + letter * 79
    with tx() as session:
        a_paid_order(session, party)
        for number in ("06363391001", "00743110157"):
            coupon, _pack = stock_of(session, party.id, state="AVAILABLE")[0]
            data = company_data(name=name, vat_number=number, tax_code=number)
            activate_coupon(session, coupon.id, data, owner_of(party))
    assert [row["name"] for page in _pages(studio, "/companies", limit=1) for row in page] == [name, name]


def test_a_cursor_that_was_not_made_for_this_list_is_refused(studio: Caller, party: Party, tx: Transact) -> None:
    with tx() as session:
        a_paid_order(session, party)
    cursor = studio.get("/coupons", limit=2).get_json()["next_cursor"]
    payload, _, tag = cursor.partition(".")
    for forged in (payload, f"{payload}x.{tag}", f"{payload}.{tag[::-1]}", "è.è", "."):
        assert studio.get("/coupons", cursor=forged).status_code == 422, forged
    assert studio.get("/orders", cursor=cursor).status_code == 422
    assert studio.get("/events", after=cursor).status_code == 422
    assert studio.get("/coupons", cursor=cursor).status_code == 200


def test_coupons_are_filtered_by_state_type_and_code(studio: Caller, party: Party, tx: Transact) -> None:
    with tx() as session:
        a_paid_order(session, party)
        coupon, _pack = stock_of(session, party.id)[3]
    assert len(studio.get("/coupons", state="AVAILABLE").get_json()["items"]) == 10
    assert studio.get("/coupons", state="ACTIVE").get_json()["items"] == []
    assert studio.get("/coupons", coupon_type="ORDINARY").get_json()["items"] == []
    assert [row["id"] for row in studio.get("/coupons", code=coupon.code).get_json()["items"]] == [str(coupon.id)]
    assert studio.get("/coupons", state="LOST").status_code == 422


def test_somebody_elses_orders_and_coupons_are_not_there(
    studio: Caller, party: Party, client: FlaskClient, tx: Transact
) -> None:
    number = studio.post("/orders", order_body()).get_json()["number"]
    with tx() as session:
        a_paid_order(session, party)
        coupon, _pack = stock_of(session, party.id)[0]
        stranger = caller(client, "studio", a_studio(session).id)
    missing = UUID(int=7)
    for path in (f"/orders/{number}", f"/coupons/{coupon.id}", f"/coupons/{missing}", "/orders/ORD-2020-000001"):
        answer = stranger.get(path)
        assert answer.status_code == 404, path
        assert answer.content_type == "application/problem+json"
    assert stranger.post(f"/orders/{number}/cancel").status_code == 404
    assert stranger.post(f"/coupons/{coupon.id}/activate", {"company": {}}).status_code == 404
    assert stranger.get("/orders").get_json()["items"] == []
    assert caller(client, "finance").get(f"/orders/{number}").status_code == 200
