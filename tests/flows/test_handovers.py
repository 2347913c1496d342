"""Who pays is handed over, and a client moves to another studio: all agree, or nothing changes (D14, M4)."""

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from entitlements.connections.linking import link_state
from foundation.mail import Mail, MemoryMailer
from tests.browsing import visit
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.flows.linking import STUDIO_NUMBER, RunJobs, browser, client_with_licence, link_in, payer_of, subjects
from tests.signing import post


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
        assert payer_of(session, company_id) == ("STUDIO", studio.id), "a proposal changes nothing"
    run_jobs()
    assert any("proposta su chi paga" in subject for subject in subjects(letters, "info@brambilla.example.it"))
    done = visit(client, "/commercialista").press("Accetta")
    assert "da adesso paga chi avete concordato" in done.text
    with tx() as session:
        assert payer_of(session, company_id) == ("COMPANY", company_id)
        assert link_state(session, studio.id, company_id) == "LINKED", "who pays and who works are two facts"

    visit(client, "/commercialista").follow("Gestisci").press("Proponi che paghi lo studio")
    refused = visit(desk, "/aziende/collegamenti").press("Rifiuta")
    assert "non è cambiato nulla" in refused.text
    visit(client, "/commercialista").follow("Gestisci").press("Proponi che paghi lo studio")
    visit(desk, "/aziende/collegamenti").press("Accetta")
    with tx() as session:
        assert payer_of(session, company_id) == ("STUDIO", studio.id)
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


def test_a_proposal_is_over_on_its_day_also_before_anybody_looked(
    app: Flask, tx: Transact, advance: Callable[[timedelta], None]
) -> None:
    """M18: the worker slept; what nobody answered in time is not accepted later."""
    with tx() as session:
        studio, owner, company_id = client_with_licence(session)
        boss = a_user(session, company_id)
    post(browser(app, owner), f"/aziende/{company_id}/chi-paga")
    with tx() as session:
        handover = session.execute(text("SELECT id FROM payer_handovers")).scalar_one()
    advance(timedelta(days=31))
    for answer in ("accept", "decline"):
        late = post(browser(app, boss), f"/collegamenti/pagamenti/{handover}", answer=answer)
        assert (late.status_code, "già chiusa" in late.text) == (409, True)
    with tx() as session:
        assert payer_of(session, company_id) == ("STUDIO", studio.id)


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
        assert payer_of(session, company_id) == ("STUDIO", new.id)
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


def test_whoever_proposes_all_the_time_has_to_wait_and_the_other_side_is_left_in_peace(
    app: Flask, tx: Transact
) -> None:
    with tx() as session:
        _studio, owner, company_id = client_with_licence(session)
        a_user(session, company_id)
    desk = browser(app, owner)
    answers = [post(desk, f"/aziende/{company_id}/chi-paga").status_code for _ in range(22)]
    assert answers[0] in {302, 303}
    assert answers[-1] == 429


def test_a_company_that_proposes_all_the_time_has_to_wait_too(app: Flask, tx: Transact) -> None:
    with tx() as session:
        studio, _owner, company_id = client_with_licence(session)
        person = a_user(session, company_id)
    desk = browser(app, person)
    answers = [post(desk, f"/commercialista/{studio.id}/chi-paga").status_code for _ in range(22)]
    assert answers[0] == 303
    assert answers[-1] == 429
