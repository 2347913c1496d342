import re
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app import Outside, create_app
from foundation import clock
from foundation.database import database
from foundation.jobs import DueRow
from foundation.tokens import token_hash
from shop import ApiToken, Membership, User, WebSession
from shop.accounts.passwords import hash_password
from shop.accounts.people import UsedDeepLink
from shop.accounts.sweeping import sweep_sessions
from tests.conftest import Transact
from tests.database import isolated
from tests.factories import a_studio, a_user
from tests.signing import csrf_token, post, sign_in, sign_in_by_token
from tests.statements import statements

PASSWORD = "cavallo batteria graffetta"


def a_person(tx: Transact, role: str = "owner") -> User:
    with tx() as session:
        studio = a_studio(session, name="Studio Verdi")
        return a_user(session, studio.id, role, password_hash=hash_password(PASSWORD))


def age(tx: Transact, token: str, **columns: timedelta) -> None:
    """Let a session have been used, or begun, that long ago."""
    values: dict[str, Any] = {name: getattr(WebSession, name) - ago for name, ago in columns.items()}
    with tx() as session:
        session.execute(update(WebSession).where(WebSession.token_hash == token_hash(token)).values(values))


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("gettone")
    assert cookie is not None
    return cookie.value


def test_a_cookie_kept_after_signing_out_is_worthless(client: FlaskClient, tx: Transact) -> None:
    sign_in(client, a_person(tx))
    kept = cookie_of(client)
    assert is_in(client)
    post(client, "/esci")
    client.set_cookie("gettone", kept)
    assert not is_in(client)
    client.get("/accedi")
    assert cookie_of(client) != kept, "a dead token is never used again"


def test_the_session_id_changes_at_sign_in_and_the_old_one_dies(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx)
    csrf_token(client)
    before = cookie_of(client)
    post(client, "/accedi", email=user.email, password=PASSWORD)
    after = cookie_of(client)
    assert after != before
    client.set_cookie("gettone", before)
    assert not is_in(client)


def test_a_disabled_person_is_out_at_the_next_request(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx)
    sign_in(client, user)
    assert is_in(client)
    with tx() as session:
        session.get_one(User, user.id).disabled_at = clock.now()
    assert not is_in(client)


def test_a_revoked_membership_is_out_at_the_next_request(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx)
    sign_in(client, user)
    with tx() as session:
        session.execute(update(Membership).where(Membership.user_id == user.id).values(revoked_at=clock.now()))
    assert not is_in(client)


def test_desk_sessions_end_when_idle_and_after_half_a_day(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx, "finance")
    token = sign_in(client, user)
    age(tx, token, seen_at=timedelta(minutes=29))
    assert is_in(client)
    age(tx, token, seen_at=timedelta(minutes=31))
    assert not is_in(client)
    token = sign_in(client, user)
    age(tx, token, expires_at=timedelta(hours=12, seconds=1))
    assert not is_in(client)


def test_studio_sessions_outlive_a_lunch_break(client: FlaskClient, tx: Transact) -> None:
    token = sign_in(client, a_person(tx))
    age(tx, token, seen_at=timedelta(hours=3))
    assert is_in(client)


def test_a_session_is_touched_at_most_once_a_minute(client: FlaskClient, tx: Transact) -> None:
    token = sign_in(client, a_person(tx))

    def seen_at() -> datetime:
        with tx() as session:
            return session.scalars(select(WebSession.seen_at).where(WebSession.token_hash == token_hash(token))).one()

    first = seen_at()
    client.get("/account")
    assert seen_at() == first
    age(tx, token, seen_at=timedelta(minutes=2))
    client.get("/account")
    assert seen_at() > first - timedelta(minutes=1)


def test_reading_pages_gives_a_visitor_no_row(client: FlaskClient, tx: Transact) -> None:
    for path in ("/", "/accedi", "/registrati", "/guida", "/condizioni"):
        assert client.get(path).status_code == 200
    with tx() as session:
        assert session.scalar(select(func.count()).select_from(WebSession)) == 0


def test_changing_the_password_ends_every_other_session(client: FlaskClient, tx: Transact, app: Flask) -> None:
    user = a_person(tx)
    elsewhere = app.test_client()
    sign_in(elsewhere, user)
    sign_in(client, user)
    wrong = post(client, "/account/password", old_password="sbagliata", password="una frase nuova")
    assert wrong.status_code == 422
    assert "La password attuale non è questa" in wrong.text
    assert post(client, "/account/password", old_password=PASSWORD, password="una frase nuova").status_code == 302
    assert is_in(client)
    assert not is_in(elsewhere)


