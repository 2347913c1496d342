"""Studios and their clients (D14, D19, D22; M4-M6): linked, unlinked, blocked; who pays; moving to another studio."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import Outside
from entitlements import Party, Ready, Refused, apply_answer, payer_at, rights_of
from entitlements.companies import Company, CompanyAlreadyExists
from entitlements.connections.link_requests import (
    LinkRequest,
    answer_request,
    ask_invited_client,
    ask_to_link,
    requests_of,
)
from entitlements.connections.linking import block, lift, link_state, unlink
from entitlements.links import StudioLink, link_of
from entitlements.wallets import WalletBucket, fill_bucket
from foundation import clock
from foundation.ids import new_id
from foundation.mail import Mail, MemoryMailer
from foundation.principal import Principal
from shop import User
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.entitlements.scenes import Scene, a_scene, an_activation
from tests.factories import a_company, a_studio, a_user
from tests.signing import post, sign_in
from tests.stories import owner_of

RunJobs = Callable[[], int]
COMPANY_FORM = {
    "name": "Officina Brambilla S.r.l.",
    "vat_number": "06363391001",
    "tax_code": "06363391001",
    "street": "Via Garibaldi 4",
    "postal_code": "20121",
    "city": "Milano",
    "province": "MI",
    "country": "IT",
    "sdi_code": "M5UXCR1",
    "owner_name": "Mario Brambilla",
    "email": "mario@brambilla.example.it",
    "password": "sette gatti verdi",
    "terms": "1",
}
STUDIO_NUMBER = "00743110157"
# Of the studio that has the client: another one than the tests write to.
OWN_NUMBER = "06363391001"


@pytest.fixture
def letters(outside: Outside) -> MemoryMailer:
    """The letters sent during the test."""
    assert isinstance(outside.mailer, MemoryMailer)
    return outside.mailer


def browser(app: Flask, user: User) -> FlaskClient:
    """This person's browser, signed in."""
    client = app.test_client()
    sign_in(client, user)
    return client


def subjects(letters: MemoryMailer, to: str) -> list[str]:
    """What somebody was written, oldest first."""
    return [str(message["Subject"]) for message in letters.messages if message["To"] == to]


def link_in(letters: MemoryMailer, start: str) -> str:
    """The path of the last link that begins with `start`, in any letter."""
    bodies = [message.get_body(("plain",)) for message in letters.messages]
    found = [path for body in bodies if body for path in re.findall(rf"8000({start}\S+)", body.get_content())]
    assert found
    return str(found[-1])


def register(client: FlaskClient, run_jobs: RunJobs, letters: MemoryMailer, **changes: str) -> Page:
    """A company registers, confirms its address and comes in; answers its home page."""
    form = COMPANY_FORM | changes
    assert post(client, "/registrati/azienda", **form).status_code == 200
    run_jobs()
    assert post(client, link_in(letters, "/conferma/")).status_code == 302
    assert post(client, "/accedi", email=form["email"], password=form["password"]).status_code == 302
    return visit(client, "/")


def client_with_licence(session: Session) -> tuple[Party, User, UUID]:
    """A studio, its owner, and a company it activated with a coupon."""
    scene = a_scene(session)
    scene.studio.vat_number = OWN_NUMBER
    company_id = an_activation(session, scene)
    apply_answer(session, company_id, Ready("remote-1"), "call")
    return scene.studio, scene.owner, company_id


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
        before = _licences(session, company_id)
    done = page.press("Scollega Officina", {"confirmation": "scollega"})
    assert "Cliente scollegato" in done.text
    with tx() as session:
        assert link_of(session, studio.id, company_id) is None
        assert _licences(session, company_id) == before
        assert _payer(session, company_id) == ("STUDIO", studio.id)
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


def linked_with_account(session: Session) -> tuple[Scene, Party, User]:
    """A studio with coupons and a linked client that registered itself, with the client's owner."""
    scene = a_scene(session)
    number = {"vat_number": "06363391001", "tax_code": "06363391001"}
    company = a_company(session, **number, name="Officina", email="mario@officina.example.it")
    ask_to_link(session, number["tax_code"], owner_of(scene.studio))
    (request, _studio), *_rest = requests_of(session, company.id)
    answer_request(session, request.id, True, owner_of(company))
    return scene, company, a_user(session, company.id)


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
        assert _payer(session, company.id) == ("STUDIO", scene.studio.id)
        assert len(_licences(session, company.id)) == 1
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


