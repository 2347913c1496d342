import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from foundation.database import Model
from foundation.ids import new_id
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import sign_in
from tests.stories import a_paid_order, stock_the_shop

FINGERPRINT = 'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{}" t'
PROGRAMS = ("/api/", "/webhooks/", "/.well-known/")
# Counters of tries and the note of when a session was used are no state of the shop.
NO_STATE = frozenset({"throttle_counters", "web_sessions"})
FILLED = {"uuid": str(new_id()), "int": "1", "string": "qualcosa", "number": "ORD-2026-000001", "path": "qualcosa"}


def paths(app: Flask, method: str) -> Iterator[str]:
    """Every page's address for a method, its parts filled in with what exists nowhere."""
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and not rule.rule.startswith(PROGRAMS) and rule.endpoint != "static":
            yield re.sub(
                r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>", lambda found: FILLED.get(found[1] or "string", "x"), rule.rule
            )


def test_every_form_without_its_token_is_refused(client: FlaskClient, app: Flask, tx: Transact) -> None:
    with tx() as session:
        user = a_user(session, a_studio(session).id)
    sign_in(client, user)
    asked = [(method, path) for method in ("POST", "PUT", "PATCH", "DELETE") for path in paths(app, method)]
    answers = {(method, path): client.open(path, method=method).status_code for method, path in asked}
    unprotected = [address for address, status in answers.items() if status not in {400, 403}]
    print(f"routes={len(answers)} unprotected={len(unprotected)}")
    assert len(answers) > 20
    assert unprotected == []


def test_a_token_of_another_session_is_refused(client: FlaskClient, app: Flask, tx: Transact) -> None:
    with tx() as session:
        user = a_user(session, a_studio(session).id)
    sign_in(client, user)
    foreign = app.test_client().get("/accedi").text
    token = re.findall(r'name="csrf_token" value="([^"]+)"', foreign)[0]
    assert client.post("/account/dati", data={"csrf_token": token, "name": "Altro Nome"}).status_code == 400
    own = re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/account").text)[0]
    assert client.post("/account/dati", data={"csrf_token": own, "name": "Altro Nome"}).status_code == 302


@pytest.mark.parametrize("role", ["owner", "staff", "support", "finance", "admin"])
def test_reading_any_page_changes_nothing(client: FlaskClient, app: Flask, tx: Transact, role: str) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        a_paid_order(session, studio)
        user = a_user(session, studio.id, role)
    sign_in(client, user)
    before = everything(tx)
    failed = [path for path in paths(app, "GET") if client.get(path).status_code >= 500]
    assert failed == []
    after = everything(tx)
    assert {name for name in before if before[name] != after[name]} == set()


def everything(tx: Transact) -> dict[str, object]:
    """A fingerprint of every table that is state of the shop."""
    with tx() as session:
        return {
            name: session.execute(text(FINGERPRINT.format(name))).scalar()
            for name in Model.metadata.tables
            if name not in NO_STATE
        }
