"""Going on under another of one's memberships: a new id, no longer a session, no younger a proof (S12)."""

import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from foundation import clock
from foundation.tokens import token_hash
from shop import Membership, WebSession
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.shop.accounts.session_owner import a_person, age, cookie_of
from tests.signing import post, sign_in


def test_a_person_goes_on_for_another_studio_under_a_new_id(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx)
    with tx() as session:
        second = a_studio(session, name="Studio Gialli")
        mine = Membership(user_id=user.id, party_id=second.id, role="staff", created_at=clock.now())
        strangers = a_user(session, a_studio(session).id)
        session.add(mine)
        foreign = session.scalars(select(Membership).where(Membership.user_id == strangers.id)).one().id
    token = sign_in(client, user)
    assert "Studio Gialli" in client.get("/account").text
    post(client, "/account/agisci", membership=str(foreign))
    assert "Titolare di Studio Verdi" in client.get("/account").text
    post(client, "/account/agisci", membership=str(mine.id))
    assert "Collaboratore di Studio Gialli" in client.get("/account").text
    assert cookie_of(client) != token


def test_going_on_in_a_desk_role_asks_for_the_second_factor_once(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx)
    with tx() as session:
        desk = Membership(user_id=user.id, party_id=a_studio(session).id, role="support", created_at=clock.now())
        finance = Membership(user_id=user.id, party_id=a_studio(session).id, role="finance", created_at=clock.now())
        session.add_all((desk, finance))
    sign_in(client, user, second_factor=False)
    assert post(client, "/account/agisci", membership=str(finance.id)).location == "/accedi/verifica"
    assert "Titolare" in client.get("/account").text, "until the code is given nothing changes"
    page = client.get("/accedi/verifica").text
    code = re.findall(r'il codice è <span class="g-code">(\d{6})</span>', page)[0]
    assert post(client, "/accedi/verifica", code=code).location == "/"
    assert "Finanza di" in client.get("/account").text
    assert post(client, "/account/agisci", membership=str(desk.id)).location == "/"
    assert "Assistenza di" in client.get("/account").text


def test_going_on_makes_a_session_no_longer_and_its_proof_no_younger(client: FlaskClient, tx: Transact) -> None:
    """S12: half a day is half a day, however often somebody changes for whom they act."""
    user = a_person(tx, "finance")
    with tx() as session:
        own = session.scalars(select(Membership.id).where(Membership.user_id == user.id)).one()
    token = sign_in(client, user)
    age(tx, token, expires_at=timedelta(hours=11), second_factor_at=timedelta(hours=11))
    before = _row(tx, token)
    assert post(client, "/account/agisci", membership=str(own)).location == "/"
    after = _row(tx, cookie_of(client))
    assert after.token_hash != before.token_hash
    assert (after.expires_at, after.second_factor_at) == (before.expires_at, before.second_factor_at)


def test_a_second_factor_of_last_week_opens_no_desk(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx)
    with tx() as session:
        desk = Membership(user_id=user.id, party_id=a_studio(session).id, role="finance", created_at=clock.now())
        session.add(desk)
    token = sign_in(client, user)
    age(tx, token, second_factor_at=timedelta(days=7))
    assert post(client, "/account/agisci", membership=str(desk.id)).location == "/accedi/verifica"
    assert "Titolare" in client.get("/account").text


def _row(tx: Transact, token: str) -> WebSession:
    with tx() as session:
        row = session.scalars(select(WebSession).where(WebSession.token_hash == token_hash(token))).one()
        session.expunge(row)
        return row
