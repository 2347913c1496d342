"""Studios and clients that link: what the stories of both share."""

import re
from collections.abc import Callable
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from entitlements import Party, Ready, apply_answer, payer_at, rights_of
from entitlements.connections.link_requests import (
    answer_request,
    ask_to_link,
    requests_of,
)
from foundation import clock
from foundation.mail import MemoryMailer
from shop import User
from tests.browsing import Page, visit
from tests.entitlements.scenes import Scene, a_scene, an_activation
from tests.factories import a_company, a_user
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


def linked_with_account(session: Session) -> tuple[Scene, Party, User]:
    """A studio with coupons and a linked client that registered itself, with the client's owner."""
    scene = a_scene(session)
    number = {"vat_number": "06363391001", "tax_code": "06363391001"}
    company = a_company(session, **number, name="Officina", email="mario@officina.example.it")
    ask_to_link(session, number["tax_code"], owner_of(scene.studio))
    (request, _studio), *_rest = requests_of(session, company.id)
    answer_request(session, request.id, True, owner_of(company))
    return scene, company, a_user(session, company.id)


def payer_of(session: Session, company_id: UUID) -> tuple[str, UUID]:
    """Who pays for a company now, in a word and by party."""
    period = payer_at(session, company_id, clock.now())
    assert period is not None
    return period.payer, period.payer_party_id


def licences_of(session: Session, company_id: UUID) -> list[tuple[str, str]]:
    """A company's licences: plan and end."""
    rights = rights_of(session, company_id)
    return [(licence.plan, term.ends_on.isoformat()) for licence, term in rights.licences]
