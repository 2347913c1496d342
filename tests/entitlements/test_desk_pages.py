"""/desk/attivazioni and /desk/lavori: what the vendor's people see and may do."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app import Outside
from entitlements import Accepted, MemoryProvisioner, NoAnswer, Ready, Refused, apply_answer, support_code
from entitlements.provisioning.provisioner import Asked
from foundation import clock
from foundation.ids import new_id
from foundation.jobs import drain, schedule_due
from tests.browsing import Browser
from tests.conftest import Transact
from tests.entitlements.scenes import OTHER_COMPANY, Scene, a_scene, an_activation, browser_of
from tests.factories import a_studio, a_user


@pytest.fixture
def scene(tx: Transact) -> Scene:
    with tx() as session:
        return a_scene(session)


@pytest.fixture
def company_id(scene: Scene, tx: Transact) -> UUID:
    with tx() as session:
        return an_activation(session, scene)


@pytest.fixture
def desk(app: Flask, tx: Transact) -> Browser:
    with tx() as session:
        vendor = a_studio(session, name="Fornitore", kind="VENDOR")
        person = a_user(session, vendor.id, role="support")
    return browser_of(app, person)


@pytest.fixture
def vendor(outside: Outside) -> MemoryProvisioner:
    assert isinstance(outside.provisioner, MemoryProvisioner)
    return outside.provisioner


def test_requests_are_found_by_state_support_code_and_company(
    desk: Browser, scene: Scene, company_id: UUID, tx: Transact
) -> None:
    with tx() as session:
        other = an_activation(session, scene, 1, **OTHER_COMPANY)
        apply_answer(session, other, NoAnswer("HTTP 500"), "call")
    assert "In coda 1" in desk.open("/desk/attivazioni").text
    waiting = desk.open("/desk/attivazioni?state=UNKNOWN").text
    assert "Panificio Gallo S.r.l." in waiting
    assert "Nessuna risposta (HTTP 500)" in waiting
    assert "Officina" not in waiting
    found = desk.open(f"/desk/attivazioni?q={support_code(company_id).lower()}").text
    assert "Officina Brambilla S.r.l." in found
    assert "Panificio" not in found
    assert "Panificio" in desk.open(f"/desk/attivazioni?q={other}").text
    assert "Nessuna richiesta trovata" in desk.open("/desk/attivazioni?q=ZZ-ZZZZ").text
    assert desk.open("/desk/attivazioni?state=x&q=%00&after=y").status == 200
    assert "Nessuna richiesta qui" in desk.open("/desk/attivazioni?state=DONE").text


def test_the_log_tells_every_try_in_words(
    desk: Browser, company_id: UUID, vendor: MemoryProvisioner, app: Flask
) -> None:
    vendor.answers = [NoAnswer("Timeout")]
    with app.app_context():
        drain()
    page = desk.open(f"/desk/attivazioni/{company_id}")
    assert "Chiamata inviata Tentativo 1" in page.text
    assert "Risposta alla chiamata Nessuna risposta (Timeout)" in page.text
    page.send("Riprova ora")
    assert "Il tentativo parte subito" in page.text
    assert "Nuovo tentativo chiesto Senza risposta" in page.text
    with app.app_context():
        drain()
    page.open(f"/desk/attivazioni/{company_id}")
    assert "Creata" in page.text
    assert "Riprova ora" not in page.text


def test_a_request_that_ended_meanwhile_says_so(desk: Browser, company_id: UUID, tx: Transact) -> None:
    page = desk.open(f"/desk/attivazioni/{company_id}")
    form = page.form("Riprova ora")
    give_up_page = browser_at_give_up(desk, company_id)
    confirmation = give_up_page.form("Rinuncia a Officina Brambilla S.r.l.") | {"confirmation": "RINUNCIA"}
    with tx() as session:
        apply_answer(session, company_id, Ready("KC-1"), "callback")
    answer = desk.client.post(f"/desk/attivazioni/{company_id}/riprova", data=form, follow_redirects=True)
    assert "La richiesta è già chiusa" in answer.text
    answer = desk.client.post(f"/desk/attivazioni/{company_id}/rinuncia", data=confirmation, follow_redirects=True)
    assert "La richiesta era già chiusa: non è cambiato nulla." in answer.text


def browser_at_give_up(desk: Browser, company_id: UUID) -> Browser:
    """The page that says what giving up does."""
    return desk.open(f"/desk/attivazioni/{company_id}/rinuncia")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (Ready("KC-1"), "Il programma dice che l’azienda esiste"),
        (Refused("no"), "Il programma l’aveva già rifiutata: il coupon è tornato disponibile."),
        (Accepted("op"), "Il programma sta ancora creando l’azienda"),
        (NoAnswer("Timeout"), "Il programma non risponde, quindi non sappiamo se l’azienda esiste"),
    ],
)
def test_giving_up_says_what_came_of_it(
    desk: Browser, company_id: UUID, vendor: MemoryProvisioner, said: Asked, told: str
) -> None:
    vendor.asked = [said]
    page = browser_at_give_up(desk, company_id)
    page.send("Rinuncia a Officina Brambilla S.r.l.", confirmation="RINUNCIA")
    assert told in page.text


def test_a_contradiction_is_shown_until_somebody_has_looked(desk: Browser, company_id: UUID, tx: Transact) -> None:
    with tx() as session:
        apply_answer(session, company_id, Refused("no"), "call")
        apply_answer(session, company_id, Ready("KC-1"), "callback")
    page = desk.open("/desk/attivazioni?state=CONTRADICTED")
    assert "Da chiarire 1" in page.text
    page.follow("Officina Brambilla")
    assert "Il programma si contraddice." in page.text
    assert "Creata, dopo: Rifiutata" in page.text
    page.send("Segna come risolta")
    assert "Il programma si contraddice." not in page.text
    assert "Contraddizione risolta" in page.text
    assert "Da chiarire 0" in desk.open("/desk/attivazioni").text


@pytest.mark.parametrize("path", ["/desk/attivazioni/{}", "/desk/attivazioni/{}/rinuncia"])
def test_an_unknown_company_is_not_there(desk: Browser, path: str) -> None:
    assert desk.open(path.format(new_id())).status == 404


@pytest.mark.parametrize("path", ["/desk/attivazioni", "/desk/lavori"])
@pytest.mark.parametrize(("role", "status"), [("support", 200), ("admin", 200), ("finance", 403), ("owner", 403)])
def test_the_desk_is_for_support_and_admin(app: Flask, tx: Transact, path: str, role: str, status: int) -> None:
    with tx() as session:
        party = a_studio(session, kind="STUDIO" if role == "owner" else "VENDOR")
        person = a_user(session, party.id, role=role)
    assert browser_of(app, person).open(path).status == status


def test_a_dead_job_and_a_failing_due_row_are_tried_again(
    desk: Browser, tx: Transact, company_id: UUID, run_jobs: Callable[[], int]
) -> None:
    with tx() as session:
        session.execute(text("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name = 'provisioning.call'"))
        schedule_due(session, "coupons.expire", company_id, clock.now() + timedelta(days=400))
        session.execute(
            text("UPDATE due_rows SET error = 'KeyError at x:1', attempts = 20 WHERE subject_id = :id"),
            {"id": company_id},
        )
    page = desk.open("/desk/lavori")
    assert "provisioning.call" in page.text
    assert "KeyError at x:1" in page.text
    page.send("Riprova provisioning.call")
    assert "Il lavoro riparte subito." in page.text
    assert "Nessun lavoro fermo" in page.text
    page.send("Riprova coupons.expire")
    with tx() as session:
        attempts = session.execute(
            text("SELECT attempts FROM due_rows WHERE subject_id = :id"), {"id": company_id}
        ).scalar_one()
    assert attempts == 0
    run_jobs()
    with tx() as session:
        done = "SELECT state FROM companies WHERE id = :id"
        assert session.execute(text(done), {"id": company_id}).scalar_one() == "READY"


@pytest.mark.usefixtures("company_id")
def test_a_job_that_is_not_dead_is_left_alone(desk: Browser) -> None:
    desk.open("/desk/lavori")
    token = str(desk.page.select_one("input[name=csrf_token]")["value"])  # type: ignore[index]
    for path in ("/desk/lavori/999999/riprova", f"/desk/lavori/scadenze/{new_id()}/riprova"):
        answer = desk.client.post(path, data={"csrf_token": token}, follow_redirects=True)
        assert "Questo lavoro non è più tra quelli fermi." in answer.text
