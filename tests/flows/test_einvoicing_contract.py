"""The e-invoicing contract (F003-19) and the list of packs (F003-20), told by whoever buys, signs and looks."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from entitlements import Party
from entitlements.connections.handovers import accept_handover, open_handover, propose_handover
from entitlements.connections.linking import permit
from entitlements.contracts.contract_text import VERSION, text_fingerprint
from entitlements.wallets import consume
from foundation import clock
from foundation.jobs import run_due
from foundation.principal import Principal
from shop import User
from tests.api.caller import caller, order_body
from tests.browsing import visit
from tests.conftest import Transact
from tests.factories import a_company, a_studio, a_user
from tests.flows.linking import browser, client_with_licence
from tests.signing import post
from tests.statements import statements
from tests.stories import a_paid_order, an_order, owner_of, pay_by_card, stock_the_shop

LARGE = "INVOICES-10000"
FINGERPRINTS = {"2026-11": "d276ca9bd4d55f5689f3e81ee31505f18eecf55f86e30a1913b9581826831b04"}


def _signatures(tx: Transact) -> list[tuple[UUID, UUID]]:
    with tx() as session:
        rows = session.execute(text("SELECT party_id, signed_by_party_id FROM contract_signatures ORDER BY id"))
        return [(row[0], row[1]) for row in rows]


def test_the_refusal_leads_to_the_contract_and_the_signature_back_to_the_product(app: Flask, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session, name="Studio Rossi")
        owner = a_user(session, studio.id)
    desk = browser(app, owner)
    catalogue = visit(desk, "/catalogo")
    assert "Serve prima il contratto di fatturazione elettronica" in catalogue.text
    contract = catalogue.follow("Leggi e firma il contratto")
    assert "Per Studio Rossi" in contract.text
    unread = contract.press("Firma il contratto")
    assert unread.status == 422
    assert "conferma di aver letto" in unread.text
    assert _signatures(tx) == [], "looking at the contract signs nothing, nor does a button without the tick"
    signed = unread.press("Firma il contratto", {"read": "1"})
    assert (signed.path, "Contratto firmato" in signed.text) == ("/catalogo", True)
    assert "Serve prima il contratto" not in signed.text
    assert _signatures(tx) == [(studio.id, studio.id)]
    post(desk, "/carrello/righe", sku=LARGE, quantity="1")
    assert "Serve prima il contratto" not in visit(desk, "/carrello").text
    again = visit(desk, "/contratto-fatturazione")
    assert "L’ha firmato Studio Rossi" in again.text
    assert not again.has_button("Firma il contratto")


def test_a_pack_for_a_client_asks_for_the_clients_contract_which_the_studio_signs_where_it_may_write(
    app: Flask, tx: Transact
) -> None:
    with tx() as session:
        studio, owner, company_id = client_with_licence(session)
        stock_the_shop(session)
    desk = browser(app, owner)
    post(desk, "/contratto-fatturazione", read="1", version=VERSION)
    post(desk, "/carrello/righe", sku=LARGE, quantity="1", for_party=str(company_id))
    cart = visit(desk, "/carrello")
    assert "Serve prima il contratto" in cart.text, "the studio's own contract is for its pool"
    back = cart.follow("Leggi e firma il contratto").press("Firma il contratto", {"read": "1"})
    assert (back.path, "Serve prima il contratto" in back.text) == ("/carrello", False)
    assert _signatures(tx) == [(studio.id, studio.id), (company_id, studio.id)]


def test_a_studio_that_may_only_read_leaves_the_signature_to_its_client(app: Flask, tx: Transact) -> None:
    with tx() as session:
        studio, owner, company_id = client_with_licence(session)
        permit(session, studio.id, company_id, {"settings": "read"}, owner_of(studio))
        boss = a_user(session, company_id)
    desk, address = browser(app, owner), f"/aziende/{company_id}/contratto-fatturazione"
    page = visit(desk, address)
    assert "Deve firmarlo l’azienda" in page.text
    assert not page.has_button("Firma il contratto")
    assert post(desk, address, read="1", version=VERSION).status_code == 409
    assert _signatures(tx) == []
    visit(browser(app, boss), "/contratto-fatturazione").press("Firma il contratto", {"read": "1"})
    assert _signatures(tx) == [(company_id, company_id)]


def test_a_client_of_somebody_else_has_no_contract_here(app: Flask, tx: Transact) -> None:
    with tx() as session:
        _studio, _owner, company_id = client_with_licence(session)
        stranger = a_user(session, a_studio(session).id)
    address = f"/aziende/{company_id}/contratto-fatturazione"
    assert browser(app, stranger).get(address).status_code == 404
    assert post(browser(app, stranger), address, read="1", version=VERSION).status_code == 404


def test_programs_are_refused_alike_sign_once_per_key_and_then_order(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
    program = caller(client, "studio", studio.id)
    lines = [{"sku": LARGE, "quantity": 1}]
    quoted = program.post("/quotes", {"lines": lines}, key=None).get_json()
    assert [refusal["code"] for refusal in quoted["lines"][0]["refusals"]] == ["CONTRACT_NOT_SIGNED"]
    refused = program.post("/orders", order_body(lines=lines))
    assert refused.status_code == 409
    assert "CONTRACT_NOT_SIGNED" in refused.text
    read = program.get("/einvoicing-contract").get_json()
    assert (read["may_sign"], read["signed"]) == (True, None)
    assert program.post("/einvoicing-contract", {"version": read["version"]}, key=None).status_code == 400
    assert program.post("/einvoicing-contract", {"version": "1999-01"}).status_code == 409
    twice = [program.post("/einvoicing-contract", {"version": read["version"]}, key="once") for _ in range(2)]
    assert [answer.status_code for answer in twice] == [200, 200]
    assert twice[0].get_json()["signed"]["text_sha256"] == read["text_sha256"]
    assert len(_signatures(tx)) == 1
    assert program.post("/orders", order_body(lines=lines)).status_code == 201
    offers = {item["sku"]: item["buyable"] for item in program.get("/catalogue").get_json()["items"]}
    assert offers[LARGE]


def test_support_sees_who_signed_which_text_and_when(app: Flask, tx: Transact) -> None:
    with tx() as session:
        company = a_company(session, name="Panificio Gallo")
        boss = a_user(session, company.id)
        vendor = a_studio(session, name="Fornitore", kind="VENDOR")
        support = a_user(session, vendor.id, role="support")
    post(browser(app, boss), "/contratto-fatturazione", read="1", version=VERSION)
    page = visit(browser(app, support), "/desk/contratti?q=gallo")
    assert "Panificio Gallo" in page.text
    assert text_fingerprint()[:12] in page.text
    assert "Nessun contratto trovato" in visit(browser(app, support), "/desk/contratti?q=nessuno").text


def test_a_text_that_changed_has_a_new_version() -> None:
    assert FINGERPRINTS[VERSION] == text_fingerprint(), "give a changed text a new version, and note its fingerprint"


def _a_client_with_packs(session: Session) -> tuple[Party, User, UUID]:
    """A studio that pays for its client, with a pack in its pool and a pack for the client."""
    studio, owner, company_id = client_with_licence(session)
    stock_the_shop(session)
    a_paid_order(session, studio, "INVOICES-100")
    assert pay_by_card(session, an_order(session, studio, "INVOICES-1000", for_party=company_id))
    return studio, owner, company_id


def test_every_pack_is_listed_with_balance_and_last_day_for_the_company_and_for_the_studio_that_pays(
    app: Flask, tx: Transact
) -> None:
    with tx() as session:
        studio, owner, company_id = _a_client_with_packs(session)
        boss, stranger = a_user(session, company_id), a_user(session, a_studio(session).id)
        consume(session, company_id, [company_id, studio.id], "documents", 1, "invoice-1")
    last_day = f"31/12/{clock.today().year}"
    desk = visit(browser(app, owner), "/").follow("Vedi pacchetti e credito")
    assert "Fatture elettroniche 1.099" in desk.text
    assert desk.text.count(last_day) == 2
    own = visit(browser(app, boss), "/pacchetti")
    assert f"La tua azienda 1.000 1.000 {last_day}" in own.text
    assert f"Lo studio, per tutte le aziende 99 100 {last_day}" in own.text
    assert "Nessun pacchetto in corso" in visit(browser(app, stranger), "/pacchetti").text


def test_what_was_left_of_a_pack_on_its_last_day_is_told_as_lost(
    app: Flask, tx: Transact, advance: Callable[[timedelta], None]
) -> None:
    with tx() as session:
        studio, owner, company_id = _a_client_with_packs(session)
        consume(session, company_id, [studio.id], "documents", 30, "invoices")
    advance(timedelta(days=60))
    with app.app_context():
        run_due()
    ended = visit(browser(app, owner), "/pacchetti").follow("Scaduti")
    assert "Lo studio, per tutte le aziende 0 70" in ended.text
    assert "Officina Brambilla S.r.l. 0 1.000" in ended.text


def test_a_studio_that_no_longer_pays_no_longer_sees_the_packs_of_its_client(app: Flask, tx: Transact) -> None:
    with tx() as session:
        studio, owner, company_id = _a_client_with_packs(session)
        boss = a_user(session, company_id)
        propose_handover(session, company_id, company_id, owner_of(studio))
        handover = open_handover(session, company_id)
        assert handover is not None
    assert "Officina Brambilla" in visit(browser(app, owner), "/pacchetti").part("table")
    with tx() as session:
        accept_handover(session, handover.id, Principal(boss.id, company_id, "company_owner"))
    assert "Officina Brambilla" not in visit(browser(app, owner), "/pacchetti").part("table")
    assert "Lo studio" not in visit(browser(app, boss), "/pacchetti").part("table")


def test_the_list_of_packs_asks_as_often_for_many_as_for_two_and_is_read_page_by_page(app: Flask, tx: Transact) -> None:
    with tx() as session:
        studio, owner, company_id = _a_client_with_packs(session)
    desk, counts = browser(app, owner), []
    for more in (0, 50):
        with tx() as session:
            for _pack in range(more):
                assert pay_by_card(session, an_order(session, studio, "INVOICES-100", for_party=company_id))
        desk.get("/pacchetti")
        with statements(app) as sent:
            desk.get("/pacchetti")
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 6
    page = visit(desk, "/pacchetti")
    assert page.text.count("Officina Brambilla S.r.l.") + page.text.count("Lo studio, per tutte") == 50
    assert page.follow("Pagina successiva").text.count("Officina Brambilla S.r.l.") == 2
