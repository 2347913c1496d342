"""After the purchase, as stories: what is left to do before a service can be used, and who says that it is done."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from entitlements import Company, grant, rights_of
from foundation import clock
from foundation.ids import new_id
from foundation.webhook_signatures import signed_headers
from tests.conftest import Transact
from tests.factories import a_company as a_registered_company
from tests.factories import a_user
from tests.running import (
    BASE,
    COLLECTION_STEPS,
    COLLECTIONS,
    DOCUMENTS,
    PANEL,
    a_company,
    a_term,
    bought,
    line_for_party,
)
from tests.signing import post, settings_of, sign_in, sign_in_by_token
from tests.stories import stock_the_shop

Run = Callable[[], int]


@dataclass(frozen=True)
class Firm:
    """A company with a new base and the module for collections; its owner at the keyboard."""

    id: UUID
    base: UUID
    module: UUID
    owner: FlaskClient


@pytest.fixture
def firm(client: FlaskClient, tx: Transact) -> Firm:
    """Bought today, to the end of a year."""
    with tx() as session:
        company = a_company(session)
        term = (clock.today(), clock.today() + timedelta(days=365))
        base = bought(session, company, replace(BASE, setup=PANEL), *term)
        module = bought(session, company, replace(COLLECTIONS, setup=COLLECTION_STEPS), *term)
        owner = a_user(session, company.id, "owner")
    sign_in(client, owner)
    return Firm(company.id, base, module, client)


def _states(tx: Transact, firm: Firm) -> dict[str, str]:
    with tx() as session:
        company = session.get_one(Company, firm.id)
        return {right.licence.sku: right.state for right in rights_of(session, company.id).services}


def _tick(firm: Firm, licence: UUID, code: str) -> str:
    answer = post(firm.owner, f"/servizi/{licence}/passi/{code}")
    return firm.owner.get(answer.location).text if answer.location else str(answer.status_code)


def _letter(firm: Firm, data: dict[str, Any]) -> int:
    raw = json.dumps({"type": "service.step_done", "data": data}).encode()
    headers = signed_headers(settings_of(firm.owner).provisioning_secret, f"msg_{new_id().hex}", raw)
    browser = firm.owner.application.test_client()
    return browser.post("/webhooks/provisioning", data=raw, headers=headers).status_code


def test_a_new_base_is_usable_once_its_panel_is_configured(firm: Firm, tx: Transact) -> None:
    """F004-05: the first configuration of the panel."""
    assert _states(tx, firm)[BASE.sku] == "SETUP_REQUIRED"
    page = firm.owner.get("/servizi").text
    assert "Da completare" in page
    assert "Configura il pannello" in page
    assert "Passo completato" in _tick(firm, firm.base, "PANEL")
    assert _states(tx, firm)[BASE.sku] == "ACTIVE"
    assert "Era già completato" in _tick(firm, firm.base, "PANEL")


def test_collections_are_usable_only_after_pairing_and_then_the_guided_activation(
    firm: Firm, tx: Transact, run_jobs: Run
) -> None:
    """F004-14, D29: one step by the company, one by the vendor's software; the optional one is not waited for."""
    assert "si completa nel programma" in _tick(firm, firm.module, "GUIDED_ACTIVATION").lower()
    assert "Passo completato" in _tick(firm, firm.module, "PAIRING")
    assert _states(tx, firm)[COLLECTIONS.sku] == "SETUP_REQUIRED"
    done = {"id": str(firm.id), "service_id": str(firm.module), "code": "GUIDED_ACTIVATION"}
    assert [_letter(firm, done) for _time in range(2)] == [204, 204]
    run_jobs()
    assert _states(tx, firm)[COLLECTIONS.sku] == "ACTIVE"
    page = firm.owner.get("/servizi").text
    assert "facoltativo" in page
    assert page.count("Fatto") == 2


