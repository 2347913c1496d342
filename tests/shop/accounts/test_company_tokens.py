"""A company's owner makes tokens of the role company: the company's own programs buy and read for it alone."""

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop import ApiToken
from tests.conftest import Transact
from tests.factories import a_company, a_studio, a_user
from tests.shop.accounts.test_tokens_and_commands import run
from tests.signing import post, sign_in


def test_a_companys_owner_makes_a_token_of_its_company_and_revokes_it(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        company = a_company(session)
        owner = a_user(session, company.id)
    sign_in(client, owner)
    assert "/account/token" in client.get("/account").text
    page = post(client, "/account/token", name="Gestionale", role="studio").text
    secret = re.findall(r"gtn_[\w-]{43}", page)[0]
    assert "Azienda" in client.get("/account/token").text
    headers = {"Authorization": f"Bearer {secret}"}
    who = client.get("/api/v1/me", headers=headers).get_json()
    assert (who["role"], who["party"]["id"]) == ("company", str(company.id))
    with tx() as session:
        row = session.scalars(select(ApiToken)).one()
        assert (row.role, row.party_id) == ("company", company.id)
    post(client, f"/account/token/{row.id}/revoca")
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_a_companys_member_makes_none(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        member = a_user(session, a_company(session).id, "member")
    sign_in(client, member)
    assert client.get("/account/token").status_code == 403
    assert post(client, "/account/token", name="mio").status_code == 403


def test_a_command_makes_a_companys_token_by_its_tax_code_or_id(app: Flask, tx: Transact) -> None:
    with tx() as session:
        company = a_company(session, tax_code="01114601006")
        a_studio(session, tax_code="00743110157")
    command = ("users", "token", "company", "--name", "app", "--json", "--company")
    said = json.loads(run(app, *command, "01114601006")[1])
    assert (said["changed"], said["token"][:4]) == (True, "gtn_")
    assert json.loads(run(app, *command, str(company.id))[1])["changed"] is False
    with tx() as session:
        row = session.scalars(select(ApiToken)).one()
        assert (row.role, row.party_id) == ("company", company.id)
    code, output = run(app, *command, "00743110157")
    assert (code, json.loads(output)) == (1, {"code": "company_not_found"})


def test_a_tax_code_of_two_companies_asks_for_the_id(app: Flask, tx: Transact) -> None:
    with tx() as session:
        a_company(session, tax_code="01114601006")
        other = a_company(session, tax_code="01114601006", registered_at=None)
    command = ("users", "token", "company", "--name", "app", "--json", "--company")
    code, output = run(app, *command, "01114601006")
    assert (code, json.loads(output)) == (1, {"code": "company_not_unique"})
    assert json.loads(run(app, *command, str(other.id))[1])["changed"] is True


@pytest.mark.parametrize(
    "arguments",
    [("company",), ("company", "--studio", "CS-7"), ("studio", "--company", "X"), ("product", "--company", "X")],
)
def test_a_token_is_of_the_party_its_role_is_about(app: Flask, arguments: tuple[str, ...]) -> None:
    assert run(app, "users", "token", *arguments, "--name", "app")[0] == 2
