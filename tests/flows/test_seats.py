"""Seats as stories: invited by a link, at work, disabled, freed, given to another; and what the end of a lot does."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app import Outside
from entitlements import Company, MemoryProvisioner, Seat, seating_of
from foundation import clock
from foundation.mail import MemoryMailer
from tests.conftest import Transact
from tests.factories import a_user
from tests.running import BASE, SEATS, a_company, bought
from tests.signing import post, sign_in

Run = Callable[[], int]
Advance = Callable[[timedelta], None]
ALL_READ = {f"may-{area}": "read" for area in ("sent", "received", "contacts", "modules", "settings")}


@dataclass(frozen=True)
class Office:
    """A company with two seats, its owner signed in."""

    company_id: UUID
    owner: FlaskClient


@pytest.fixture
def office(client: FlaskClient, tx: Transact) -> Office:
    """A company that has bought two seats to the end of its base, and its owner at the keyboard."""
    with tx() as session:
        company = a_company(session)
        today = clock.today()
        bought(session, company, BASE, today, today + timedelta(days=365))
        bought(session, company, SEATS, today, today + timedelta(days=30), quantity=2)
        owner = a_user(session, company.id, "owner")
    sign_in(client, owner)
    return Office(company.id, client)


def _post(client: FlaskClient, path: str, **form: str) -> str:
    """Send a form and follow where it leads; what the next page says."""
    answer = post(client, path, fields=form)
    return client.get(answer.location).text if answer.location else answer.text


def _invite(office: Office, email: str) -> str:
    return _post(office.owner, "/servizi/utenze", email=email, **ALL_READ)


def _act(office: Office, seat: Seat, action: str) -> str:
    return _post(office.owner, f"/servizi/utenze/{seat.id}", action=action)


def _link(outside: Outside, to: str) -> str:
    mailer = outside.mailer
    assert isinstance(mailer, MemoryMailer)
    letters = [one for one in mailer.messages if one["To"] == to]
    body = letters[-1].get_body(("plain",))
    assert body is not None
    found = re.search(r"http://[^\s]+(/invito/persona/\S+)", body.get_content())
    assert found is not None
    return found[1]


def _seats(tx: Transact, office: Office) -> tuple[Seat, ...]:
    with tx() as session:
        return seating_of(session, office.company_id).taken


def _join(office: Office, outside: Outside, email: str) -> FlaskClient:
    browser = office.owner.application.test_client()
    link = _link(outside, email)
    _post(browser, link, name="Anna Verdi", password="una frase lunga da ricordare")
    return browser


def test_whoever_works_for_a_company_comes_in_on_a_seat_and_not_around_it(
    office: Office, outside: Outside, tx: Transact, run_jobs: Run
) -> None:
    """M3: only owners are invited among the people of a company; who sits is changed where seats are."""
    page = office.owner.get("/account/persone").text
    assert "Invita un titolare" in page
    assert "Gestisci le utenze" in page
    assert post(office.owner, "/account/persone", email="gratis@example.it", role="member").status_code == 404
    _invite(office, "anna@example.it")
    run_jobs()
    _join(office, outside, "anna@example.it")
    (seat,) = _seats(tx, office)
    assert "anna@example.it" not in office.owner.get("/account/persone").text
    for role in ("owner", "none"):
        assert post(office.owner, f"/account/persone/{seat.membership_id}", role=role).status_code == 404
    mailer = outside.mailer
    assert isinstance(mailer, MemoryMailer)
    before = len(mailer.messages)
    _post(office.owner, "/account/persone", email="anna@example.it")
    run_jobs()
    assert len(mailer.messages) == before
    assert [one.state for one in _seats(tx, office)] == ["CONFIGURED"]


def test_a_seat_is_invited_to_by_a_link_that_works_once_and_its_person_sees_the_services(
    office: Office, outside: Outside, tx: Transact, run_jobs: Run
) -> None:
    """F004-04: collaborators come in with the permissions they were given."""
    assert "Abbiamo scritto a anna@example.it" in _invite(office, "anna@example.it")
    run_jobs()
    link = _link(outside, "anna@example.it")
    browser = office.owner.application.test_client()
    for _look in range(2):
        assert browser.get(link).status_code == 200
    assert [seat.state for seat in _seats(tx, office)] == ["INVITED"]
    anna = _join(office, outside, "anna@example.it")
    assert [seat.state for seat in _seats(tx, office)] == ["CONFIGURED"]
    assert browser.get(link).status_code == 410
    page = anna.get("/servizi")
    assert page.status_code == 200
    assert BASE.sku in page.text
    assert anna.get("/servizi/utenze").status_code == 403
    run_jobs()
    provisioner = outside.provisioner
    assert isinstance(provisioner, MemoryProvisioner)
    people = provisioner.changes[-1][1]["seats"]["people"]
    assert [(one["email"], one["state"], one["permissions"]["sent"]) for one in people] == [
        ("anna@example.it", "CONFIGURED", "read")
    ]


def test_a_link_sent_again_makes_the_old_one_worthless(
    office: Office, outside: Outside, tx: Transact, run_jobs: Run
) -> None:
    _invite(office, "anna@example.it")
    run_jobs()
    old = _link(outside, "anna@example.it")
    assert "il link di prima non vale più" in _act(office, _seats(tx, office)[0], "resend")
    run_jobs()
    browser = office.owner.application.test_client()
    assert browser.get(old).status_code == 410
    assert browser.get(_link(outside, "anna@example.it")).status_code == 200


def test_the_seats_that_were_bought_are_given_out_and_no_more(office: Office, tx: Transact) -> None:
    """F004-10: the third person is refused with what to do, and what was typed stays."""
    _invite(office, "uno@example.it")
    _invite(office, "due@example.it")
    page = office.owner.get("/servizi/utenze").text
    assert "Tutte le utenze sono occupate" in page
    answer = post(office.owner, "/servizi/utenze", email="tre@example.it")
    assert answer.status_code == 409
    assert "liberane una" in answer.text
    assert len(_seats(tx, office)) == 2


def test_somebody_who_sits_already_is_not_given_a_second_seat(office: Office, tx: Transact) -> None:
    _invite(office, "uno@example.it")
    assert "ha già un accesso" in _invite(office, "uno@example.it")
    assert len(_seats(tx, office)) == 1


def test_a_seat_is_disabled_then_freed_and_given_to_somebody_else(
    office: Office, outside: Outside, tx: Transact, run_jobs: Run
) -> None:
    """F004-21: a configured seat is not taken away by one click; freed, it is somebody else's."""
    _invite(office, "anna@example.it")
    run_jobs()
    anna = _join(office, outside, "anna@example.it")
    seat = _seats(tx, office)[0]
    assert "è cambiata" in _act(office, seat, "free")
    _act(office, seat, "disable")
    assert anna.get("/servizi").status_code == 302
    assert [one.state for one in _seats(tx, office)] == ["DISABLED"]
    _act(office, seat, "enable")
    assert [one.state for one in _seats(tx, office)] == ["CONFIGURED"]
    _act(office, seat, "disable")
    _act(office, seat, "free")
    assert _seats(tx, office) == ()
    _invite(office, "bruno@example.it")
    assert [(one.email, one.state) for one in _seats(tx, office)] == [("bruno@example.it", "INVITED")]


