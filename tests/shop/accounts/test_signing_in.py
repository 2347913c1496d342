import re
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from shop import User
from shop.accounts import passwords
from shop.accounts.passwords import HASHER, LONGEST, hash_password, is_outdated, password_fits, password_problem
from shop.accounts.signing_in import wait_before_trying
from shop.web.accounts.safe_ways import safe_path
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import post, settings_of, sign_in

PASSWORD = "cavallo batteria graffetta"
HOSTILE = (
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/%09/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\r\n//evil.example",
    "%2f%2fevil.example",
    "/%2f%2fevil.example",
    "/%5cevil.example",
    "https://evil.example",
    "HTTPS://evil.example",
    "http:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "/..//evil.example",
    "/x/../..//evil.example",
    "evil.example",
    "@evil.example",
    "/@evil.example/..//",
    " //evil.example",
    "/\u2028/evil.example",
    "/ordini#//evil.example",
    "?next=//evil.example",
    ".evil.example",
)


def a_person(tx: Transact) -> User:
    with tx() as session:
        studio = a_studio(session, name="Studio Verdi")
        return a_user(session, studio.id, password_hash=hash_password(PASSWORD))


def test_a_signed_in_person_is_greeted_by_the_name_of_their_studio(client: FlaskClient, tx: Transact) -> None:
    sign_in(client, a_person(tx))
    page = client.get("/").text
    assert "Studio Verdi" in page
    assert "Esci" in page


def test_a_person_signs_in_with_their_password_and_out_again(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx)
    answer = post(client, "/accedi", email=f" {user.email.upper()} ", password=PASSWORD, next="/ordini?state=PAID")
    assert answer.status_code == 302, answer.text
    assert answer.location == "/ordini?state=PAID"
    assert "Studio Verdi" in client.get("/").text
    assert post(client, "/esci").location == "/"
    assert "Studio Verdi" not in client.get("/").text


def test_the_sixth_wrong_password_waits_and_nobody_is_locked_for_ever(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx)
    wrong = [post(client, "/accedi", email=user.email, password="sbagliata!").status_code for _try in range(5)]
    assert wrong == [422] * 5
    sixth = post(client, "/accedi", email=user.email, password=PASSWORD)
    assert sixth.status_code == 429
    assert 0 < int(sixth.headers["Retry-After"]) <= 15 * 60
    assert "Troppi tentativi" in sixth.text
    stranger = post(client, "/accedi", email="mai@example.it", password="sbagliata!")
    assert stranger.status_code == 422, "one account's count does not touch another's"


def test_a_success_starts_the_count_anew(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx)
    for _round in range(2):
        for _try in range(4):
            assert post(client, "/accedi", email=user.email, password="sbagliata!").status_code == 422
        assert post(client, "/accedi", email=user.email, password=PASSWORD).status_code == 302
        post(client, "/esci")


def test_many_accounts_tried_from_one_address_are_stopped(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        waits = [wait_before_trying(settings_of(client), f"p{n}@example.it", "127.0.0.1") for n in range(100)]
    assert waits == [None] * 100
    assert post(client, "/accedi", email="p101@example.it", password="sbagliata!").status_code == 429


def test_a_disabled_person_is_told_the_same_as_a_stranger(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx)
    with tx() as session:
        session.get_one(User, user.id).disabled_at = user.created_at
    known = post(client, "/accedi", email=user.email, password=PASSWORD)
    unknown = post(client, "/accedi", email="mai@example.it", password=PASSWORD)
    assert known.status_code == unknown.status_code == 422
    said = "E-mail o password non corrispondono"
    assert said in known.text
    assert said in unknown.text


@pytest.mark.parametrize("wanted", HOSTILE)
def test_no_hostile_address_is_a_path_of_the_shop(wanted: str) -> None:
    assert safe_path(wanted) == "/"


def test_no_address_leads_away_from_the_shop(client: FlaskClient, tx: Transact) -> None:
    user = a_person(tx)
    ways = set()
    for wanted in HOSTILE:
        ways.add(post(client, "/accedi", email=user.email, password=PASSWORD, next=wanted).location)
        ways.add(client.get("/accedi", query_string={"next": wanted}).location)
        ways.add(post(client, "/lingua", language="en", next=wanted).location)
    print(f"payloads={len(HOSTILE)} left_site={len(ways - {'/'})}")
    assert ways == {"/"}


@pytest.mark.parametrize("wanted", ["/", "/ordini", "/ordini/ORD-2026-000001", "/coupon?state=AVAILABLE&q=a%20b"])
def test_paths_of_the_shop_are_kept(wanted: str) -> None:
    assert safe_path(wanted) == wanted


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("corta1!", "too_short"),
        ("x" * (LONGEST + 1), "too_long"),
        ("password123", "common"),
        ("PASSWORD2026!", "common"),
        ("1q2w3e4r", "common"),
        ("12345678", "common"),
        ("juventus", "common"),
        ("Fatturazione2026", "common"),
        ("anna@example.it", "same_as_email"),
        ("solo lettere", None),
        ("gatto verde", None),
        ("8 spazi e basta", None),
        ("ùnìcòdé è bene", None),
        ("q" * 60 + "w" * 60 + "e" * 80, None),
    ],
)
def test_passwords_are_judged_by_length_and_by_what_attackers_try_first(password: str, problem: str | None) -> None:
    assert password_problem(password, "anna@example.it") == problem


def test_the_three_thousand_most_used_passwords_are_refused() -> None:
    """Those with fewer characters than we ask for are refused by their length, so the list holds the longer ones."""
    file = Path(passwords.__file__).with_name("leaked_passwords.txt")
    listed = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    assert (len(listed), len(set(listed))) == (3_000, 3_000)
    assert {"trustno1", "qwertyuiop", "iloveyou"} <= set(listed)
    assert {password_problem(one, "anna@example.it") for one in listed} == {"common"}


def test_passwords_are_stored_with_argon2id_and_never_cut() -> None:
    stored = hash_password("a" * 100)
    print(f"argon2id=m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}")
    assert re.match(r"^\$argon2id\$v=19\$m=19456,t=2,p=1\$", stored)
    assert password_fits(stored, "a" * 100)
    assert not password_fits(stored, "a" * 99)
    assert not password_fits(None, "a" * 100)
    assert not is_outdated(stored)


def test_a_hash_with_old_parameters_is_renewed_at_sign_in(client: FlaskClient, tx: Transact) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    assert is_outdated(weak)
    user = a_person(tx)
    with tx() as session:
        session.get_one(User, user.id).password_hash = weak
    assert post(client, "/accedi", email=user.email, password=PASSWORD).status_code == 302
    with tx() as session:
        renewed = session.get_one(User, user.id).password_hash
    assert renewed is not None
    assert not is_outdated(renewed)
