"""The description is the API: no route without its operation, no operation without its route, and a page for people."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from foundation.access import access_of
from foundation.throttle import ThrottleCounter
from tests.api.caller import Caller, caller
from tests.conftest import Transact

ITS_OWN = {"/api/openapi.json", "/api/docs"}


def _described(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/openapi.json")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.get_json()
    return told


def _routes(app: Flask) -> set[tuple[str, str]]:
    return {
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.rule not in ITS_OWN
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_routes_and_operations_are_the_same(client: FlaskClient) -> None:
    operations = {
        (path, method.upper())
        for path, methods in _described(client)["paths"].items()
        for method in methods
        if method != "parameters"
    }
    assert operations == _routes(client.application)
    assert ("/api/v1/orders", "POST") in operations


def test_every_route_of_the_api_names_its_roles(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1"):
            with app.test_request_context(method="GET"):
                access = access_of(app.view_functions[rule.endpoint])
            assert access is not None, rule
            assert access.roles, rule
            assert not access.anybody, rule


def test_every_effect_but_usage_and_quotes_takes_a_key(client: FlaskClient) -> None:
    for path, methods in _described(client)["paths"].items():
        if "post" in methods:
            names = {parameter["name"] for parameter in methods["post"].get("parameters", [])}
            assert ("Idempotency-Key" in names) != path.endswith(("/usage", "/quotes")), path


def test_every_effect_on_an_object_may_be_in_the_way_of_its_state(client: FlaskClient) -> None:
    """Usage too, though its reference is its key: 409 says what is left."""
    for path, methods in _described(client)["paths"].items():
        if "post" in methods and path != "/api/v1/quotes":
            assert {"400", "409", "413", "415", "422"} <= methods["post"]["responses"].keys(), path


def test_the_description_is_openapi_3_1_and_asks_for_a_token(client: FlaskClient) -> None:
    told = _described(client)
    assert told["openapi"] == "3.1.0"
    assert told["security"] == [{"token": []}]
    assert told["components"]["schemas"]["Order"]["properties"]["checkout_url"]["type"] == ["string", "null"]
    assert told["components"]["schemas"]["NewOrder"]["additionalProperties"] is False


def test_people_read_the_description_as_a_page_without_scripts_of_others(client: FlaskClient) -> None:
    page = client.get("/api/docs")
    html = page.get_data(as_text=True)
    assert page.status_code == 200
    for path in _described(client)["paths"]:
        assert path in html
    assert "Idempotency-Key" in html
    assert "https://" not in re.sub(r'"https://checkout.stripe.com[^"]*"', "", html)


def test_every_type_of_problem_has_a_page(client: FlaskClient) -> None:
    types = client.application.extensions["gettone.problem_types"]
    assert len(types) > 25
    for slug, told in types.items():
        page = client.get(f"/problems/{slug}")
        assert page.status_code == 200, slug
        assert str(told.title) in page.get_data(as_text=True) or "&#39;" in page.get_data(as_text=True), slug
    assert client.get("/problems/no-such-thing").status_code == 404


def test_what_is_refused_before_it_is_read_is_told_alike(client: FlaskClient) -> None:
    studio_less = Caller(client)
    wrong = Caller(client, {"Authorization": "Bearer gtn_wrong"})
    product = caller(client, "product")
    answers = (
        (studio_less.get("/orders"), 401, "token-required"),
        (wrong.get("/orders"), 401, "token-required"),
        (product.get("/orders"), 403, "role-refused"),
        (product.get("/nothing"), 404, "not-found"),
        (product.post("/me"), 405, "method-not-allowed"),
    )
    types = client.application.extensions["gettone.problem_types"]
    for answer, status, slug in answers:
        told = answer.get_json()
        assert (answer.status_code, told["type"]) == (status, f"/problems/{slug}")
        assert told["title"] == str(types[slug].title)
        assert answer.content_type == "application/problem+json"
    assert answers[0][0].headers["WWW-Authenticate"] == "Bearer"
    assert "POST" not in answers[-1][0].headers["Allow"]


def test_a_token_is_told_how_many_requests_are_left(client: FlaskClient) -> None:
    product = caller(client, "support")
    first, second = product.get("/me"), product.get("/me")
    assert int(first.headers["RateLimit-Limit"]) == 600
    assert int(first.headers["RateLimit-Remaining"]) - int(second.headers["RateLimit-Remaining"]) == 1
    assert 1 <= int(first.headers["RateLimit-Reset"]) <= 60


def test_a_token_that_asks_too_often_is_told_when_to_come_back(client: FlaskClient, tx: Transact) -> None:
    support = caller(client, "support")
    support.get("/me")
    with tx() as session:
        session.execute(update(ThrottleCounter).values(count=600))
    answer = support.get("/me")
    assert (answer.status_code, answer.get_json()["type"]) == (429, "/problems/too-many-requests")
    assert answer.headers["RateLimit-Remaining"] == "0"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert caller(client, "support").get("/me").status_code == 200


@pytest.mark.parametrize("role", ["finance", "support", "admin", "product"])
def test_the_vendors_tokens_say_who_they_are(client: FlaskClient, role: str) -> None:
    told = caller(client, role).get("/me").get_json()
    assert (told["role"], told["party"]) == (role, None)
