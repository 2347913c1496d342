"""The company somebody works on (F002-07): own and clients' companies, chosen by a POST, found among thousands."""

from flask import Flask
from sqlalchemy import text

from entitlements import Cause
from entitlements.links import set_payer
from foundation.database import APPLICATION_ROLE
from foundation.ids import new_id
from tests.browsing import visit
from tests.conftest import Transact
from tests.factories import MembershipFactory, a_company, a_studio, a_user, using
from tests.flows.linking import browser, client_with_licence
from tests.signing import post
from tests.statements import statements

A_DOZEN = 12


def test_a_studio_picks_a_client_works_on_it_and_what_it_buys_then_is_for_that_client(app: Flask, tx: Transact) -> None:
    with tx() as session:
        _studio, owner, company_id = client_with_licence(session)
    desk = browser(app, owner)
    page = visit(desk, "/account").follow("Scegli l’azienda")
    assert "Lavori su" not in page.text
    page = page.press("Lavora su questa")
    assert "Ora lavori su Officina Brambilla" in page.text
    assert "Lavori su Officina Brambilla" in visit(desk, "/catalogo").text
    post(desk, "/carrello/righe", sku="INVOICES-100", quantity="1")
    with tx() as session:
        chosen = "SELECT for_party_id FROM cart_lines WHERE sku = 'INVOICES-100'"
        assert session.execute(text(chosen)).scalar_one() == company_id
    rest = visit(desk, "/catalogo").press("Smetti")
    assert "Lavori su" not in visit(desk, rest.path).text


def test_somebody_elses_company_is_not_there_and_looking_chooses_nothing(app: Flask, tx: Transact) -> None:
    with tx() as session:
        _studio, _owner, company_id = client_with_licence(session)
        stranger = a_user(session, a_studio(session).id)
        boss = a_user(session, company_id)
    other = browser(app, stranger)
    assert post(other, "/account/aziende", company=str(company_id)).status_code == 404
    other.get(f"/account/aziende?company={company_id}")
    assert "Lavori su" not in visit(other, "/account/aziende").text
    assert post(browser(app, boss), "/account/aziende", company=str(company_id)).status_code == 404


def test_a_company_picks_no_other_company_not_even_one_that_pays_for_itself(app: Flask, tx: Transact) -> None:
    with tx() as session:
        _studio, _owner, company_id = client_with_licence(session)
        set_payer(session, company_id, company_id, "COMPANY", Cause("test", new_id()))
        curious = a_user(session, a_company(session).id)
    answer = post(browser(app, curious), "/account/aziende", company=str(company_id))
    assert answer.status_code == 404
    assert "Officina Brambilla" not in answer.text


def test_a_person_of_two_companies_sees_both_and_passes_from_one_to_the_other(app: Flask, tx: Transact) -> None:
    with tx() as session:
        first, second = a_company(session, name="Prima Azienda"), a_company(session, name="Seconda Azienda")
        person = a_user(session, first.id)
        with using(session):
            MembershipFactory.create(user_id=person.id, party_id=second.id)
    page = visit(browser(app, person), "/account/aziende")
    assert "Prima Azienda Attiva" in page.text
    assert "Seconda Azienda" in page.press("Passa a questa").text


def test_a_client_is_found_among_five_thousand_with_a_dozen_questions(app: Flask, tx: Transact) -> None:
    with tx() as session:
        studio = a_studio(session)
        owner = a_user(session, studio.id)
        session.execute(
            text(
                "WITH made AS (INSERT INTO parties"
                " (id, kind, name, sort_name, address, vat_number, version, created_at)"
                " SELECT gen_random_uuid(), 'COMPANY', 'Azienda ' || n, 'azienda ' || lpad(n::text, 5, '0'), '{}',"
                " lpad(n::text, 11, '0'), 1, now() FROM generate_series(1, 5000) AS n RETURNING id)"
                " INSERT INTO studio_links (id, studio_id, company_id, linked_at, permissions, cause_kind, cause_id)"
                " SELECT gen_random_uuid(), :studio, made.id, now(), '{}', 'directory', :studio FROM made"
            ),
            {"studio": studio.id},
        )
        # As autovacuum would within a minute; the application's own role may not.
        for statement in ("SET LOCAL ROLE NONE", "ANALYZE parties, studio_links", f"SET LOCAL ROLE {APPLICATION_ROLE}"):
            session.execute(text(statement))
    desk = browser(app, owner)
    for page in ("/account/aziende?q=azienda+4321", "/aziende?q=azienda+4321"):
        desk.get(page)
        with statements(app) as sent:
            found = desk.get(page)
        assert "Azienda 4321" in found.text
        assert found.text.count("Azienda 43") <= 10
        assert len(sent) <= A_DOZEN
