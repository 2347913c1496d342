"""Whoever chose English reads no Italian: every page, and every mail, in the words of a whole shop."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from jinja2 import StrictUndefined
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import Outside
from entitlements import MemoryProvisioner, activate_coupon, stock_of
from foundation import clock
from foundation.formats import ENGLISH, ITALIAN, LANGUAGE_COOKIE
from foundation.ids import new_id
from foundation.mail import Mail, compose
from foundation.principal import Principal
from foundation.translations import SOURCE
from shop.accounts.members import invite_member
from shop.orders.letters import letter_context
from shop.renewals.mandate_text import CLAUSES
from tests.browsing import visit
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.matrix.play import filled, path_of, undone
from tests.matrix.table import PEOPLE, Row, read_table
from tests.matrix.world import Matrix, a_matrix
from tests.signing import csrf_token, post, sign_in
from tests.stories import a_paid_order, an_order, company_data, stock_the_shop

PAGES = [row for row in read_table() if not row.rule.startswith(("/api/", "/webhooks/"))]
MAILS = sorted(path.stem for path in Path("templates/mail").glob("*.txt") if "Subject:" in path.read_text())
# Names of people, places, sellers, tokens and languages, and what a payer wrote: they are in no language.
DATA = frozenset(
    {
        *("cap", "soc", "via", "esempio", "milano", "roma", "assistenza", "venditore", "persona"),
        *("senza", "causale", "gestionale", "programma", "italiano"),
    }
)
_WORD = re.compile(r"[a-zàèéìòù]{3,}")
# Addresses and tokens of programs: chance may write a word into them.
_UNSPOKEN = re.compile(r"https?://\S+|\bgtn_\S+")
_READ_ALOUD = ("aria-label", "title", "alt", "placeholder")


@pytest.fixture
def matrix(app: Flask, tx: Transact) -> Matrix:
    return a_matrix(app, tx)


def test_no_page_says_anything_in_italian(app: Flask, matrix: Matrix) -> None:
    read, left = 0, []
    for row in PAGES:
        for role in dict.fromkeys(("anonymous", _who_may(row))):
            with undone(app):
                answer = _asked(matrix, row, role)
            if answer.mimetype != "text/html" or 300 <= answer.status_code < 400:
                continue
            read += 1
            if words := _italian(_all_text(answer.text)):
                left.append(f"{row.name} as {role} ({answer.status_code}): {', '.join(sorted(words))}")
    print(f"pages_read={read} with_italian={len(left)}")
    assert read > len(PAGES) / 2
    assert not left, "\n".join(left)


def test_the_check_hears_italian(client: FlaskClient) -> None:
    assert {"carrello", "accedi"} <= _italian(_all_text(client.get("/carrello").text))


def test_no_mail_says_anything_in_italian(app: Flask, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        order = an_order(session, a_studio(session), "LITE-10", method="bank_transfer")
        context = letter_context(session, order) | _of_an_account() | _of_a_company() | _of_money()
    context |= _of_an_invitation() | _of_services()
    left = []
    for template in MAILS:
        subject, text, page = _mail_parts(app, template, context)
        if words := _italian(_all_text(f"{subject} {text} {page}")):
            left.append(f"{template}: {', '.join(sorted(words))}")
    assert len(MAILS) > 20
    assert not left, "\n".join(left)


@pytest.mark.parametrize("locale", [ITALIAN, ENGLISH])
def test_no_subject_lacks_a_word(app: Flask, locale: str) -> None:
    strict = app.jinja_env.overlay(undefined=StrictUndefined)
    told = {
        "number": "ORD-2026-000001",
        "coupons": 0,
        "company": "Officina Brambilla",
        "other": "Anna",
        "asker": "Anna",
    }
    context = _of_an_account() | _of_a_company() | _of_an_invitation() | _of_services() | told
    with app.test_request_context(), force_locale(locale):
        for template in MAILS:
            first, _, _rest = Path(f"templates/mail/{template}.txt").read_text().partition("\n")
            subject = strict.from_string(first).render(context)
            assert subject == subject.strip(), template


def test_a_studio_hears_of_its_company_in_the_language_of_whoever_activated_it(
    tx: Transact, run_jobs: Callable[[], int], outside: Outside
) -> None:
    assert isinstance(outside.provisioner, MemoryProvisioner)
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        a_paid_order(session, studio)
    run_jobs()
    with tx() as session:
        by = Principal(a_user(session, studio.id).id, studio.id, "owner", locale=ENGLISH)
        activate_coupon(session, stock_of(session, studio.id)[0][0].id, company_data(), by)
    run_jobs()
    with tx() as session:
        told = session.scalars(select(Mail).where(Mail.template == "company_ready")).one()
    assert told.locale == ENGLISH


def test_somebody_new_is_invited_in_the_language_of_whoever_invites(tx: Transact) -> None:
    with tx() as session:
        studio = a_studio(session)
        by = Principal(a_user(session, studio.id).id, studio.id, "owner", locale=ENGLISH)
        invite_member(session, studio.id, "nuova@example.it", "staff", by)
        (invitation,) = session.scalars(select(Mail).where(Mail.template == "member_invited"))
    assert invitation.locale == ENGLISH


@pytest.mark.parametrize("path", ["/catalogo", "/carrello", "/guida?q=coupon", "/accedi?next=/ordini", "/nulla"])
def test_a_choice_of_language_keeps_the_page(client: FlaskClient, tx: Transact, path: str) -> None:
    with tx() as session:
        stock_the_shop(session)
    page = visit(client, path).press("English")
    assert page.response.request.full_path.rstrip("?") == path
    assert page.soup.html is not None
    assert page.soup.html["lang"] == ENGLISH
    assert page.press("Italiano").part("footer [aria-pressed=true]") == "Italiano"


def test_a_choice_of_language_keeps_the_filters_of_whoever_is_signed_in(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        an_order(session, studio)
        owner = a_user(session, studio.id)
    sign_in(client, owner)
    page = visit(client, "/ordini?state=AWAITING_PAYMENT").press("English")
    assert page.response.request.full_path == "/ordini?state=AWAITING_PAYMENT"
    assert "Awaiting payment" in page.text


def test_after_a_wrong_form_the_choice_of_language_comes_back_to_its_page(client: FlaskClient) -> None:
    answer = post(client, "/accedi", email="nobody@example.it", password="wrong horse battery")
    form = BeautifulSoup(answer.text, "html.parser").select_one('form[action="/lingua"] [name=next]')
    assert form is not None
    assert form["value"] == "/accedi"


def _asked(matrix: Matrix, row: Row, role: str) -> TestResponse:
    client, words = matrix.client(role), matrix.words("own", role)
    client.set_cookie(LANGUAGE_COOKIE, ENGLISH)
    sent = None if row.method == "GET" else {"csrf_token": csrf_token(client), **filled(dict(row.form or {}), words)}
    query = filled(dict(row.query), words)
    answer = client.open(path_of(row, words), method=row.method, query_string=query, data=sent)
    answer.close()
    return answer


def _mail_parts(app: Flask, template: str, context: dict[str, Any]) -> list[str]:
    mail = Mail(id=new_id(), recipient="studio@example.it", template=template, context=context, queued_at=clock.now())
    mail.locale = ENGLISH
    with app.app_context():
        message = compose(mail)
    return [str(message["Subject"]), *(str(part.get_content()) for part in message.iter_parts())]


def _who_may(row: Row) -> str:
    """A person who is let in on their own object."""
    return next((role for role in PEOPLE if row.cells[role].own in {"ok", "in", "away"}), "owner")


def _all_text(page: str) -> str:
    """What is written, and what is read aloud; not the name of the other language."""
    soup = BeautifulSoup(page, "html.parser")
    for other in soup.select("style, script, [lang=it]:not(html)"):
        other.decompose()
    aloud = [str(tag[name]) for name in _READ_ALOUD for tag in soup.select(f"[{name}]")]
    return _UNSPOKEN.sub(" ", " ".join([soup.get_text(" "), *aloud]))


def _italian(text: str) -> set[str]:
    return set(_WORD.findall(text.lower())) & _only_in_italian()


@cache
def _only_in_italian() -> frozenset[str]:
    """The words of the Italian texts that no English one uses."""
    with SOURCE.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    italian = {word for message in messages for word in _words(message.id)}
    return frozenset(italian - {word for message in messages for word in _words(message.string or "")} - DATA)


def _words(said: str | list[str] | tuple[str, ...]) -> list[str]:
    return _WORD.findall((said if isinstance(said, str) else " ".join(said)).lower())


def _of_an_account() -> dict[str, object]:
    person = {
        "name": "Anna",
        "email": "anna@example.it",
        "studio": "Bianchi",
        "subject": "Invoices",
        "message": "Hello",
    }
    return person | {"user_id": str(new_id()), "membership_id": str(new_id()), "version": 1, "reference": "R-7Q4M2K"}


def _of_a_company() -> dict[str, object]:
    told: dict[str, object] = {
        "company_name": "Officina Brambilla",
        "coupon_code": "LTE-7Q4M-K2HD",
        "support_code": "K7-4K3P",
    }
    reason = "L’assistenza ha chiuso la richiesta."
    return told | {"company_id": str(new_id()), "coupon_id": str(new_id()), "reason": reason}


def _of_money() -> dict[str, object]:
    names = (
        "surplus_cents",
        "shortfall_cents",
        "paid_cents",
        "returned_cents",
        "missing_cents",
        "refunded_cents",
        "credit_cents",
    )
    return dict.fromkeys(names, 1_000) | {"held": 1, "fulfilled": 1, "qr": ""}


def _of_an_invitation() -> dict[str, object]:
    offer = {"names": {"it": "LITE", "en": "LITE"}, "gross_cents": 1_000}
    contact = {"name": "Anna", "email": "anna@example.it", "phone": ""}
    told: dict[str, object] = {"client_name": "Anna", "expires_at": clock.now().isoformat(), "contact": contact}
    return told | {"invitation_id": str(new_id()), "offer": offer, "code": "123456", "tax_code": "00743110157"}


def _of_services() -> dict[str, object]:
    service = {"names": {"it": "LITE", "en": "LITE"}, "quantity": 2, "last_day": "31/12/2026"}
    renewal = {"on": "2026-12-24", "card": "Visa", "last4": "4242", "gross_cents": 7_893, "rose": False}
    renewal |= {"services": [service], "left_out": [service], "suspended": False}
    refused = {"renewal": renewal, "reason": "DECLINED", "renewal_path": "/renewal", "clauses": list(CLAUSES)}
    storage = {"percent": 71, "limit_gb": 10, "more_gb": 4}
    ending = {"services": [service], "days_left": 7, "last_day": "31/12/2026", "path": "/servizi"}
    return refused | storage | ending
