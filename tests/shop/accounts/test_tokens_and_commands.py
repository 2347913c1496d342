import json
import re

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from foundation.tokens import token_hash
from shop import ApiToken, Membership, User
from shop.accounts.demo_companies import COMPANY_OWNERS
from shop.accounts.demo_people import DEMO_PASSWORD, PEOPLE, demo_people
from shop.accounts.passwords import hash_password
from shop.accounts.users_cli import users_commands
from shop.prepare_cli import _fill, _greeting
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import post, settings_of, sign_in


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a `flask` command."""
    with app.app_context():
        done = CliRunner().invoke(users_commands, list(arguments[1:]))
    return done.exit_code, done.output


def test_an_owner_makes_a_token_sees_it_once_and_revokes_it(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        owner = a_user(session, a_studio(session).id)
    sign_in(client, owner)
    assert post(client, "/account/token", name=" ").status_code == 422
    page = post(client, "/account/token", name="Gestionale", role="admin").text
    secret = re.findall(r"gtn_[\w-]{43}", page)[0]
    listed = client.get("/account/token").text
    assert secret not in listed
    assert "Gestionale" in listed
    with tx() as session:
        row = session.scalars(select(ApiToken)).one()
        assert (row.token_hash, row.role) == (token_hash(secret), "studio")
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/orders", headers=headers).status_code == 200
    post(client, f"/account/token/{row.id}/revoca")
    assert client.get("/api/v1/orders", headers=headers).status_code == 401


def test_nobody_revokes_the_token_of_another_studio(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        owner, stranger = a_user(session, a_studio(session).id), a_user(session, a_studio(session).id)
    sign_in(client, owner)
    post(client, "/account/token", name="Gestionale")
    with tx() as session:
        row = session.scalars(select(ApiToken)).one()
    sign_in(client, stranger)
    post(client, f"/account/token/{row.id}/revoca")
    with tx() as session:
        assert session.get_one(ApiToken, row.id).revoked_at is None


@pytest.mark.parametrize("role", ["product", "finance", "support", "admin"])
def test_an_administrator_makes_tokens_for_the_vendors_programs(client: FlaskClient, tx: Transact, role: str) -> None:
    with tx() as session:
        admin = a_user(session, a_studio(session).id, "admin")
    sign_in(client, admin)
    assert post(client, "/desk/token", name="x", role="studio").status_code == 422
    assert "gtn_" in post(client, "/desk/token", name="Fatturazione", role=role).text
    with tx() as session:
        row = session.scalars(select(ApiToken)).one()
        assert (row.role, row.party_id) == (role, None)


def test_people_are_made_disabled_and_given_tokens_by_command(app: Flask, tx: Transact) -> None:
    with tx() as session:
        a_studio(session, tax_code="00743110157", external_ref="CS-7")
    command = ("users", "create", "Nuova@demo.example", "--name", "Nuova Persona", "--role", "support", "--json")
    code, output = run(app, *command, "--dry-run")
    assert code == 0
    assert json.loads(output)["changed"] is True
    with tx() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 0
    said = json.loads(run(app, *command)[1])
    assert said["changed"] is True
    assert "/password/" in said["link"]
    assert json.loads(run(app, *command)[1])["changed"] is False
    token = json.loads(run(app, "users", "token", "product", "--name", "app", "--json")[1])
    assert token["token"].startswith("gtn_")
    assert json.loads(run(app, "users", "token", "product", "--name", "app", "--json")[1])["changed"] is False
    studio = json.loads(run(app, "users", "token", "studio", "--studio", "CS-7", "--name", "app", "--json")[1])
    assert studio["changed"] is True
    assert json.loads(run(app, "users", "disable", "nuova@demo.example", "--json")[1])["changed"] is True
    assert json.loads(run(app, "users", "disable", "nuova@demo.example", "--json")[1])["changed"] is False
    assert run(app, "users", "disable", "mai@demo.example")[0] == 1
    assert run(app, "users", "token", "studio", "--studio", "CS-0", "--name", "app")[0] == 1
    assert run(app, "users", "token", "studio", "--name", "app")[0] == 2
    assert run(app, "users", "token", "product", "--name", " ")[0] == 2
    assert run(app, "users", "create", "x@y.it", "--name", "X", "--role", "emperor")[0] == 2
    assert run(app, "users", "create", "x", "--name", "X", "--role", "support")[0] == 2
    assert run(app, "users", "create", "x@y.it", "--name", " ", "--role", "support")[0] == 2


def test_whoever_is_disabled_leaves_no_working_token_behind(client: FlaskClient, app: Flask, tx: Transact) -> None:
    with tx() as session:
        admin = a_user(session, a_studio(session, kind="VENDOR", vat_number=None, tax_code=None).id, "admin")
    sign_in(client, admin)
    token = re.findall(r"gtn_[\w-]+", post(client, "/desk/token", name="mio", role="admin").text)[0]
    asked = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/v1/me", headers=asked).status_code == 200
    assert run(app, "users", "disable", admin.email)[0] == 0
    assert app.test_client().get("/api/v1/me", headers=asked).status_code == 401


def test_an_account_opened_before_an_appointment_is_worthless_to_whoever_opened_it(
    app: Flask, client: FlaskClient, tx: Transact
) -> None:
    with tx() as session:
        theirs = a_studio(session)
        squatter = a_user(session, theirs.id, email="capo@venditore.example", email_confirmed_at=None)
        squatter.password_hash = hash_password("sette gatti neri")
    sign_in(client, squatter)
    code, said = run(app, "users", "create", "capo@venditore.example", "--name", "Capo", "--role", "admin", "--json")
    assert code == 0, said
    assert "/password/" in json.loads(said)["link"]
    assert client.get("/account").status_code == 302
    with tx() as session:
        assert session.get_one(User, squatter.id).password_hash is None


def test_a_lost_phone_is_forgotten_by_command(app: Flask, tx: Transact) -> None:
    with tx() as session:
        user = a_user(session, a_studio(session).id, "finance", totp_confirmed_at=None)
        session.get_one(User, user.id).totp_confirmed_at = user.created_at
    assert json.loads(run(app, "users", "reset-second-factor", user.email, "--json")[1])["changed"] is True
    with tx() as session:
        stored = session.get_one(User, user.id)
        assert (stored.totp_confirmed_at, stored.totp_version) == (None, 2)
    assert json.loads(run(app, "users", "reset-second-factor", user.email, "--json")[1])["changed"] is False


def test_the_demo_has_its_people_once_and_they_can_sign_in(client: FlaskClient, tx: Transact) -> None:
    seller = settings_of(client).seller
    for _time in range(2):
        with tx() as session:
            demo_people(session, seller)
    with tx() as session:
        assert session.scalar(select(func.count()).select_from(Membership)) == len(PEOPLE)
    for person in PEOPLE:
        answer = post(client, "/accedi", email=person.email, password=DEMO_PASSWORD)
        second = person.role in {"finance", "admin"}
        assert answer.location == ("/accedi/verifica" if second else "/"), person.email
        post(client, "/esci")


def test_preparing_fills_a_sandbox_and_says_who_can_sign_in(app: Flask, tx: Transact) -> None:
    with app.app_context():
        settings = app.extensions["gettone.settings"]
        _fill(settings)
        _fill(settings)
    said = _greeting(list(PEOPLE))
    assert all(person.email in said for person in PEOPLE)
    assert DEMO_PASSWORD in said
    with tx() as session:
        assert session.scalar(select(func.count()).select_from(User)) == len(PEOPLE) + len(COMPANY_OWNERS)
