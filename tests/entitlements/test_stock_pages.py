"""/coupon: what a studio sees of its stock, and what it never sees of anybody else's."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from foundation import clock
from foundation.ids import new_id
from foundation.spreadsheets import neutral
from tests.conftest import Transact
from tests.entitlements.scenes import a_scene, an_activation, browser_of
from tests.factories import a_studio, a_user
from tests.statements import statements
from tests.stories import a_paid_order, stock_the_shop


def codes(page_text: str) -> list[str]:
    """The coupon codes printed on a page, once each."""
    found = [word for word in page_text.split() if word.count("-") == 2 and word.split("-")[0] in {"LTE", "ORD", "CRP"}]
    return list(dict.fromkeys(found))


def test_an_empty_stock_leads_to_the_catalogue(app: Flask, tx: Transact) -> None:
    with tx() as session:
        owner = a_user(session, a_studio(session).id)
    page = browser_of(app, owner).open("/coupon")
    assert "Non hai ancora coupon" in page.text
    assert page.page.select_one("main .g-empty a[href='/catalogo']") is not None


def test_the_stock_is_filtered_by_state_type_code_and_expiry(app: Flask, tx: Transact) -> None:
    with tx() as session:
        scene = a_scene(session, "LITE-10", 1)
        a_paid_order(session, scene.studio, "ORDINARY-1")
        an_activation(session, scene)
        session.execute(
            text("UPDATE coupons SET activate_by_on = :on WHERE id = :id"),
            {"on": clock.today() + timedelta(days=20), "id": scene.coupons[1]},
        )
    browser = browser_of(app, scene.owner)
    assert "Disponibili 10 In attivazione 1 Attivi 0" in browser.open("/coupon").text
    assert len(codes(browser.open("/coupon?state=all").text)) == 11
    assert len(codes(browser.open("/coupon?type=ORDINARY").text)) == 1
    soon = browser.open("/coupon?expiry=30")
    assert len(codes(soon.text)) == 1
    assert "Scade tra 20 giorni" in soon.text
    assert len(codes(browser.open("/coupon?expiry=never").text)) == 9
    code = codes(browser.open("/coupon").text)[3]
    assert codes(browser.open(f"/coupon?q={code[:9].lower()}").text) == [code]
    assert "Nessun coupon con questi filtri" in browser.open("/coupon?q=%25").text
    # Whoever set no filter is not told of filters.
    assert "Nessun coupon in questo stato" in browser.open("/coupon?state=EXPIRED").text


@pytest.mark.parametrize("address", ["?state=x&type=%00&q=%27%22%3C&expiry=y&after=z", "?after=00000000-0000-0000"])
def test_an_address_that_makes_no_sense_is_still_a_page(app: Flask, tx: Transact, address: str) -> None:
    with tx() as session:
        scene = a_scene(session)
    assert browser_of(app, scene.owner).open(f"/coupon{address}").status == 200


def test_ten_thousand_coupons_are_a_page_of_fifty_and_few_questions(app: Flask, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        owner = a_user(session, studio.id)
        a_paid_order(session, studio, "LITE-50", 39)
        a_paid_order(session, studio, "LITE-50", 1)
        session.execute(
            text(
                "INSERT INTO coupons (id, pack_id, owner_party_id, coupon_type, code, ordinal, state, net_cents,"
                " minted_at, changed_at) SELECT gen_random_uuid(), pack_id, owner_party_id, coupon_type,"
                " 'X' || n || code, ordinal + 10000 * n, state, net_cents, minted_at, changed_at"
                " FROM coupons, generate_series(1, 4) AS n"
            )
        )
    browser = browser_of(app, owner)
    browser.open("/coupon")
    with statements(app) as sent:
        page = browser.open("/coupon")
    assert "50 di 10.000" in page.text
    assert len([one for one in sent if "coupon" in one]) == 4
    assert len(sent) <= 10
    seen = set(page.page.select("td .g-code"))
    page.follow("Pagina successiva")
    assert len(page.page.select("td.g-lead")) == 50
    assert not seen & set(page.page.select("td .g-code"))


def test_the_export_opens_in_an_italian_spreadsheet(app: Flask, tx: Transact) -> None:
    with tx() as session:
        scene = a_scene(session, "LITE-10", 1)
        an_activation(session, scene, name="=1+1 S.r.l.")
    client = browser_of(app, scene.owner).client
    answer = client.get("/coupon.csv?state=all")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="coupon-')
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Codice", "Tipo", "Stato", "Da usare entro", "Azienda", "Emesso il", "Prezzo netto"]
    assert len(rows) == 11
    assert rows[1][2:5] == ["Attivazione in corso", "", "'=1+1 S.r.l."]
    assert rows[1][6] == "44,00"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠", " =", "\u00a0="])
def test_a_cell_is_never_a_formula(start: str) -> None:
    assert neutral(f"{start}1") == f"'{start}1"


def test_a_suspended_coupon_cannot_be_activated(app: Flask, tx: Transact) -> None:
    """M9: a case holds it; that is no state of its own, and it says so."""
    with tx() as session:
        scene = a_scene(session, "LITE-1", 1)
        session.execute(text("UPDATE coupons SET held_by_case = :case"), {"case": new_id()})
    browser = browser_of(app, scene.owner)
    assert "Sospeso" in browser.open("/coupon").text
    assert "Attiva" not in [link.get_text() for link in browser.page.select("td a")]
    page = browser.open(f"/coupon/{scene.coupons[0]}/attiva")
    assert page.status == 409
    assert "Questo coupon è sospeso" in page.text


def test_a_coupon_past_its_time_cannot_be_activated(
    app: Flask, tx: Transact, advance: Callable[[timedelta], None]
) -> None:
    with tx() as session:
        scene = a_scene(session, "LITE-1", 1)
        session.execute(text("UPDATE coupons SET activate_by_on = :on"), {"on": clock.today() + timedelta(days=1)})
    advance(timedelta(days=1))
    page = browser_of(app, scene.owner).open(f"/coupon/{scene.coupons[0]}/attiva")
    assert page.status == 409
    assert "Questo coupon è già stato assegnato, è scaduto o è stato annullato." in page.text


@pytest.mark.parametrize("path", ["/coupon/{}/attiva", "/coupon/{}/attiva/sede", "/coupon/{}/attiva/riepilogo"])
def test_somebody_elses_coupon_is_not_there(app: Flask, tx: Transact, path: str) -> None:
    with tx() as session:
        scene = a_scene(session)
        stranger = a_user(session, a_studio(session).id)
    browser = browser_of(app, stranger)
    assert browser.open(path.format(scene.coupons[0])).status == 404
    assert browser.open(path.format(new_id())).status == 404
    assert codes(browser.open("/coupon?state=all").text) == []


@pytest.mark.parametrize("path", ["/coupon", "/coupon.csv", "/aziende", "/supporto"])
def test_pages_of_a_studio_are_for_its_people(app: Flask, tx: Transact, path: str) -> None:
    assert app.test_client().get(path).location.startswith("/accedi")
    with tx() as session:
        vendor = a_studio(session, kind="VENDOR")
        person = a_user(session, vendor.id, role="support")
    assert browser_of(app, person).open(path).status == 403


def test_an_assigned_coupon_has_a_tab_once_there_is_one(app: Flask, tx: Transact) -> None:
    with tx() as session:
        scene = a_scene(session)
        assert isinstance(scene.coupons[0], UUID)
        session.execute(text("UPDATE coupons SET state = 'ASSIGNED' WHERE id = :id"), {"id": scene.coupons[0]})
    browser = browser_of(app, scene.owner)
    assert "Assegnati 1" in browser.open("/coupon").text
    assert "Assegnato" in browser.open("/coupon?state=ASSIGNED").text