def test_a_person_closes_one_of_their_sessions_and_nobody_elses(client: FlaskClient, tx: Transact, app: Flask) -> None:
    user = a_person(tx)
    with tx() as session:
        other = a_user(session, a_studio(session).id)
    phone, stranger = app.test_client(), app.test_client()
    phone_token = sign_in(phone, user)
    stranger_token = sign_in(stranger, other)
    sign_in(client, user)
    for token in (phone_token, stranger_token):
        post(client, "/account/sessioni", session=token_hash(token)[:16])
    assert not is_in(phone)
    assert is_in(stranger)
    assert is_in(client)


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


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(client: FlaskClient) -> None:
    header = client.get("/accedi").headers["Set-Cookie"]
    assert header.startswith("gettone=")
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Path=/" in header
    assert "Domain" not in header


def test_over_https_the_cookie_is_bound_to_the_host(worker_database: str, outside: Outside) -> None:
    secure = create_app({"DATABASE_URL": worker_database, "PUBLIC_URL": "https://gettone.example"}, outside)
    with isolated(secure):
        header = secure.test_client().get("/accedi", base_url="https://gettone.example").headers["Set-Cookie"]
    with secure.app_context():
        database.engine.dispose()
    assert header.startswith("__Host-gettone=")
    assert "Secure" in header
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Domain" not in header


def test_the_database_holds_only_the_hash_of_a_session(client: FlaskClient, tx: Transact) -> None:
    token = sign_in(client, a_person(tx))
    with tx() as session:
        stored = session.scalars(select(WebSession.token_hash)).all()
    assert stored == [token_hash(token)]
    assert token not in stored


def test_programs_are_known_by_their_token_and_by_nothing_else(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx)
    with tx() as session:
        party_id = session.scalars(select(Membership.party_id).where(Membership.user_id == user.id)).one()
    sign_in(client, user)
    assert client.get("/api/v1/orders").status_code == 401, "a cookie opens no API"
    assert client.get("/api/v1/orders", headers={"Authorization": "Bearer gtn_invented"}).status_code == 401
    headers = sign_in_by_token(client, "studio", party_id)
    assert client.get("/api/v1/orders", headers=headers).status_code == 200
    with tx() as session:
        session.execute(update(ApiToken).values(revoked_at=clock.now()))
    assert client.get("/api/v1/orders", headers=headers).status_code == 401


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


def test_the_frame_of_a_page_costs_two_statements(client: FlaskClient, tx: Transact, app: Flask) -> None:
    sign_in(client, a_person(tx))
    with statements(app) as sent:
        assert client.get("/condizioni").status_code == 200
    assert len(sent) == 2, sent  # who asks, and what their cart holds
    anonymous = app.test_client()
    anonymous.get("/condizioni")
    with statements(app) as sent:
        assert anonymous.get("/condizioni").status_code == 200
    assert len(sent) == 1, sent


def test_without_a_database_a_page_says_to_come_back(outside: Outside) -> None:
    broken = create_app({"DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nothing"}, outside)
    visitor = broken.test_client()
    visitor.set_cookie("gettone", "a" * 43)
    answer = visitor.get("/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "Torniamo tra poco" in answer.text
    with visitor.get("/static/look/tokens.css") as style:
        assert style.status_code == 200


def test_sessions_and_links_are_forgotten_a_month_after_their_end(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx)
    old, living = sign_in(client, user), sign_in(client, user)
    age(tx, old, expires_at=timedelta(days=31))
    with tx() as session:
        session.add(UsedDeepLink(nonce_hash="x", used_at=clock.real_now() - timedelta(days=31)))
    with tx() as session:
        sweep_sessions(session, DueRow())
    with tx() as session:
        assert session.scalars(select(WebSession.token_hash)).all() == [token_hash(living)]
        assert session.scalars(select(UsedDeepLink)).all() == []


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


def test_the_password_of_an_open_session_is_not_guessed(client: FlaskClient, tx: Transact) -> None:
    sign_in(client, a_person(tx))
    new = "otto cani bianchi"
    for _guess in range(5):
        assert post(client, "/account/password", old_password="prova", password=new).status_code == 422
    refused = post(client, "/account/password", old_password=PASSWORD, password=new)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def _row(tx: Transact, token: str) -> WebSession:
    with tx() as session:
        row = session.scalars(select(WebSession).where(WebSession.token_hash == token_hash(token))).one()
        session.expunge(row)
        return row
