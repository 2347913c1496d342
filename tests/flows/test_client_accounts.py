"""A client that has an account of its own: found once, whoever asks, and told to nobody (M6)."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from entitlements import Party, Ready, Refused, apply_answer
from entitlements.companies import CompanyAlreadyExists
from entitlements.connections.linking import link_state, unlink
from entitlements.wallets import WalletBucket, fill_bucket
from foundation import clock
from foundation.ids import new_id
from foundation.mail import MemoryMailer
from foundation.principal import Principal
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.entitlements.scenes import a_scene, an_activation
from tests.factories import a_company, a_studio, a_user
from tests.flows.linking import (
    COMPANY_FORM,
    RunJobs,
    browser,
    client_with_licence,
    licences_of,
    linked_with_account,
    payer_of,
    register,
    subjects,
)
from tests.signing import post


def test_a_company_that_is_there_already_is_refused_without_a_word_about_whose_it_is(
    client: FlaskClient, tx: Transact, run_jobs: RunJobs, letters: MemoryMailer
) -> None:
    """M6: activated by a studio, registered by its owner, or new: the page is the same."""
    with tx() as session:
        client_with_licence(session)
        a_company(session, vat_number="07643520567", tax_code="07643520567")
    number = {"vat_number": "07643520567", "tax_code": "07643520567"}
    fresh = {"vat_number": "02780790107", "tax_code": "02780790107"}
    answers = []
    for place, changes in enumerate(({}, number, fresh)):
        answer = post(client, "/registrati/azienda", **COMPANY_FORM | changes | {"email": f"a{place}@example.it"})
        page = Page(client, answer)
        answers.append((answer.status_code, page.part("main").replace(f"a{place}@", "")))
    assert len(set(answers)) == 1
    run_jobs()
    assert [subjects(letters, f"a{place}@example.it") for place in range(3)] == [
        ["Questa azienda è già registrata"],
        ["Questa azienda è già registrata"],
        ["Conferma il tuo indirizzo"],
    ]


def test_a_request_says_nothing_about_who_is_registered_and_finds_the_company_that_registers_later(
    app: Flask, client: FlaskClient, tx: Transact, run_jobs: RunJobs, letters: MemoryMailer
) -> None:
    with tx() as session:
        studio = a_studio(session, name="Studio Verdi")
        owner = a_user(session, studio.id)
        a_user(session, a_company(session, vat_number="07643520567", tax_code="07643520567").id)
    desk = browser(app, owner)
    said = []
    for number in ("07643520567", "06363391001"):
        page = visit(desk, "/aziende/collegamenti").press("Invia la richiesta", {"identifier": number})
        said.append(page.part(".g-flash, main").replace(number, ""))
        page.press("Ritira")
    assert said[0] == said[1]
    visit(desk, "/aziende/collegamenti").press("Invia la richiesta", {"identifier": "06363391001"})
    register(client, run_jobs, letters)
    run_jobs()
    assert "Studio Verdi ti chiede il collegamento" in subjects(letters, COMPANY_FORM["email"])
    assert "Collegamento attivo" in visit(client, "/commercialista").press("Accetta").text
    with tx() as session:
        company = session.scalars(select(Party).where(Party.tax_code == "06363391001")).one()
        assert link_state(session, studio.id, company.id) == "LINKED"


def test_a_coupon_for_a_linked_client_gives_its_licence_to_the_account_it_has(app: Flask, tx: Transact) -> None:
    """One party, not two; what the client says of itself stands, and another studio learns nothing (M6)."""
    with tx() as session:
        scene, company, boss = linked_with_account(session)
        assert an_activation(session, scene) == company.id
        apply_answer(session, company.id, Ready("remote-1"), "call")
        rival = a_scene(session)
    with tx() as session, pytest.raises(CompanyAlreadyExists):
        an_activation(session, rival)
    with tx() as session:
        found = session.scalars(select(Party).where(Party.tax_code == "06363391001")).one()
        assert (found.id, found.name, found.email) == (company.id, "Officina", "mario@officina.example.it")
        assert payer_of(session, company.id) == ("STUDIO", scene.studio.id)
        assert len(licences_of(session, company.id)) == 1
    assert "Officina" in visit(browser(app, scene.owner), f"/aziende/{company.id}").text
    clients = visit(browser(app, scene.owner), "/aziende").text
    assert clients.count("06363391001") == 1, "one client, with its licence"
    assert "Senza licenza 0" in " ".join(clients.split())
    assert visit(browser(app, boss), "/commercialista").status == 200


def test_a_refused_company_that_has_an_account_keeps_what_is_its_own(tx: Transact) -> None:
    with tx() as session:
        scene, company, _boss = linked_with_account(session)
        bucket = WalletBucket(
            holder_party_id=company.id,
            meter="credits",
            funding="BONUS",
            granted=10,
            ends_on=None,
            sku="credits",
            cause_kind="correction",
            cause_id=new_id(),
            created_at=clock.now(),
        )
        assert fill_bucket(session, bucket)
        an_activation(session, scene)
        apply_answer(session, company.id, Refused("no"), "call")
    with tx() as session:
        assert session.scalars(select(WalletBucket.holder_party_id)).all() == [company.id]
        assert link_state(session, scene.studio.id, company.id) == "LINKED"
        again = an_activation(session, scene)
        assert again != company.id, "the vendor forgets no refusal: the corrected data are a new company's"


def test_a_link_that_ended_while_the_company_was_created_stays_ended(tx: Transact) -> None:
    with tx() as session:
        scene, company, boss = linked_with_account(session)
        an_activation(session, scene)
        unlink(session, scene.studio.id, company.id, Principal(boss.id, company.id, "company_owner"))
        apply_answer(session, company.id, Ready("remote-1"), "call")
    with tx() as session:
        assert link_state(session, scene.studio.id, company.id) == "UNLINKED"
