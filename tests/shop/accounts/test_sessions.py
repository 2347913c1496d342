from datetime import datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app import Outside, create_app
from foundation import clock
from foundation.database import database
from foundation.jobs import DueRow
from foundation.tokens import token_hash
from shop import ApiToken, Membership, User, WebSession
from shop.accounts.people import UsedDeepLink
from shop.accounts.sweeping import sweep_sessions
from tests.conftest import Transact
from tests.database import isolated
from tests.factories import a_studio, a_user
from tests.shop.accounts.session_owner import PASSWORD, a_person, age, cookie_of
from tests.signing import csrf_token, post, sign_in, sign_in_by_token
from tests.statements import statements


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


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


def test_the_password_of_an_open_session_is_not_guessed(client: FlaskClient, tx: Transact) -> None:
    sign_in(client, a_person(tx))
    new = "otto cani bianchi"
    for _guess in range(5):
        assert post(client, "/account/password", old_password="prova", password=new).status_code == 422
    refused = post(client, "/account/password", old_password=PASSWORD, password=new)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
