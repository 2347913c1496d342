"""S02 and F003-11: a coupon is activated once, with data that is checked, and no step is skipped."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from entitlements import Party, stock_of
from tests.api.caller import Caller, a_stocked_studio, caller, company_json, order_body, pointers
from tests.conftest import Transact
from tests.stories import a_paid_order

OTHER = {"vat_number": "00743110157", "tax_code": "00743110157", "name": "Falegnameria Neri S.r.l."}


@pytest.fixture
def party(tx: Transact) -> Party:
    return a_stocked_studio(tx)


@pytest.fixture
def studio(client: FlaskClient, party: Party) -> Caller:
    return caller(client, "studio", party.id)


@pytest.fixture
def coupon_id(party: Party, tx: Transact) -> str:
    with tx() as session:
        a_paid_order(session, party)
        return str(stock_of(session, party.id)[0][0].id)


def test_a_used_coupon_is_not_used_again(studio: Caller, coupon_id: str) -> None:
    path = f"/coupons/{coupon_id}/activate"
    assert studio.post(path, {"company": company_json()}).status_code == 202
    answer = studio.post(path, {"company": company_json(**OTHER)})
    assert (answer.status_code, answer.get_json()["type"]) == (409, "/problems/coupon-not-available")


def test_one_tax_code_has_one_company(studio: Caller, party: Party, coupon_id: str, tx: Transact) -> None:
    studio.post(f"/coupons/{coupon_id}/activate", {"company": company_json()})
    with tx() as session:
        free = stock_of(session, party.id, state="AVAILABLE")[0][0].id
    answer = studio.post(f"/coupons/{free}/activate", {"company": company_json()})
    assert (answer.status_code, answer.get_json()["type"]) == (409, "/problems/company-already-exists")
    assert studio.get(f"/coupons/{free}").get_json()["state"] == "AVAILABLE"


def test_an_unpaid_order_has_nothing_to_activate(studio: Caller) -> None:
    studio.post("/orders", order_body())
    assert studio.get("/coupons").get_json()["items"] == []


WRONG: list[tuple[dict[str, Any], set[str]]] = [
    ({"vat_number": "06363391002"}, {"/company/vat_number"}),
    ({"registered_office": {"street": "Via Roma 1"}}, {"/company/registered_office/city"}),
    ({"legal_representative": {"tax_code": "XXX"}}, {"/company/legal_representative/tax_code"}),
    ({"ateco": {"code": "99.99.99", "edition": "2025"}}, {"/company/ateco/code"}),
    ({"legal_form": "CIRCUS"}, {"/company/legal_form"}),
    ({"name": None}, {"/company/name"}),
]


@pytest.mark.parametrize(("change", "wrong"), WRONG, ids=str)
def test_wrong_data_is_told_field_by_field(
    studio: Caller, coupon_id: str, change: dict[str, Any], wrong: set[str]
) -> None:
    answer = studio.post(f"/coupons/{coupon_id}/activate", {"company": company_json(**change)})
    assert answer.status_code == 422
    assert wrong <= pointers(answer), answer.get_json()
    assert studio.get(f"/coupons/{coupon_id}").get_json()["state"] == "AVAILABLE"


def test_a_doubt_is_told_and_stops_nothing(studio: Caller, coupon_id: str) -> None:
    answer = studio.post(f"/coupons/{coupon_id}/activate", {"company": company_json(accounting_regime="ORDINARY")})
    assert answer.status_code == 202
    warned = answer.get_json()["warnings"]
    assert {warning["code"] for warning in warned} & {"accounting_beyond_coupon", "ordinary_accounting_compulsory"}
    assert all(warning["pointer"].startswith("/company/") for warning in warned)


@pytest.mark.parametrize("field", ["legal_form", "tax_regime", "accounting_regime"])
def test_a_closed_list_is_in_the_description_and_in_the_refusal(studio: Caller, coupon_id: str, field: str) -> None:
    schemas = studio.client.get("/api/openapi.json").get_json()["components"]["schemas"]
    words = schemas["CompanyData"]["properties"][field]["enum"]
    assert company_json()[field] in words
    for wrong in ("CIRCUS", None):
        answer = studio.post(f"/coupons/{coupon_id}/activate", {"company": company_json(**{field: wrong})})
        (error,) = [one for one in answer.get_json()["errors"] if one["pointer"] == f"/company/{field}"]
        assert all(word in error["detail"] for word in words if word is not None), error


def test_the_editions_of_the_activity_code_are_in_the_description(client: FlaskClient) -> None:
    schemas = client.get("/api/openapi.json").get_json()["components"]["schemas"]
    assert "2025" in schemas["Ateco"]["properties"]["edition"]["enum"]