def test_a_step_that_does_not_exist_changes_nothing(firm: Firm, tx: Transact, run_jobs: Run) -> None:
    assert _tick(firm, firm.module, "NONE") == "404"
    assert _tick(firm, new_id(), "PAIRING") == "404"
    for data in (
        {"id": str(firm.id), "service_id": str(firm.module), "code": "NONE"},
        {"id": str(new_id()), "service_id": str(firm.module), "code": "PAIRING"},
        {"id": str(firm.id), "service_id": "nothing", "code": "PAIRING"},
    ):
        assert _letter(firm, data) == 204
    run_jobs()
    assert _states(tx, firm)[COLLECTIONS.sku] == "SETUP_REQUIRED"
    assert _letter(firm, {"id": str(firm.id)}) == 400


def test_the_rights_say_by_api_what_runs_until_when_and_what_is_left_to_do(firm: Firm, tx: Transact) -> None:
    """M19, M21: now, before it was bought, and after its end."""
    headers = sign_in_by_token(firm.owner, "company", firm.id)
    path = f"/api/v1/companies/{firm.id}/entitlements"
    told = firm.owner.get(path, headers=headers).get_json()
    base, module = told["services"]
    assert (base["kind"], base["state"], module["kind"], module["state"]) == (
        "base_service",
        "SETUP_REQUIRED",
        "addon",
        "SETUP_REQUIRED",
    )
    assert base["ends_on"] == (clock.today() + timedelta(days=365)).isoformat()
    assert base["last_day"] == (clock.today() + timedelta(days=364)).isoformat()
    assert base["causes"][0]["action"] == "START"
    assert [step["code"] for step in module["setup"]] == ["PAIRING", "GUIDED_ACTIVATION", "TOUR"]
    later = (clock.now() + timedelta(days=400)).isoformat().replace("+00:00", "Z")
    after = firm.owner.get(f"{path}?at={later}", headers=headers).get_json()
    assert [one["state"] for one in after["services"]] == ["LIMITED", "SUSPENDED"]
    before = (clock.now() - timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert firm.owner.get(f"{path}?at={before}", headers=headers).get_json()["services"] == []
    with tx() as session:
        company = session.get_one(Company, firm.id)
        today = clock.today()
        bought(session, company, DOCUMENTS, today, today + timedelta(days=365))
    assert len(firm.owner.get(path, headers=headers).get_json()["services"]) == 3


def test_the_studio_that_pays_sees_the_services_of_its_company(firm: Firm, tx: Transact) -> None:
    with tx() as session:
        studio_id = session.get_one(Company, firm.id).requested_by_party_id
        owner = a_user(session, studio_id, "owner")
        stranger = a_user(session, a_company(session).requested_by_party_id, "owner")
    browser = firm.owner.application.test_client()
    sign_in(browser, owner)
    page = browser.get(f"/aziende/{firm.id}/servizi")
    assert page.status_code == 200
    assert "Da fare dall’azienda" in page.text
    other = firm.owner.application.test_client()
    sign_in(other, stranger)
    assert other.get(f"/aziende/{firm.id}/servizi").status_code == 404


def test_a_company_that_registered_itself_exists_with_its_first_base_service(
    client: FlaskClient, tx: Transact, run_jobs: Run
) -> None:
    """F004-05, D14: it is created as it registered, and pays for itself."""
    with tx() as session:
        stock_the_shop(session)
        party = a_registered_company(session, name="Azienda Nuova")
        owner = a_user(session, party.id, "owner")
    sign_in(client, owner)
    assert "Nessun servizio attivo" in client.get("/servizi").text
    with tx() as session:
        today = clock.today()
        term = a_term(BASE, today, today + timedelta(days=365))
        assert grant(session, line_for_party(party.id, BASE, term))
    run_jobs()
    with tx() as session:
        rights, state = rights_of(session, party.id), session.get_one(Company, party.id).state
    assert (state, rights.payer, rights.services[0].state) == ("READY", "COMPANY", "ACTIVE")
    assert BASE.sku in client.get("/servizi").text
