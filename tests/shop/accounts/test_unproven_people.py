"""Whoever has not proved to own their address binds nobody, brings nobody in and writes to nobody."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from entitlements import Party
from entitlements.connections.directory import ProfileText, keep_profile
from entitlements.connections.handovers import PayerHandover, accept_handover, propose_handover
from entitlements.connections.link_requests import LinkRequest, ask_to_link
from entitlements.connections.moves import MoveWish, StudioMove, agree_to_move, propose_move
from entitlements.connections.people import AddressNotProven
from entitlements.contracts.contract_text import VERSION
from entitlements.contracts.signatures import sign_contract
from foundation.mail import MemoryMailer
from foundation.principal import Principal
from foundation.tokens import token_hash
from shop import ApiToken, Membership, User
from shop.accounts.api_tokens import create_api_token
from shop.accounts.registration import reset_password
from tests.api.caller import Caller
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.factories import a_company, a_studio, a_user
from tests.flows.linking import client_with_licence
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


def test_nobody_answers_for_a_studio_before_the_address_is_proven(
    client: FlaskClient, stranger: User, tx: Transact
) -> None:
    """A link shows a client's data, and more: who may be somebody else does not get one (D22)."""
    with tx() as session:
        studio_id = session.scalars(select(Membership.party_id).where(Membership.user_id == stranger.id)).one()
        studio = session.get_one(Party, studio_id)
        company = a_company(session)
        a_user(session, company.id)
        ask_to_link(session, studio.vat_number or "", owner_of(company))
        request_id = session.scalars(select(LinkRequest.id)).one()
    sign_in(client, stranger)
    answer = post(client, f"/collegamenti/richieste/{request_id}", answer="accept")
    assert answer.status_code == 409
    assert SENTENCE in answer.text
    assert client.get(f"/aziende/{company.id}").status_code == 404
    assert post(client, f"/collegamenti/richieste/{request_id}", answer="decline").status_code in {302, 303}


def test_nor_takes_over_who_pays_or_a_client(tx: Transact) -> None:
    with tx() as session:
        studio, owner, company_id = client_with_licence(session)
        asks = Principal(owner.id, studio.id, "owner")
        taker = a_studio(session, tax_code="00743110157", vat_number="00743110157")
        of_company, of_taker = (a_user(session, one, email_confirmed_at=None) for one in (company_id, taker.id))
        propose_handover(session, company_id, company_id, asks)
        wish = MoveWish(company_id, studio.id, "00743110157", with_payer=False, company_must_agree=False)
        propose_move(session, wish, asks)
        handover, move = session.scalars(select(PayerHandover.id)).one(), session.scalars(select(StudioMove.id)).one()
        with pytest.raises(AddressNotProven):
            accept_handover(session, handover, Principal(of_company.id, company_id, "company_owner"))
        with pytest.raises(AddressNotProven):
            agree_to_move(session, move, Principal(of_taker.id, taker.id, "owner"))


def test_nor_signs_the_contract_of_their_own_company(tx: Transact) -> None:
    with tx() as session:
        company = a_company(session)
        unproven = a_user(session, company.id, email_confirmed_at=None)
        by = Principal(unproven.id, company.id, "company_owner")
        with pytest.raises(AddressNotProven):
            sign_contract(session, company.id, VERSION, "it", by)