def test_when_a_lot_ends_the_last_added_are_disabled_and_the_owner_may_choose_another(
    office: Office, outside: Outside, tx: Transact, run_jobs: Run, advance: Advance
) -> None:
    """OVER_LIMIT: two people, and one seat of a later lot is left."""
    with tx() as session:
        today = clock.today()
        company = session.get_one(Company, office.company_id)
        bought(session, company, SEATS, today, today + timedelta(days=300))
    for email in ("anna@example.it", "bruno@example.it"):
        _invite(office, email)
        run_jobs()
        _join(office, outside, email)
    advance(timedelta(days=31))
    run_jobs()
    assert [(seat.email, seat.state) for seat in _seats(tx, office)] == [
        ("anna@example.it", "CONFIGURED"),
        ("bruno@example.it", "DISABLED"),
    ]
    assert "non bastano per tutti" in office.owner.get("/servizi/utenze").text
    anna, bruno = _seats(tx, office)
    assert "Non c’è un’utenza libera" in _act(office, bruno, "enable")
    _act(office, anna, "disable")
    _act(office, anna, "free")
    assert "Utenza riattivata" in _act(office, bruno, "enable")
    assert [(seat.email, seat.state) for seat in _seats(tx, office)] == [("bruno@example.it", "CONFIGURED")]


def test_permissions_are_changed_area_by_area(office: Office, tx: Transact) -> None:
    _invite(office, "anna@example.it")
    seat = _seats(tx, office)[0]
    form = {"action": "permit", "may-sent": "write", "may-settings": "everything"}
    _post(office.owner, f"/servizi/utenze/{seat.id}", **form)
    assert _seats(tx, office)[0].permissions == {
        "sent": "write",
        "received": "none",
        "contacts": "none",
        "modules": "none",
        "settings": "none",
    }


def test_another_company_s_seat_is_not_there(office: Office, tx: Transact) -> None:
    _invite(office, "anna@example.it")
    seat = _seats(tx, office)[0]
    with tx() as session:
        stranger = a_user(session, a_company(session).id, "owner")
    browser = office.owner.application.test_client()
    sign_in(browser, stranger)
    assert browser.get(f"/servizi/utenze/{seat.id}").status_code == 404
