"""A client connects its invoicing account (F002-01) and its companies fill the picker (F002-07): OAuth 2 with PKCE."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.serving import make_server

from app import Outside
from entitlements import Cause, HttpInvoicing, MemoryInvoicing, link_studio
from entitlements.invoicing import GrantRefused, InvoicingSilent
from foundation import clock
from foundation.sealing import SealBroken, seal, unseal
from sandbox.invoicing import Consents, build
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.factories import a_company, a_studio, a_user
from tests.flows.linking import browser
from tests.signing import post

RunJobs = Callable[[], int]
PATH = "/account/fatturazione"


@pytest.fixture
def service(outside: Outside) -> MemoryInvoicing:
    """The Null twin of the invoicing service."""
    assert isinstance(outside.invoicing, MemoryInvoicing)
    return outside.invoicing


@pytest.fixture
def seat(app: Flask, tx: Transact) -> FlaskClient:
    """A company's owner at their browser."""
    with tx() as session:
        boss = a_user(session, a_company(session, name="Bottega Blu").id)
    return browser(app, boss)


def leave(client: FlaskClient) -> str:
    """Set out for the service; answers the state that is to come back."""
    sent = post(client, f"{PATH}/collega")
    assert sent.status_code == 303
    return parse_qs(urlsplit(sent.headers["Location"]).query)["state"][0]


def connect(client: FlaskClient, code: str = "code-1") -> Page:
    """Consent and come back."""
    back = visit(client, f"{PATH}/ritorno?state={leave(client)}&code={code}")
    return back.press("Completa il collegamento")


def test_a_client_connects_its_account_and_its_companies_can_be_picked_by_itself_and_its_studio(
    app: Flask, tx: Transact, service: MemoryInvoicing
) -> None:
    with tx() as session:
        studio, company = a_studio(session), a_company(session, name="Bottega Blu")
        owner, boss = a_user(session, studio.id), a_user(session, company.id)
        link_studio(session, studio.id, company.id, Cause("directory", studio.id))
    client = browser(app, boss)
    page = visit(client, "/account").follow("Account di fatturazione")
    assert "Noi non vediamo la tua password" in page.text
    state = leave(client)
    back = visit(client, f"{PATH}/ritorno?state={state}&code=code-1")
    assert back.response.headers["Referrer-Policy"] == "no-referrer"
    with tx() as session:
        assert session.execute(text("SELECT count(*) FROM invoicing_accounts")).scalar_one() == 0, "looking is nothing"
    done = back.press("Completa il collegamento")
    assert "Account collegato" in done.text
    assert "Bottega del Legno" in done.text
    desk = browser(app, owner)
    picked = visit(desk, "/account/aziende?q=serra").press(
        "Lavora su questa", within="section[aria-labelledby=p-outside]"
    )
    assert "Ora lavori su Serra Gialla" in picked.text
    assert service.given == 1
    post(client, f"/commercialista/{studio.id}", documents="none")
    assert "Serra Gialla" not in visit(desk, "/account/aziende").part("main").replace("Lavori su Serra Gialla", "")


def test_tokens_and_states_lie_in_the_database_neither_in_clear_nor_under_another_purpose(
    seat: FlaskClient, tx: Transact
) -> None:
    state = leave(seat)
    visit(seat, f"{PATH}/ritorno?state={state}&code=code-1").press("Completa il collegamento")
    with tx() as session:
        rows = session.execute(text("SELECT a::text, t::text FROM invoicing_accounts a, connection_attempts t")).all()
    kept = str(rows)
    for secret in (state, "access-1", "refresh-1"):
        assert secret not in kept
    sealed = seal("k" * 32, "one", "segreto · ✓")
    assert unseal("k" * 32, "one", sealed) == "segreto · ✓"
    assert sealed != seal("k" * 32, "one", "segreto · ✓")
    for key, purpose, given in (("x" * 32, "one", sealed), ("k" * 32, "two", sealed), ("k" * 32, "one", sealed[:-8])):
        with pytest.raises(SealBroken):
            unseal(key, purpose, given)


def test_a_denied_consent_a_forged_state_a_replay_and_an_old_way_back_connect_nothing(
    app: Flask, seat: FlaskClient, tx: Transact, service: MemoryInvoicing
) -> None:
    denied = visit(seat, f"{PATH}/ritorno?state={leave(seat)}&error=access_denied")
    assert "Non hai dato il consenso" in denied.text
    assert not denied.has_button("Completa")
    assert post(seat, f"{PATH}/ritorno", state="forged", code="code-1").status_code == 400

    with tx() as session:
        stranger = a_user(session, a_company(session).id)
    state = leave(seat)
    assert post(browser(app, stranger), f"{PATH}/ritorno", state=state, code="code-1").status_code == 400
    assert service.given == 0
    assert post(seat, f"{PATH}/ritorno", state=state, code="code-1").status_code == 303
    replayed = post(seat, f"{PATH}/ritorno", state=state, code="code-1")
    assert replayed.status_code == 400
    assert "già stato usato o è scaduto" in replayed.text
    assert service.given == 1

    state = leave(seat)
    with tx() as session:
        session.execute(text("UPDATE connection_attempts SET expires_at = :past"), {"past": clock.real_now()})
    assert post(seat, f"{PATH}/ritorno", state=state, code="code-2").status_code == 400
    service.refused.add("code-3")
    assert post(seat, f"{PATH}/ritorno", state=leave(seat), code="code-3").status_code == 400


