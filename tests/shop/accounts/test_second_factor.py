import re
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from foundation import clock
from foundation.settings import SANDBOX_SECRET_KEY
from foundation.tokens import link_token
from shop import User, WebSession
from shop.accounts.mailed_links import RESET_PASSWORD, send_link
from shop.accounts.passwords import hash_password
from shop.accounts.second_factor import STEP_SECONDS, accept_code, forget_claims, secret_of
from shop.accounts.signing_in import forget_sign_in_tries
from shop.web.accounts.web_session import cookie_name
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import post, settings_of, sign_in

PASSWORD = "cavallo batteria graffetta"
SECRET_KEY = "k" * 40


def a_person(tx: Transact, role: str) -> User:
    with tx() as session:
        return a_user(session, a_studio(session).id, role, password_hash=hash_password(PASSWORD))


def shown_code(page: str) -> str:
    """The code the sandbox shows, since there is no telephone."""
    return str(re.findall(r'il codice è <span class="g-code">(\d{6})</span>', page)[0])


def enter(client: FlaskClient, user: User) -> str:
    """Give the first proof; answers the page that asks for the second."""
    answer = post(client, "/accedi", email=user.email, password=PASSWORD)
    assert answer.location == "/accedi/verifica"
    return client.get("/accedi/verifica").text