def test_the_studio_hands_the_payments_to_its_client_who_agrees_and_both_keep_the_history(
    app: Flask, client: FlaskClient, tx: Transact, run_jobs: RunJobs, letters: MemoryMailer
) -> None:
    """D14, M4: coupon -> the studio pays; only an accepted handover changes that, in either direction."""
    with tx() as session:
        studio, owner, company_id = client_with_licence(session)
    desk = browser(app, owner)
    page = visit(desk, f"/aziende/{company_id}/collegamento")
    assert "Paghi tu" in page.text
    assert not page.has_button("Proponi che paghi l’azienda"), "nobody of the company could agree"
    page.press("Invia l’invito", {"email": "titolare@brambilla.example.it"})
    run_jobs()
    invitation = link_in(letters, "/invito/persona/")
    assert post(client, invitation, name="Mario Brambilla", password="sette gatti verdi").status_code == 302
    assert "Officina Brambilla" in visit(client, "/").text

    page = visit(desk, f"/aziende/{company_id}/collegamento").press("Proponi che paghi l’azienda")
    assert "Proposta inviata" in page.text
    with tx() as session:
        assert _payer(session, company_id) == ("STUDIO", studio.id), "a proposal changes nothing"
    run_jobs()
    assert any("proposta su chi paga" in subject for subject in subjects(letters, "info@brambilla.example.it"))
    done = visit(client, "/commercialista").press("Accetta")
    assert "da adesso paga chi avete concordato" in done.text
    with tx() as session:
        assert _payer(session, company_id) == ("COMPANY", company_id)
        assert link_state(session, studio.id, company_id) == "LINKED", "who pays and who works are two facts"

    visit(client, "/commercialista").follow("Gestisci").press("Proponi che paghi lo studio")
    refused = visit(desk, "/aziende/collegamenti").press("Rifiuta")
    assert "non è cambiato nulla" in refused.text
    visit(client, "/commercialista").follow("Gestisci").press("Proponi che paghi lo studio")
    visit(desk, "/aziende/collegamenti").press("Accetta")
    with tx() as session:
        assert _payer(session, company_id) == ("STUDIO", studio.id)
    told = visit(desk, f"/aziende/{company_id}/collegamento").part("section[aria-labelledby=payer]")
    assert told.count("passaggio concordato") == 2
    assert "con un coupon dello studio" in told


def test_nobody_accepts_their_own_proposal_and_an_ended_one_stays_ended(app: Flask, tx: Transact) -> None:
    with tx() as session:
        _studio, owner, company_id = client_with_licence(session)
        boss = a_user(session, company_id)
    desk, seat = browser(app, owner), browser(app, boss)
    post(desk, f"/aziende/{company_id}/chi-paga")
    with tx() as session:
        handover = session.execute(text("SELECT id FROM payer_handovers")).scalar_one()
    assert post(desk, f"/collegamenti/pagamenti/{handover}", answer="accept").status_code == 409
    assert post(seat, f"/collegamenti/pagamenti/{handover}", answer="decline").status_code == 303
    late = post(seat, f"/collegamenti/pagamenti/{handover}", answer="accept")
    assert late.status_code == 409
    assert "già chiusa" in late.text


def test_a_client_moves_to_another_studio_once_all_three_have_agreed(app: Flask, tx: Transact) -> None:
    with tx() as session:
        old, owner, company_id = client_with_licence(session)
        boss = a_user(session, company_id)
        new = a_studio(session, name="Studio Nuovo", vat_number=STUDIO_NUMBER, tax_code=STUDIO_NUMBER)
        taker = a_user(session, new.id)
    desk, seat, other = browser(app, owner), browser(app, boss), browser(app, taker)
    page = visit(desk, f"/aziende/{company_id}/collegamento")
    page = page.press("Proponi il passaggio", {"identifier": STUDIO_NUMBER, "with_payer": "1"})
    assert "quando tutti hanno accettato" in page.text
    assert "Mancano gli altri" in visit(other, "/aziende/collegamenti").press("Accetta").text
    with tx() as session:
        assert link_state(session, old.id, company_id) == "LINKED"
    assert "Passaggio completato" in visit(seat, "/commercialista").press("Accetta").text
    with tx() as session:
        assert link_state(session, old.id, company_id) == "UNLINKED"
        assert link_state(session, new.id, company_id) == "LINKED"
        assert _payer(session, company_id) == ("STUDIO", new.id)
        told = session.scalars(select(Mail.recipient).where(Mail.template == "move_done")).all()
        assert {old.email, new.email} < set(told)
    assert desk.get(f"/aziende/{company_id}").status_code == 404, "the old studio is out"
    assert "Officina Brambilla" in visit(other, "/aziende").text


def test_a_proposal_nobody_answers_ends_after_thirty_days(
    app: Flask, tx: Transact, run_jobs: RunJobs, advance: Callable[..., None]
) -> None:
    with tx() as session:
        _studio, owner, company_id = client_with_licence(session)
        a_user(session, company_id)
    desk = browser(app, owner)
    post(desk, f"/aziende/{company_id}/chi-paga")
    post(desk, f"/aziende/{company_id}/passaggio", identifier=STUDIO_NUMBER)
    post(desk, "/aziende/collegamenti", identifier="07643520567")
    advance(timedelta(days=31))
    run_jobs()
    with tx() as session:
        for table in ("payer_handovers", "studio_moves", "link_requests"):
            assert session.execute(text(f"SELECT state FROM {table}")).scalars().all() == ["EXPIRED"]  # noqa: S608


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


def _payer(session: Session, company_id: UUID) -> tuple[str, UUID]:
    period = payer_at(session, company_id, clock.now())
    assert period is not None
    return period.payer, period.payer_party_id


def _licences(session: Session, company_id: UUID) -> list[tuple[str, str]]:
    rights = rights_of(session, session.get_one(Company, company_id))
    return [(licence.plan, term.ends_on.isoformat()) for licence, term in rights.licences]


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
