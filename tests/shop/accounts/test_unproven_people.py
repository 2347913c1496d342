"""Whoever has not proved to own their address binds nobody, brings nobody in and writes to nobody."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from entitlements.connections.directory import ProfileText, keep_profile
from foundation.mail import MemoryMailer
from foundation.tokens import token_hash
from shop import ApiToken, User
from shop.accounts.api_tokens import create_api_token
from shop.accounts.registration import reset_password
from tests.api.caller import Caller
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.factories import a_company, a_studio, a_user
from tests.signing import post, sign_in
from tests.stories import owner_of, stock_the_shop

SENTENCE = "Conferma prima il tuo indirizzo"


@pytest.fixture
def stranger(tx: Transact) -> User:
    """Somebody who registered with an address that may be somebody else's."""
    with tx() as session:
        return a_user(session, a_studio(session).id, email="vittima@example.it", email_confirmed_at=None)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/account/token", {"name": "gestionale"}),
        ("/account/persone", {"email": "altro@example.it", "role": "owner"}),
    ],
)
def test_nobody_brings_in_programs_or_people_before_the_address_is_proven(
    client: FlaskClient, stranger: User, outside: Outside, tx: Transact, path: str, form: dict[str, str]
) -> None:
    sign_in(client, stranger)
    answer = post(client, path, fields=form)
    assert answer.status_code == 409
    assert SENTENCE in answer.text
    with tx() as session:
        assert session.scalars(select(ApiToken)).all() == []
        assert session.scalars(select(User).where(User.email == "altro@example.it")).all() == []
    assert isinstance(outside.mailer, MemoryMailer)
    assert outside.mailer.messages == []


@pytest.mark.parametrize(
    "path", ["/", "/account/token", "/account/persone", "/aziende/collegamenti", "/inviti/nuovo", "/inviti/file"]
)
def test_whoever_has_not_proven_an_address_hears_so_before_they_type_and_may_have_the_link_again(
    client: FlaskClient, stranger: User, tx: Transact, path: str
) -> None:
    with tx() as session:
        stock_the_shop(session)
        proven = a_user(session, a_studio(session).id)
    sign_in(client, stranger)
    page = visit(client, path)
    assert "Conferma il tuo indirizzo." in page.part("main")
    assert page.press("Mandami di nuovo il link").path == "/account"
    sign_in(client, proven)
    assert "Conferma il tuo indirizzo." not in visit(client, path).text


def test_a_company_hears_so_as_well_before_it_chooses_its_accountant(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        studio = a_studio(session)
        keep_profile(session, studio.id, ProfileText("Studio", "Torino", "", active=True), owner_of(studio))
        sign_in(client, a_user(session, a_company(session).id, email_confirmed_at=None))
    for path in ("/commercialista", f"/commercialisti/{studio.id}", "/account/persone"):
        assert "Conferma il tuo indirizzo." in visit(client, path).part("main")


def test_a_refusal_for_want_of_a_proof_is_no_change_meanwhile_and_shows_the_way_on(
    client: FlaskClient, stranger: User
) -> None:
    sign_in(client, stranger)
    refused = Page(client, post(client, "/account/token", fields={"name": "gestionale"}))
    assert refused.part("h1") == "Adesso non si può fare"
    assert "Mandami di nuovo il link" in refused.follow("Vai al tuo account").part("main")


def test_tokens_made_by_somebody_unproven_die_when_the_address_finds_its_owner(
    client: FlaskClient, tx: Transact
) -> None:
    """An account may have been opened under another's address before tokens asked for a proof."""
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        victim = a_user(session, studio.id, email="vittima@example.it", email_confirmed_at=None)
        _row, secret = create_api_token(session, "gestionale", "studio", owner_of(studio), studio.id)
        token = session.scalars(select(ApiToken).where(ApiToken.token_hash == token_hash(secret))).one()
        token.created_by_user_id = victim.id
    program = Caller(client, {"Authorization": f"Bearer {secret}"})
    assert program.get("/orders").status_code == 200
    with tx() as session:
        reset_password(session, session.get_one(User, victim.id), "sette gatti neri")
    assert program.get("/orders").status_code == 401