def test_an_old_token_is_renewed_and_a_consent_taken_back_there_ends_here(
    seat: FlaskClient, run_jobs: RunJobs, service: MemoryInvoicing
) -> None:
    service.lasts_seconds = 0
    connect(seat)
    service.known = service.known[:1]
    service.lasts_seconds = 3_600
    page = visit(seat, PATH).press("Aggiorna le aziende")
    assert "Aziende aggiornate" in page.text
    assert "Serra Gialla" not in page.text
    assert service.given == 2
    service.silent = True
    assert post(seat, f"{PATH}/aggiorna").status_code == 503
    service.silent = False
    service.refused.add("access-2")
    ended = post(seat, f"{PATH}/aggiorna")
    assert ended.status_code == 409
    assert "Il consenso è stato tolto" in ended.text
    run_jobs()
    assert service.revoked == ["refresh-2"]


def test_tokens_sealed_under_an_earlier_key_ask_to_connect_again_and_leave_nothing_behind(
    seat: FlaskClient, tx: Transact, run_jobs: RunJobs, service: MemoryInvoicing
) -> None:
    connect(seat)
    with tx() as session:
        earlier = seal("an earlier secret key, long enough", "invoicing", "refresh-1")
        session.execute(text("UPDATE invoicing_accounts SET sealed_access = :s, sealed_refresh = :s"), {"s": earlier})
    page = visit(seat, PATH).press("Aggiorna le aziende")
    assert page.status == 409
    assert "collega di nuovo" in page.text
    run_jobs()
    with tx() as session:
        row = session.execute(text("SELECT state, sealed_access, sealed_refresh FROM invoicing_accounts")).one()
    assert (tuple(row), service.revoked) == (("REVOKED", None, None), [])


def test_disconnecting_works_at_once_and_the_consent_is_taken_back_until_the_service_answers(
    seat: FlaskClient, tx: Transact, run_jobs: RunJobs, service: MemoryInvoicing
) -> None:
    connect(seat)
    service.silent = True
    page = visit(seat, PATH).press("Scollega l’account")
    assert "Account scollegato" in page.text
    assert "Bottega del Legno" not in visit(seat, "/account/aziende").text
    with tx() as session:
        assert session.execute(text("SELECT state FROM invoicing_accounts")).scalar_one() == "REVOKING"
    service.silent = False
    run_jobs()
    with tx() as session:
        row = session.execute(text("SELECT state, sealed_access, sealed_refresh FROM invoicing_accounts")).one()
    assert tuple(row) == ("REVOKED", None, None)
    assert service.revoked == ["refresh-1"]


@contextmanager
def _listening(consents: Consents) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, build(consents), threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.sockets
def test_the_stand_in_gives_a_code_once_for_the_right_proof_and_replaces_refresh_tokens(app: Flask) -> None:
    now = [1_000.0]
    consents = Consents("http://127.0.0.1:8000", "secret", clock=lambda: now[0])
    back = "http://127.0.0.1:8000/account/fatturazione/ritorno"
    with _listening(consents) as address, app.app_context():
        ours = HttpInvoicing(address, "gettone", "secret")
        challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B
        verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        asked = ours.consent_url("state", challenge, back)
        shown = requests.get(asked, timeout=5)
        assert "Gettone chiede di leggere le tue aziende" in shown.text
        assert requests.get(asked.replace("8000", "9999"), timeout=5).status_code == 400
        fields = {"client_id": "gettone", "redirect_uri": back, "state": "state", "code_challenge": challenge}

        def decide(answer: str) -> dict[str, list[str]]:
            sent = requests.post(
                f"{address}/oauth/authorize", data=fields | {"answer": answer}, timeout=5, allow_redirects=False
            )
            return parse_qs(urlsplit(sent.headers["Location"]).query)

        assert decide("deny") == {"state": ["state"], "error": ["access_denied"]}
        code = decide("allow")["code"][0]
        with pytest.raises(GrantRefused):
            ours.exchange(code, "another verifier", back)
        code = decide("allow")["code"][0]
        tokens = ours.exchange(code, verifier, back)
        assert "…" in repr(tokens)
        with pytest.raises(GrantRefused):
            ours.exchange(code, verifier, back)
        assert ours.companies(tokens.access)[0].name == "Bottega del Legno S.r.l."
        now[0] += timedelta(hours=1).total_seconds()
        with pytest.raises(GrantRefused):
            ours.companies(tokens.access)
        fresh = ours.refresh(tokens.refresh)
        with pytest.raises(GrantRefused):
            ours.refresh(tokens.refresh)
        ours.revoke(fresh.refresh)
        with pytest.raises(GrantRefused):
            ours.companies(fresh.access)
        with pytest.raises(GrantRefused):
            HttpInvoicing(address, "gettone", "wrong").refresh("anything")
    with app.app_context(), pytest.raises(InvoicingSilent):
        ours.companies("anything")
