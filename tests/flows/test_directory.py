"""The accountants' directory (F002-02 to F002-04, D13): a public profile, a search, a pick that links at once."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from entitlements.connections.directory import ProfileText, keep_profile
from entitlements.connections.linking import link_state
from foundation.mail import MemoryMailer
from tests.browsing import visit
from tests.conftest import Transact
from tests.factories import a_company, a_studio, a_user
from tests.flows.linking import browser, subjects
from tests.signing import post
from tests.stories import owner_of

RunJobs = Callable[[], int]


def test_an_accountant_publishes_a_profile_and_a_client_finds_and_picks_them_at_once(
    app: Flask, client: FlaskClient, tx: Transact, run_jobs: RunJobs, letters: MemoryMailer
) -> None:
    with tx() as session:
        studio = a_studio(session, name="Studio Però S.r.l.", email="studio@pero.example.it")
        owner = a_user(session, studio.id)
        boss = a_user(session, a_company(session, name="Bottega Blu").id)
    assert "Nessun commercialista trovato" in visit(client, "/commercialisti").text
    assert client.get(f"/commercialisti/{studio.id}").status_code == 404
    desk = browser(app, owner)
    page = visit(desk, "/account").follow("Profilo commercialista")
    page = page.press("Salva il profilo", {"name": "", "place": "Forlì", "active": "1"})
    assert page.status == 422
    assert "Forlì" in page.response.text
    wanted = {"name": "Studio Però", "place": "Forlì", "description": "Seguo artigiani.", "active": "1"}
    assert "Profilo pubblicato" in page.press("Salva il profilo", wanted).text

    seat = browser(app, boss)
    for address in ("/commercialisti?q=pero", "/commercialisti?luogo=FORLI", "/commercialisti?q=studio&luogo=for"):
        assert "Studio Però" in visit(seat, address).text
    assert "Nessun commercialista trovato" in visit(seat, "/commercialisti?luogo=Bologna").text
    profile = visit(seat, "/commercialisti?q=pero").follow("Studio Però")
    assert "siete collegati subito" in profile.text
    assert "Collegamento attivo" in profile.press("Scegli questo commercialista").text
    assert "scelto dall’elenco" in visit(seat, f"/commercialista/{studio.id}").text
    run_jobs()
    assert subjects(letters, "studio@pero.example.it") == ["Bottega Blu ti ha scelto come commercialista"]
    assert "Bottega Blu" in visit(desk, "/aziende").text


def test_who_was_blocked_cannot_pick_that_accountant_again_and_reads_it_kindly(app: Flask, tx: Transact) -> None:
    with tx() as session:
        studio = a_studio(session)
        keep_profile(session, studio.id, ProfileText("Studio Blu", "Torino", "", active=True), owner_of(studio))
        owner = a_user(session, studio.id)
        company = a_company(session)
        boss = a_user(session, company.id)
    seat, desk = browser(app, boss), browser(app, owner)
    visit(seat, f"/commercialisti/{studio.id}").press("Scegli questo commercialista")
    visit(desk, f"/aziende/{company.id}/scollega").press("Scollega", {"confirmation": "SCOLLEGA", "block": "1"})
    page = visit(seat, f"/commercialisti/{studio.id}")
    assert "non può seguirti adesso" in page.text
    assert not page.has_button("Scegli questo commercialista")
    forced = post(seat, f"/commercialisti/{studio.id}/scegli")
    assert forced.status_code == 409
    assert "Scegline un altro" in forced.text
    visit(desk, "/aziende/collegamenti").press("Togli il blocco")
    visit(seat, f"/commercialisti/{studio.id}").press("Scegli questo commercialista")
    with tx() as session:
        assert link_state(session, studio.id, company.id) == "LINKED"


def test_an_unconfirmed_address_picks_nobody_and_a_hurried_one_waits(app: Flask, tx: Transact) -> None:
    with tx() as session:
        studios = [a_studio(session) for _ in range(11)]
        for studio in studios:
            keep_profile(session, studio.id, ProfileText("Studio", "Torino", "", active=True), owner_of(studio))
        boss = a_user(session, a_company(session).id, email_confirmed_at=None)
        quick = a_user(session, a_company(session).id)
    refused = post(browser(app, boss), f"/commercialisti/{studios[0].id}/scegli")
    assert refused.status_code == 409
    assert "Conferma prima il tuo indirizzo" in refused.text
    seat = browser(app, quick)
    for studio in studios:
        post(seat, f"/commercialisti/{studio.id}/scegli")
    with tx() as session:
        links = session.execute(text("SELECT count(*) FROM studio_links")).scalar_one()
    assert links == 10


def test_the_directory_is_read_page_by_page_and_leaving_it_takes_effect_at_once(
    client: FlaskClient, tx: Transact
) -> None:
    with tx() as session:
        for number in range(25):
            studio = a_studio(session)
            named = ProfileText(f"Studio {number:02}", "Torino", "", active=number != 24)
            keep_profile(session, studio.id, named, owner_of(studio))
    page = visit(client, "/commercialisti")
    assert "Studio 19" in page.text
    assert "Studio 20" not in page.text
    rest = page.follow("Pagina successiva")
    assert "Studio 20" in rest.text
    assert "Studio 24" not in rest.text
