"""/aziende and /supporto: a studio's companies, followed live; somebody else's are not there (F003-13)."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text

from app import Outside
from entitlements import Cause, NoAnswer, Ready, Refused, apply_answer
from entitlements.companies import Company
from entitlements.coupons.stock import Coupon
from entitlements.licences import Licence, LicenceTerm
from entitlements.links import link_studio
from entitlements.wallets import WalletBucket, fill_bucket
from foundation import clock
from foundation.events import Event
from foundation.ids import new_id
from tests.browsing import Browser
from tests.conftest import Transact
from tests.entitlements.scenes import (
    OTHER_COMPANY,
    THIRD_COMPANY,
    Scene,
    a_scene,
    an_activation,
    browser_of,
)
from tests.factories import a_studio, a_user
from tests.running import BASE, bought
from tests.statements import statements

EVERY_STATE = ("READY", "REJECTED", "PROVISIONING")


def first_name(browser: Browser) -> str:
    """The first company of a list."""
    return browser.page.select("td.g-lead")[0].get_text(strip=True)


@pytest.fixture
def scene(tx: Transact) -> Scene:
    with tx() as session:
        return a_scene(session)


@pytest.fixture
def companies(scene: Scene, tx: Transact) -> dict[str, UUID]:
    """One company in each state."""
    with tx() as session:
        found = {
            "READY": an_activation(session, scene, 0),
            "REJECTED": an_activation(session, scene, 1, **OTHER_COMPANY),
            "PROVISIONING": an_activation(session, scene, 2, **THIRD_COMPANY),
        }
        apply_answer(session, found["READY"], Ready("KC-1"), "call")
        apply_answer(session, found["REJECTED"], Refused("Nome già in uso."), "call")
        apply_answer(session, found["PROVISIONING"], NoAnswer("Timeout"), "call")
    return found


@pytest.mark.usefixtures("companies")
def test_the_list_says_plan_last_day_payer_and_state(app: Flask, scene: Scene) -> None:
    browser = browser_of(app, scene.owner).open("/aziende")
    assert "Clienti 2 Attivi 1 In creazione 1 Senza licenza 0 Non riusciti 1" in browser.text
    assert "Panificio Gallo" not in browser.text
    ready = next(row.get_text(" ", strip=True) for row in browser.page.select("tbody tr") if "Brambilla" in row.text)
    assert ready.startswith("Officina Brambilla S.r.l. 06363391001 Ordinaria")
    assert "Studio Lettura e scrittura Attiva Gestisci" in ready
    assert "Panificio Gallo S.r.l." in browser.open("/aziende?state=REJECTED").text
    assert "Tessitura" not in browser.open("/aziende?q=brambi").text
    assert "Tessitura" in browser.open("/aziende?q=05979361218").text
    assert "Nessun cliente trovato" in browser.open("/aziende?q=%25").text


def test_a_studio_without_companies_is_led_to_its_coupons(app: Flask, scene: Scene) -> None:
    assert "Non hai ancora clienti" in browser_of(app, scene.owner).open("/aziende").text


def test_a_long_list_goes_on_page_by_page_with_few_questions(app: Flask, scene: Scene, tx: Transact) -> None:
    with tx() as session:
        company_id = an_activation(session, scene)
        session.execute(
            text(
                "WITH made AS (INSERT INTO parties (id, kind, name, sort_name, address, version, created_at)"
                " SELECT gen_random_uuid(), 'COMPANY', 'Azienda ' || n, 'azienda ' || lpad(n::text, 4, '0'), '{}', 1,"
                " now() FROM generate_series(1, 120) AS n RETURNING id)"
                " INSERT INTO companies (id, tax_code, state, profile, requested_by_party_id, requested_on,"
                " requested_at, support_code, version)"
                " SELECT made.id, made.id::text, 'PROVISIONING', '{}', c.requested_by_party_id, c.requested_on,"
                " c.requested_at, 'XX-XXXX', 1 FROM made, companies c WHERE c.id = :company"
            ),
            {"company": company_id},
        )
    browser = browser_of(app, scene.owner)
    browser.open("/aziende")
    with statements(app) as sent:
        browser.open("/aziende")
    assert len([one for one in sent if "compan" in one or "payer" in one or "licence" in one]) == 4
    names = [cell.get_text(strip=True) for cell in browser.page.select("td.g-lead")]
    assert (names[0], names[49], len(names)) == ("Azienda 1", "Azienda 50", 50)
    browser.follow("Pagina successiva")
    assert first_name(browser) == "Azienda 51"
    browser.follow("Pagina precedente")
    assert first_name(browser) == "Azienda 1"


def test_a_company_in_creation_asks_for_itself_and_works_without_scripts(
    app: Flask, scene: Scene, companies: dict[str, UUID]
) -> None:
    browser = browser_of(app, scene.owner).open(f"/aziende/{companies['PROVISIONING']}")
    assert "Il programma di contabilità non risponde: riproviamo da soli" in browser.text
    live = browser.page.select_one("#live [hx-get]")
    assert live is not None
    assert live["hx-trigger"] == "every 2s"
    refresh = browser.page.select_one("noscript meta[http-equiv=refresh]")
    assert refresh is not None
    browser.follow("Aggiorna")
    assert browser.status == 200


def test_a_ready_company_says_what_it_has_and_why(
    app: Flask, scene: Scene, companies: dict[str, UUID], tx: Transact
) -> None:
    with tx() as session:
        for holder, meter, granted in ((companies["READY"], "documents", 500), (scene.studio.id, "credit_cents", 2500)):
            bucket = WalletBucket(
                holder_party_id=holder,
                meter=meter,
                funding="PAID",
                granted=granted,
                ends_on=None,
                sku="X",
                cause_kind="test",
                cause_id=new_id(),
                created_at=clock.now(),
            )
            assert fill_bucket(session, bucket)
    browser = browser_of(app, scene.owner).open(f"/aziende/{companies['READY']}")
    assert "L’azienda è pronta e collegata al tuo studio." in browser.text
    assert "Fatture elettroniche 500 senza scadenza dell’azienda" in browser.text
    assert "Credito prepagato 25,00 € senza scadenza dello studio" in browser.text
    titles = [title.get_text() for title in browser.page.select(".g-time b")]
    assert titles == ["Attivazione confermata", "Licenza avviata", "Azienda collegata allo studio", "Azienda creata"]
    assert browser.page.select_one("#live [hx-get]") is None


def test_a_coupon_s_licence_says_what_started_and_a_base_service_after_it_has_a_name_of_its_own(
    app: Flask, scene: Scene, companies: dict[str, UUID], tx: Transact
) -> None:
    with tx() as session:
        company = session.get_one(Company, companies["READY"])
        licence = session.scalars(select(Licence).where(Licence.party_id == company.id)).one()
        started = session.scalars(select(Event).where(Event.type == "licence.started")).one()
        assert started.data == {
            "licence_id": str(licence.id),
            "kind": "plan",
            "cause_id": str(licence.cause_id),
            "ends_on": str(session.scalars(select(LicenceTerm.ends_on)).one()),
        }
        bought(session, company, BASE, clock.today(), clock.today() + timedelta(days=365))
    browser = browser_of(app, scene.owner).open(f"/aziende/{companies['READY']}")
    assert browser.text.count("Licenza avviata") == 1
    assert browser.text.count("Servizio di base avviato") == 1


def test_a_rejected_company_leads_back_to_the_form(app: Flask, scene: Scene, companies: dict[str, UUID]) -> None:
    browser = browser_of(app, scene.owner).open(f"/aziende/{companies['REJECTED']}")
    assert "Attivazione non riuscita. Nome già in uso. Il coupon è ancora tuo." in browser.text
    browser.follow("Correggi e riprova")
    assert browser.url.startswith(f"/coupon/{scene.coupons[1]}/attiva/")


@pytest.mark.parametrize("state", EVERY_STATE)
def test_somebody_elses_company_is_not_there(app: Flask, companies: dict[str, UUID], tx: Transact, state: str) -> None:
    with tx() as session:
        stranger = a_user(session, a_studio(session).id)
    browser = browser_of(app, stranger)
    mine = browser.open(f"/aziende/{companies[state]}")
    assert mine.status == 404
    said = mine.text.split("codice")[0]
    assert browser.open(f"/aziende/{new_id()}").text.split("codice")[0] == said
    assert "Brambilla" not in browser.open("/aziende").text


@pytest.mark.usefixtures("companies")
def test_the_support_page_shows_what_waits_and_what_failed(app: Flask, scene: Scene) -> None:
    browser = browser_of(app, scene.owner).open("/supporto")
    assert "Tessitura Valsesia S.r.l." in browser.text
    assert "Panificio Gallo S.r.l. Nome già in uso." in browser.text
    assert "Officina" not in browser.text
    assert "Spedisci invito acquisto differito clienti" in browser.text
    assert browser.page.select_one("#invitation ~ form") is None


def test_the_address_of_the_old_program_opens_from_a_ready_company(
    app: Flask, scene: Scene, companies: dict[str, UUID], outside: Outside
) -> None:
    assert outside.provisioner is not None
    browser = browser_of(app, scene.owner).open(f"/aziende/{companies['READY']}")
    settings = app.extensions["gettone.settings"]
    assert browser.page.select_one(f"main a[href='{settings.accounting_app_url}']") is not None


def test_an_id_that_is_none_is_not_there(app: Flask, scene: Scene) -> None:
    assert browser_of(app, scene.owner).open("/aziende/1").status == 404


def test_the_cause_of_a_link_is_the_coupon(companies: dict[str, UUID], tx: Transact) -> None:
    """M8, D19: link and payer carry the coupon's assignment as their cause."""
    with tx() as session:
        rows = session.execute(
            text(
                "SELECT l.cause_kind, l.cause_id, p.cause_kind, p.cause_id FROM studio_links l"
                " JOIN payer_periods p ON p.company_id = l.company_id WHERE l.company_id = :id"
            ),
            {"id": companies["READY"]},
        ).one()
        assignment = session.execute(
            text("SELECT id FROM coupon_assignments WHERE company_id = :id"), {"id": companies["READY"]}
        ).scalar_one()
    cause = Cause("coupon_assignment", assignment)
    assert (rows[0], rows[1]) == (rows[2], rows[3]) == (cause.kind, cause.id)


def test_a_studio_reads_neither_coupon_nor_name_of_the_studio_that_pays(
    app: Flask, scene: Scene, companies: dict[str, UUID], tx: Transact
) -> None:
    with tx() as session:
        other = a_studio(session, name="Studio Curioso")
        curious = a_user(session, other.id)
        assert link_studio(session, other.id, companies["READY"], Cause("test", new_id()))
        code = session.get_one(Coupon, scene.coupons[0]).code
        payer = scene.studio.name
    for path in (f"/aziende/{companies['READY']}", f"/aziende/{companies['READY']}/servizi"):
        page = browser_of(app, curious).open(path)
        assert page.status == 200
        assert code not in page.text
        assert payer not in page.text
    assert code in browser_of(app, scene.owner).open(f"/aziende/{companies['READY']}").text
