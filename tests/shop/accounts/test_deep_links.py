import base64
import hashlib
import hmac
import json
import time
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from foundation.ids import new_id
from sandbox.accounting.links import entrance_token
from sandbox.accounting.signatures import key_of
from shop.accounts.deep_links import DESTINATIONS
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import post, settings_of

RIGHT: dict[str, Any] = {"studio": "CS-0001", "user": "owner@rossi.example", "to": "/coupon"}


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def a_link(client: FlaskClient, secret: str | None = None, **changes: object) -> str:
    """A token as the accounting program makes it: base64url(JSON) + "." + base64url(HMAC-SHA256)."""
    claims = {**RIGHT, "exp": int(time.time()) + 120, "nonce": new_id().hex, **changes}
    first = base64url(json.dumps(claims).encode())
    key = base64.b64decode((secret or settings_of(client).provisioning_secret).removeprefix("whsec_"))
    return f"{first}.{base64url(hmac.digest(key, first.encode(), hashlib.sha256))}"


@pytest.fixture
def studio(tx: Transact) -> None:
    with tx() as session:
        rossi = a_studio(session, name="Studio Rossi", external_ref="CS-0001")
        other = a_studio(session, name="Studio Bianchi", external_ref="CS-0002")
        a_user(session, rossi.id, email="owner@rossi.example")
        a_user(session, other.id, email="owner@bianchi.example")


def follow(client: FlaskClient, token: str) -> int:
    return post(client, "/entra", token=token).status_code


@pytest.mark.usefixtures("studio")
def test_looking_at_the_link_signs_nobody_in_and_the_button_does_once(client: FlaskClient) -> None:
    token = a_link(client)
    looks = [client.get("/entra", query_string={"token": token}) for _look in range(3)]
    assert {page.status_code for page in looks} == {200}
    assert "Attiva coupon acquistati" in looks[0].text
    assert looks[0].headers["Referrer-Policy"] == "strict-origin"
    assert client.get("/account").status_code == 302
    answer = post(client, "/entra", token=token)
    assert answer.location == "/coupon"
    assert "Studio Rossi" in client.get("/account").text
    post(client, "/esci")
    again = post(client, "/entra", token=token)
    assert again.status_code == 410
    assert "già stato usato" in again.text
    assert client.get("/account").status_code == 302


@pytest.mark.usefixtures("studio")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"exp": int(time.time()) - 1}, "scaduto"),
        ({"exp": int(time.time()) + 3600}, "scaduto"),
        ({"exp": "9999999999"}, "non è valido"),
        ({"exp": True}, "non è valido"),
        ({"nonce": "short"}, "non è valido"),
        ({"nonce": 17}, "non è valido"),
        ({"studio": None}, "non è valido"),
        ({"studio": "CS-9999"}, "Non ti riconosciamo"),
        ({"studio": "CS-0002"}, "Non ti riconosciamo"),
        ({"user": "nessuno@rossi.example"}, "Non ti riconosciamo"),
        ({"user": "owner@bianchi.example"}, "Non ti riconosciamo"),
    ],
)
def test_links_that_are_late_wrong_or_somebody_elses_get_a_kind_page(
    client: FlaskClient, changes: dict[str, Any], said: str
) -> None:
    answer = post(client, "/entra", token=a_link(client, **changes))
    assert answer.status_code == 410
    assert said in answer.text
    assert client.get("/account").status_code == 302


@pytest.mark.usefixtures("studio")
def test_only_the_shared_secret_signs(client: FlaskClient) -> None:
    stranger = "whsec_" + base64.b64encode(b"another secret of thirty-two bytes").decode()
    token = a_link(client)
    first, _, tag = token.partition(".")
    forged = base64url(json.dumps({**RIGHT, "exp": int(time.time()) + 99, "nonce": "n" * 32}).encode())
    tokens = (a_link(client, stranger), f"{forged}.{tag}", first, f"{first}.", f".{tag}", "", "ò.ò", "a" * 3000, "!.!")
    assert {follow(client, token) for token in tokens} == {410}
    assert {client.get("/entra", query_string={"token": token}).status_code for token in tokens} == {410}


@pytest.mark.usefixtures("studio")
@pytest.mark.parametrize(
    "wanted",
    [
        *("//evil.example", "https://evil.example", "/account/token", "/desk", "/\\evil.example"),
        *("/catalogo?next=//evil.example#offer-lite-1", "/catalogo#offer-lite-1\n", "/catalogo?azienda=x#offer-lite-1"),
    ],
)
def test_a_link_leads_only_to_the_sections_it_may_open(client: FlaskClient, wanted: str) -> None:
    assert post(client, "/entra", token=a_link(client, to=wanted)).location == "/"


@pytest.mark.usefixtures("studio")
def test_a_link_opens_every_section_of_the_shop(client: FlaskClient) -> None:
    ways = {wanted: post(client, "/entra", token=a_link(client, to=wanted)).location for wanted in DESTINATIONS}
    assert ways == {wanted: wanted for wanted in DESTINATIONS}


@pytest.mark.usefixtures("studio")
def test_a_link_opens_one_product_for_one_company(client: FlaskClient) -> None:
    company = f"?azienda={UUID(int=7)}"
    for wanted in ("/catalogo#offer-einvoicing-seat", f"/catalogo{company}#offer-module-documents"):
        assert post(client, "/entra", token=a_link(client, to=wanted)).location == wanted


@pytest.mark.usefixtures("studio")
def test_the_link_of_the_sandbox_opens_the_shop(client: FlaskClient) -> None:
    key = key_of(settings_of(client).provisioning_secret)
    token = entrance_token(key, {"studio": "CS-0001"}, "owner@rossi.example", "/catalogo", time.time())
    assert post(client, "/entra", token=token).location == "/catalogo"