@pytest.mark.parametrize("role", ["finance", "admin"])
def test_finance_and_admin_reach_no_page_without_a_code(
    client: FlaskClient, app: Flask, tx: Transact, role: str
) -> None:
    user = a_person(tx, role)
    rules = [rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    pages = [path for path in rules if path.startswith(("/account", "/desk"))]
    enter(client, user)
    pending = {path: client.get(path) for path in pages}
    assert len(pending) > 5
    assert {answer.status_code for answer in pending.values()} == {302}
    assert all(answer.location.startswith("/accedi") for answer in pending.values())
    sign_in(client, user, second_factor=False)
    half = {path: client.get(path).location for path in pages}
    reached = [path for path, location in half.items() if location not in {"/accedi/verifica", None}]
    print(f"pages={len(pages)} reached_without={len(reached)}")
    assert set(half.values()) <= {"/accedi/verifica", None}
    assert client.get("/account").location == "/accedi/verifica"


def test_the_first_sign_in_sets_the_second_factor_up_and_the_next_asks_for_it(
    client: FlaskClient, tx: Transact
) -> None:
    user = a_person(tx, "admin")
    page = enter(client, user)
    assert "Inquadra il codice" in page
    assert "<svg" in page
    code = shown_code(page)
    assert post(client, "/accedi/verifica", code="000000" if code != "000000" else "111111").status_code == 422
    assert post(client, "/accedi/verifica", code=code).location == "/"
    assert client.get("/desk/token").status_code == 200
    post(client, "/esci")
    page = enter(client, user)
    assert "Inquadra il codice" not in page, "the secret is shown only while it is set up"
    assert post(client, "/accedi/verifica", code=code).status_code == 422, "a code is accepted once"
    assert post(client, "/accedi/verifica", code=shown_code(page)).location == "/"
    assert client.get("/desk/token").status_code == 200


def test_a_code_is_good_for_its_half_minute_and_its_neighbours_and_only_once(tx: Transact) -> None:
    user = a_person(tx, "admin")
    with tx() as session:
        stored = session.get_one(User, user.id)
        codes = pyotp.HOTP(secret_of(SECRET_KEY, stored))
        now = int(clock.real_now().timestamp()) // STEP_SECONDS
        assert not accept_code(session, SECRET_KEY, stored, codes.at(now - 3))
        assert not accept_code(session, SECRET_KEY, stored, codes.at(now + 3))
        assert not accept_code(session, SECRET_KEY, stored, "")
        assert not accept_code(session, SECRET_KEY, stored, "١٢٣٤٥٦")
        assert accept_code(session, SECRET_KEY, stored, f" {codes.at(now)[:3]} {codes.at(now)[3:]} ")
        assert not accept_code(session, SECRET_KEY, stored, codes.at(now))
        assert not accept_code(session, SECRET_KEY, stored, codes.at(now - 1)), "nor one from before it"
        assert accept_code(session, SECRET_KEY, stored, codes.at(now + 1))


def test_codes_cannot_be_guessed(client: FlaskClient, tx: Transact) -> None:
    enter(client, a_person(tx, "finance"))
    answers = [post(client, "/accedi/verifica", code="12345").status_code for _try in range(7)]
    assert answers == [422] * 5 + [429] * 2


def test_a_reset_by_mail_still_asks_for_the_second_factor(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx, "finance")
    with tx() as session:
        session.execute(update(User).where(User.id == user.id).values(link_sent_at=clock.real_now()))
    token = link_token(settings_of(client).secret_key, "reset_password", user.id, user.link_version)
    assert post(client, f"/password/{token}", password="una frase nuova").location == "/accedi/verifica"
    assert client.get("/desk/finanza").status_code in {302, 404}
    assert client.get("/account").status_code == 302


def test_a_cookie_known_before_the_password_does_not_reach_the_code(
    client: FlaskClient, app: Flask, tx: Transact
) -> None:
    client.get("/accedi")
    name = cookie_name(settings_of(client))
    planted = client.get_cookie(name)
    assert planted is not None
    enter(client, a_person(tx, "finance"))
    stranger = app.test_client()
    stranger.set_cookie(name, planted.value)
    assert stranger.get("/accedi/verifica").location == "/accedi", "the visit goes on under a fresh token"


def test_the_wait_between_password_and_code_is_short(client: FlaskClient, tx: Transact) -> None:
    enter(client, a_person(tx, "finance"))
    with tx() as session:
        kept = session.scalars(select(WebSession)).one()
        data = dict(kept.data)
        data["second_factor_for"][2] -= int(timedelta(minutes=11).total_seconds())
        session.execute(update(WebSession).values(data=data))
    assert client.get("/accedi/verifica").location == "/accedi"
    assert post(client, "/accedi/verifica", code="123456").location == "/accedi"


def test_a_studio_person_may_choose_the_second_factor_and_drop_it(
    client: FlaskClient, tx: Transact, app: Flask
) -> None:
    user = a_person(tx, "owner")
    sign_in(client, user, second_factor=False)
    page = client.get("/account/secondo-fattore").text
    assert post(client, "/account/secondo-fattore", code=shown_code(page)).location == "/account"
    assert "Attiva" in client.get("/account").text
    elsewhere = app.test_client()
    page = enter(elsewhere, user)
    assert elsewhere.get("/account").status_code == 302
    assert post(elsewhere, "/accedi/verifica", code=shown_code(page)).location == "/"
    with tx() as session:
        session.execute(update(User).values(totp_last_step=None))
    page = elsewhere.get("/account/secondo-fattore").text
    assert post(elsewhere, "/account/secondo-fattore", code=shown_code(page)).location == "/account"
    post(elsewhere, "/esci")
    with app.app_context():
        forget_sign_in_tries(settings_of(client), user.email)
    assert post(elsewhere, "/accedi", email=user.email, password=PASSWORD).location == "/"


def _reset_link(tx: Transact, user: User) -> str:
    with tx() as session:
        person = session.get_one(User, user.id)
        send_link(session, person, RESET_PASSWORD)
        return f"/password/{link_token(SANDBOX_SECRET_KEY, RESET_PASSWORD, person.id, person.link_version)}"


def test_whoever_knew_the_cookie_of_a_browser_shares_nothing_of_a_first_proof_given_in_it(
    app: Flask, tx: Transact
) -> None:
    """Not even somebody signed in there, who left the browser to the next person and kept its cookie."""
    finance, mallory = a_person(tx, "finance"), a_person(tx, "owner")
    shared, kept = app.test_client(), app.test_client()
    kept.set_cookie(cookie_name(settings_of(kept)), sign_in(shared, mallory, second_factor=False))
    answer = post(shared, _reset_link(tx, finance), password="cinque parole davvero molto lunghe")
    assert answer.location == "/accedi/verifica"
    assert shared.get("/accedi/verifica").status_code == 200
    assert kept.get("/accedi/verifica").location == "/accedi"


def test_a_sign_in_that_stopped_half_way_ends_with_a_new_password(
    client: FlaskClient, app: Flask, tx: Transact
) -> None:
    user = a_person(tx, "finance")
    link = _reset_link(tx, user)
    code = shown_code(enter(client, user))
    owner = app.test_client()
    assert post(owner, link, password="cinque parole davvero molto lunghe").location == "/accedi/verifica"
    assert client.get("/accedi/verifica").location == "/accedi"
    assert post(client, "/accedi/verifica", code=code).location == "/accedi"
    code = shown_code(owner.get("/accedi/verifica").text)
    assert post(owner, "/accedi/verifica", code=code).location == "/"


def test_a_secret_that_a_stranger_saw_is_not_that_of_whom_the_address_belongs_to(tx: Transact) -> None:
    """The page that sets a phone up shows the secret before the first code confirms it."""
    user = a_person(tx, "owner")
    with tx() as session:
        person = session.get_one(User, user.id)
        before = secret_of(SECRET_KEY, person)
        forget_claims(session, person)
        assert secret_of(SECRET_KEY, person) != before
