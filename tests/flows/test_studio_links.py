"""Studios and their clients (D19, D22; M5): asked for, linked, unlinked, blocked."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from entitlements.connections.link_requests import (
    LinkRequest,
    answer_request,
    ask_invited_client,
    ask_to_link,
    requests_of,
)
from entitlements.connections.linking import block, lift, link_state
from entitlements.links import StudioLink, link_of
from foundation.mail import Mail, MemoryMailer
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.factories import a_company, a_studio, a_user
from tests.flows.linking import (
    COMPANY_FORM,
    STUDIO_NUMBER,
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
from tests.stories import owner_of


def test_a_company_registers_asks_its_studio_and_is_linked_when_the_studio_accepts(
    app: Flask, client: FlaskClient, tx: Transact, run_jobs: RunJobs, letters: MemoryMailer
) -> None:
    with tx() as session:
        studio = a_studio(session, name="Studio Rossi", vat_number=STUDIO_NUMBER, email="studio@rossi.example.it")
        owner = a_user(session, studio.id)
    home = register(client, run_jobs, letters)
    assert "Officina Brambilla" in home.text
    assert "Il tuo commercialista" in home.text
    assert client.get("/coupon").status_code == 403, "the owner of a company is no owner of a studio"

    page = visit(client, "/commercialista")
    assert "Nessuno studio è collegato" in page.text
    page = page.press("Invia la richiesta", {"identifier": "007"})
    assert page.status == 422
    page = page.press("Invia la richiesta", {"identifier": STUDIO_NUMBER})
    assert f"Hai chiesto il collegamento a {STUDIO_NUMBER}" in page.text
    run_jobs()
    assert subjects(letters, "studio@rossi.example.it") == ["Officina Brambilla S.r.l. ti chiede il collegamento"]

    desk = browser(app, owner)
    received = visit(desk, "/aziende/collegamenti")
    assert "Officina Brambilla S.r.l. chiede il collegamento" in received.text
    assert "Collegamento attivo" in received.press("Accetta").text
    clients = visit(desk, "/aziende")
    assert "Senza licenza" in clients.text
    one = clients.follow("Officina Brambilla")
    assert "con una richiesta accettata" in one.text
    one = one.press("Salva il soprannome", {"nickname": "  La  Bottega "})
    assert "La Bottega" in visit(desk, "/aziende?q=bottega").text, "a client is found by its nickname"

    studio_page = visit(client, "/commercialista").follow("Gestisci")
    studio_page = studio_page.press("Salva i permessi", {"documents": "read", "payments": "none"})
    assert "Permessi salvati" in studio_page.text
    assert "Sola lettura" in visit(desk, one.path).text
    run_jobs()
    assert "Studio Rossi ha accettato il collegamento" in subjects(letters, COMPANY_FORM["email"])


def test_unlinking_is_typed_says_what_stays_and_moves_neither_licence_nor_money(app: Flask, tx: Transact) -> None:
    with tx() as session:
        studio, owner, company_id = client_with_licence(session)
    desk = browser(app, owner)
    page = visit(desk, f"/aziende/{company_id}/scollega")
    assert "non si sposta nulla" in page.text
    assert "Continui a pagare tu" in page.text
    refused = page.press("Scollega Officina", {"confirmation": "forse"})
    assert refused.status == 422
    assert "forse" in refused.soup.select_one("#confirmation")["value"]  # type: ignore[index]
    with tx() as session:
        before = licences_of(session, company_id)
    done = page.press("Scollega Officina", {"confirmation": "scollega"})
    assert "Cliente scollegato" in done.text
    with tx() as session:
        assert link_of(session, studio.id, company_id) is None
        assert licences_of(session, company_id) == before
        assert payer_of(session, company_id) == ("STUDIO", studio.id)
    again = post(desk, f"/aziende/{company_id}/scollega", confirmation="SCOLLEGA")
    assert again.status_code == 303, "unlinking twice unlinks once"
    assert "Non siete collegati" in visit(desk, f"/aziende/{company_id}/collegamento").text, "who pays still sees it"


def test_a_blocked_company_cannot_be_linked_is_told_kindly_and_may_again_once_the_block_is_lifted(
    app: Flask, tx: Transact
) -> None:
    with tx() as session:
        studio = a_studio(session, vat_number=STUDIO_NUMBER)
        owner = a_user(session, studio.id)
        company = a_company(session, vat_number="06363391001", tax_code="06363391001")
        boss = a_user(session, company.id)
    desk, seat = browser(app, owner), browser(app, boss)

    def ask_and_accept() -> Page:
        visit(seat, "/commercialista").press("Invia la richiesta", {"identifier": STUDIO_NUMBER})
        return visit(desk, "/aziende/collegamenti").press("Accetta")

    ask_and_accept()
    page = visit(desk, f"/aziende/{company.id}/scollega")
    page.press("Scollega", {"confirmation": "SCOLLEGA", "block": "1"})
    with tx() as session:
        assert link_state(session, studio.id, company.id) == "BLOCKED"
    assert (
        "Hai chiesto" in visit(seat, "/commercialista").press("Invia la richiesta", {"identifier": STUDIO_NUMBER}).text
    )
    blocked = visit(desk, "/aziende/collegamenti")
    assert "chiede il collegamento" not in blocked.text, "what is blocked does not ask again"
    visit(desk, "/aziende/collegamenti").press("Togli il blocco")
    assert "chiede il collegamento" in visit(desk, "/aziende/collegamenti").text
    visit(desk, "/aziende/collegamenti").press("Accetta")
    with tx() as session:
        assert link_state(session, studio.id, company.id) == "LINKED"
        assert len(session.scalars(select(StudioLink).where(StudioLink.company_id == company.id)).all()) == 2


def test_an_invited_client_has_nothing_asked_where_a_link_or_a_block_stands(tx: Transact) -> None:
    with tx() as session:
        scene, company, _boss = linked_with_account(session)
        by = owner_of(scene.studio)
        ask_invited_client(session, "06363391001", by)
        block(session, scene.studio.id, company.id, by)
        ask_invited_client(session, "06363391001", by)
        assert requests_of(session, company.id) == []
        lift(session, scene.studio.id, company.id, by)
        ask_invited_client(session, "06363391001", by)
        assert len(requests_of(session, company.id)) == 1


def test_two_who_ask_each_other_are_linked_without_waiting(app: Flask, tx: Transact) -> None:
    with tx() as session:
        studio = a_studio(session, vat_number=STUDIO_NUMBER)
        owner = a_user(session, studio.id)
        company = a_company(session, vat_number="06363391001", tax_code="06363391001")
        boss = a_user(session, company.id)
    visit(browser(app, owner), "/aziende/collegamenti").press("Invia la richiesta", {"identifier": "06363391001"})
    visit(browser(app, boss), "/commercialista").press("Invia la richiesta", {"identifier": STUDIO_NUMBER})
    with tx() as session:
        assert link_state(session, studio.id, company.id) == "LINKED"


def test_what_is_typed_for_a_client_stays_text(app: Flask, tx: Transact) -> None:
    with tx() as session:
        _studio, owner, company_id = client_with_licence(session)
    desk = browser(app, owner)
    hostile = "<script>alert(1)</script>\x00\r\nBcc: a@example.it" + "x" * 100
    assert post(desk, f"/aziende/{company_id}/collegamento", nickname=hostile).status_code == 303
    page = visit(desk, "/aziende")
    assert "<script>alert(1)</script>" not in page.response.text
    assert "&lt;script&gt;" in page.response.text
    injected = post(desk, f"/aziende/{company_id}/accesso", email="a@example.it\r\nBcc: b@example.it")
    assert injected.status_code == 302
    with tx() as session:
        assert session.scalars(select(Mail).where(Mail.template == "company_member_invited")).all() == []


def test_each_side_is_written_to_in_the_language_of_its_first_owner(
    app: Flask, tx: Transact, run_jobs: RunJobs, letters: MemoryMailer
) -> None:
    with tx() as session:
        studio = a_studio(session, name="Studio Rossi", vat_number=STUDIO_NUMBER, email="studio@rossi.example.it")
        a_user(session, studio.id, locale="en")
        company = a_company(session, name="Officina Verdi", email="officina@verdi.example.it")
        a_user(session, company.id)
        ask_to_link(session, STUDIO_NUMBER, owner_of(company))
        request = session.scalars(select(LinkRequest)).one()
        answer_request(session, request.id, accept=True, by=owner_of(studio))
    run_jobs()
    assert subjects(letters, "studio@rossi.example.it") == ["Officina Verdi asks you for the link"]
    assert subjects(letters, "officina@verdi.example.it") == ["Studio Rossi ha accettato il collegamento"]
    assert app is not None
