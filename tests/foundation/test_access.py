from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from flask_babel import Babel
from flask_wtf import CSRFProtect

from foundation import access, formats
from foundation.access import SIGN_IN_PATH, access_of, public, requires
from foundation.ids import new_id
from foundation.principal import DESK_ROLES, STUDIO_ROLES, Principal, act_as, current_principal

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = new_id()


def _sign_in_by_header() -> None:
    role = request.headers.get("Role")
    if role:
        by_token = TOKEN if "Token" in request.headers else None
        act_as(Principal(new_id(), new_id(), role, token_id=by_token, second_factor="Factor" in request.headers))


@pytest.fixture(scope="module")
def browser() -> FlaskClient:
    """A small application with one route of each kind behind the same guard."""
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(SECRET_KEY="tests", WTF_CSRF_ENABLED=False)
    Babel(app, locale_selector=formats.language)
    CSRFProtect(app)
    formats.install(app)
    app.before_request(_sign_in_by_header)
    access.install(app)

    def a_view() -> Callable[[], Response]:
        def view() -> Response:
            return Response("came in")

        return view

    for place in ("", "/api"):
        name = place.strip("/")
        app.add_url_rule(f"{place}/open", f"{name}open", public(a_view()))
        app.add_url_rule(f"{place}/owners", f"{name}owners", requires("owner")(a_view()), methods=["GET", "POST"])
        app.add_url_rule(f"{place}/desk", f"{name}desk", requires("finance", "support")(a_view()))
        app.add_url_rule(f"{place}/silent", f"{name}silent", a_view())
    return app.test_client()


def _status(browser: FlaskClient, path: str, role: str = "", **headers: str) -> int:
    given = {"Role": role, **headers} if role else headers
    return browser.get(path, headers=given).status_code


def test_anybody_comes_in_where_the_route_is_public(browser: FlaskClient) -> None:
    assert _status(browser, "/open") == _status(browser, "/open", "owner") == 200


@pytest.mark.parametrize("role", ["owner", "staff", "admin", "finance", "support", "product", ""])
def test_nobody_comes_in_where_the_route_says_nothing(browser: FlaskClient, role: str) -> None:
    assert _status(browser, "/silent", role, Factor="1") in {302, 403}


def test_a_person_without_a_name_is_sent_to_sign_in_and_back(browser: FlaskClient) -> None:
    answer = browser.get("/owners?page=2")
    assert answer.status_code == 302
    assert answer.location == f"{SIGN_IN_PATH}?next=%2Fowners%3Fpage%3D2"
    assert browser.post("/owners").location == f"{SIGN_IN_PATH}?next=%2F", "a form is not sent again unasked"


def test_a_program_without_a_token_is_told_to_bring_one(browser: FlaskClient) -> None:
    answer = browser.get("/api/owners")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("role", ["staff", "studio", "member", "invitee", "support", "OWNER", "owner "])
def test_another_role_is_refused(browser: FlaskClient, role: str) -> None:
    assert _status(browser, "/owners", role) == 403
    assert _status(browser, "/api/owners", role) == 403


def test_the_named_role_comes_in(browser: FlaskClient) -> None:
    assert _status(browser, "/owners", "owner") == 200


def test_finance_needs_its_second_factor_and_support_does_not(browser: FlaskClient) -> None:
    without = browser.get("/desk", headers={"Role": "finance"})
    assert (without.status_code, without.location) == (302, access.SECOND_FACTOR_PATH)
    assert _status(browser, "/desk", "finance", Factor="1") == 200
    assert _status(browser, "/desk", "support") == 200


def test_a_token_of_finance_is_its_own_factor(browser: FlaskClient) -> None:
    assert _status(browser, "/api/desk", "finance", Token="1") == 200


def test_a_principal_knows_on_which_side_of_the_desk_it_stands() -> None:
    for role in STUDIO_ROLES:
        assert Principal(None, new_id(), role).is_studio
    for role in DESK_ROLES:
        assert Principal(new_id(), None, role).is_desk
        assert not Principal(new_id(), None, role).is_studio
    assert Principal(None, None, "product").is_one_of({"product", "admin"})


def test_without_a_request_somebody_signed_in_there_is_nobody(app: Flask) -> None:
    with app.app_context():
        assert current_principal() is None
        act_as(Principal(None, None, "admin"))
        assert current_principal() is not None
        act_as(None)
        assert current_principal() is None


def test_access_is_found_behind_a_method_view(app: Flask) -> None:
    class Orders:
        @requires("owner")
        def get(self) -> str:
            return ""

    def view() -> str:
        return ""

    view.view_class = Orders  # type: ignore[attr-defined]
    with app.test_request_context(method="GET"):
        found = access_of(view)
        assert found is not None
        assert found.roles == {"owner"}
    with app.test_request_context(method="POST"):
        assert access_of(view) is None
