"""Referral (F002-05, F002-06, D12, D15): a code, a new account, ten credits for both, once, and for nobody's twin."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Cause, Party, Ready, apply_answer, give_code, plain_email
from entitlements.coupons.codes import ALPHABET, well_formed
from entitlements.referrals import Referral
from entitlements.wallets import WalletBucket, consume, fill_bucket
from foundation import clock
from foundation.ids import new_id
from foundation.mail import MemoryMailer
from shop import User
from tests.browsing import visit
from tests.conftest import Transact
from tests.entitlements.scenes import a_scene, an_activation
from tests.factories import a_studio, a_user
from tests.flows.linking import COMPANY_FORM, browser, link_in, register
from tests.signing import post

RunJobs = Callable[[], int]


def a_referrer(session: Session, **facts: str) -> tuple[Party, User, str]:
    """A studio with its owner and its code."""
    studio = a_studio(session, name="Studio Rossi", vat_number="00743110157", tax_code="00743110157")
    owner = a_user(session, studio.id, **facts)
    return studio, owner, give_code(session, studio.id)


def credits_of(session: Session, party: Party) -> list[tuple[str, int, int]]:
    """The credits a party holds, bucket by bucket."""
    query = select(WalletBucket).where(WalletBucket.holder_party_id == party.id, WalletBucket.meter == "credits")
    return [(bucket.funding, bucket.granted, bucket.balance) for bucket in session.scalars(query)]


def state_of(session: Session) -> list[tuple[str, str | None]]:
    """How every referral stands."""
    return [(one.state, one.refusal) for one in session.scalars(select(Referral).order_by(Referral.id))]


def the_company(session: Session) -> Party:
    """The company that registered in this story."""
    return session.scalars(select(Party).where(Party.tax_code == COMPANY_FORM["tax_code"])).one()


def test_who_signs_up_by_a_link_gives_both_sides_ten_credits_when_the_address_is_confirmed(
    app: Flask, client: FlaskClient, tx: Transact, run_jobs: RunJobs, letters: MemoryMailer
) -> None:
    with tx() as session:
        studio, owner, code = a_referrer(session)
    desk = browser(app, owner)
    page = visit(desk, "/account").follow("Referral")
    assert code in page.text
    assert f"/registrati/azienda?referral={code}" in page.text
    form = visit(client, f"/registrati/azienda?referral={code}")
    assert form.soup.select_one("#referral")["value"] == code  # type: ignore[index]

    assert post(client, "/registrati/azienda", **COMPANY_FORM, referral=code).status_code == 200
    run_jobs()
    with tx() as session:
        assert credits_of(session, studio) == [], "nothing before the address is confirmed"
    assert "In attesa di conferma" in visit(desk, "/account/referral").text
    confirmation = link_in(letters, "/conferma/")
    client.get(confirmation)
    with tx() as session:
        assert credits_of(session, studio) == [], "looking at the link confirms nothing"
    post(client, confirmation)
    post(client, confirmation)
    with tx() as session:
        assert credits_of(session, studio) == [("BONUS", 10, 10)]
        assert credits_of(session, the_company(session)) == [("BONUS", 10, 10)]
    told = visit(desk, "/account/referral").text
    assert "Accreditato" in told
    assert "Officina" not in told, "who came stays their own business"
    post(client, "/accedi", email=COMPANY_FORM["email"], password=COMPANY_FORM["password"])
    own = visit(client, "/account/referral").text
    assert "Crediti da referral 10" in own


def test_confirming_by_a_reset_of_the_password_credits_too_and_never_twice(
    client: FlaskClient, tx: Transact, run_jobs: RunJobs, letters: MemoryMailer
) -> None:
    with tx() as session:
        studio, _owner, code = a_referrer(session)
    post(client, "/registrati/azienda", **COMPANY_FORM, referral=code)
    post(client, "/password", email=COMPANY_FORM["email"])
    run_jobs()
    post(client, link_in(letters, "/password/"), password="nove cani rossi")
    post(client, link_in(letters, "/conferma/"))
    with tx() as session:
        assert credits_of(session, studio) == [("BONUS", 10, 10)]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"email": "mariorossi+uno@gmail.com"}, "SELF"),
        ({"email": "Mario.Rossi@Googlemail.com"}, "SELF"),
        ({"vat_number": "00743110157", "tax_code": "00743110157"}, "SELF"),
        ({"vat_number": "02780790107", "tax_code": "02780790107"}, "TWIN"),
    ],
)
def test_nobody_refers_themselves_or_a_twin(
    client: FlaskClient,
    tx: Transact,
    run_jobs: RunJobs,
    letters: MemoryMailer,
    changes: dict[str, str],
    refusal: str,
) -> None:
    with tx() as session:
        _studio, _owner, code = a_referrer(session, email="mario.rossi@gmail.com")
        a_studio(session, vat_number="02780790107", tax_code="02780790107", registered_at=clock.now())
    register(client, run_jobs, letters, **changes, referral=code)
    with tx() as session:
        assert state_of(session) == [("REFUSED", refusal)]
        assert session.scalars(select(WalletBucket)).all() == []


def test_one_address_written_in_two_ways_earns_once(
    app: Flask, client: FlaskClient, tx: Transact, run_jobs: RunJobs, letters: MemoryMailer
) -> None:
    with tx() as session:
        _studio, owner, code = a_referrer(session)
    register(client, run_jobs, letters, email="anna@example.it", referral=code)
    second = {"vat_number": "02780790107", "tax_code": "02780790107", "email": "anna+due@example.it"}
    register(app.test_client(), run_jobs, letters, **second, referral=code)
    with tx() as session:
        assert state_of(session) == [("CREDITED", None), ("REFUSED", "TWIN")]
    assert "Questo soggetto era già in Gettone" in visit(browser(app, owner), "/account/referral").text


def test_a_code_that_nobody_has_is_told_beside_the_field_and_nothing_typed_is_lost(client: FlaskClient) -> None:
    page = visit(client, "/registrati/azienda").press(
        "Registra l’azienda", COMPANY_FORM | {"referral": "RIF-33333-33334"}
    )
    assert page.status == 422
    assert "Nessuno ha questo codice" in page.text
    assert page.soup.select_one("#name")["value"] == COMPANY_FORM["name"]  # type: ignore[index]


def test_bonus_credits_are_spent_by_expiry_then_bonus_then_age(tx: Transact) -> None:
    """D15, D26: a bucket of their own beside the paid one."""
    with tx() as session:
        scene = a_scene(session)
        company_id = an_activation(session, scene)
        apply_answer(session, company_id, Ready("remote"), "call")

        def bucket(funding: str, ends_on: object = None) -> None:
            cause = Cause("correction", new_id())
            fill_bucket(
                session,
                WalletBucket(
                    holder_party_id=company_id,
                    meter="credits",
                    funding=funding,
                    granted=10,
                    ends_on=ends_on,
                    sku="credits",
                    cause_kind=cause.kind,
                    cause_id=cause.id,
                    created_at=clock.now(),
                ),
            )

        bucket("PAID")
        bucket("BONUS")
        bucket("PAID", clock.today().replace(year=clock.today().year + 1))
        consume(session, company_id, [company_id], "credits", 15, "autofattura-1")
        query = select(WalletBucket.funding, WalletBucket.balance).where(WalletBucket.meter == "credits")
        left = dict(
            zip(("old paid", "bonus", "expiring"), session.execute(query.order_by(WalletBucket.id)), strict=True)
        )
        assert {name: row.balance for name, row in left.items()} == {"old paid": 10, "bonus": 5, "expiring": 0}


def test_codes_are_typed_without_look_alikes_and_a_wrong_symbol_is_seen(tx: Transact) -> None:
    """M11."""
    with tx() as session:
        code = a_referrer(session)[2]
    assert well_formed(code)
    assert not set("01258ABGIOSZ") & set(code.removeprefix("RIF"))
    for place, symbol in enumerate(code):
        if symbol in ALPHABET and place > 3:
            other = ALPHABET[(ALPHABET.index(symbol) + 1) % len(ALPHABET)]
            assert not well_formed(code[:place] + other + code[place + 1 :])


@pytest.mark.parametrize(
    ("written", "delivered"),
    [
        (" Anna.Bianchi+gettone@GoogleMail.com ", "annabianchi@gmail.com"),
        ("Anna.Bianchi+x@example.it", "anna.bianchi@example.it"),
    ],
)
def test_an_address_is_recognised_however_it_is_written(written: str, delivered: str) -> None:
    assert plain_email(written) == delivered
