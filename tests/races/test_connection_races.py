"""Connections at the same instant, with rows really committed: one link, one payer, one credit for both (D12, D13)."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Party, Ready, activate_coupon, apply_answer, credit_referral, give_code, stock_of, use_code
from entitlements.connections.directory import ProfileText, choose_studio, keep_profile
from entitlements.connections.handovers import PayerHandover, accept_handover, propose_handover, refuse_handover
from entitlements.connections.linking import Blocked, LinkNotFound, block, lift, link_state, unlink
from entitlements.connections.proposal_states import IllegalProposalStep
from foundation.database import transaction
from foundation.principal import Principal
from foundation.tokens import link_token
from shop import User
from shop.accounts.mailed_links import CONFIRM_EMAIL, MailedLinkRefused, confirm_email, send_link
from tests.database import fresh_database
from tests.factories import a_company, a_studio, a_user
from tests.races.contest import audit_finds, contend, racing_app, rows
from tests.stories import a_paid_order, company_data, owner_of, stock_the_shop

pytestmark = pytest.mark.race
TWENTY = 20


@pytest.fixture
def racing(worker_id: str) -> Iterator[Flask]:
    with fresh_database(f"gettone_bonds_{worker_id}") as url, racing_app(url) as app:
        yield app


def test_twenty_confirmations_at_once_credit_both_sides_once(racing: Flask) -> None:
    with racing.app_context(), transaction() as session:
        studio, company = a_studio(session), a_company(session)
        user = a_user(session, company.id, email_confirmed_at=None)
        use_code(session, give_code(session, studio.id), company, "key")
        send_link(session, session.get_one(User, user.id), CONFIRM_EMAIL)
    token = _token(racing, user)

    def confirm(number: int) -> str:
        with racing.app_context(), transaction() as session:
            if number % 2:
                return "credited" if credit_referral(session, company.id, ()) else "nothing left"
            try:
                confirm_email(session, racing.extensions["gettone.settings"].secret_key, token)
            except MailedLinkRefused:
                return "link used"
        return "confirmed"

    outcomes = contend(TWENTY, confirm)
    assert set(outcomes) <= {"credited", "confirmed", "nothing left", "link used"}, outcomes
    held = "SELECT count(*) * 1000 + sum(granted) FROM wallet_buckets WHERE meter = 'credits'"
    assert rows(racing, held) == 2 * 1000 + 20
    assert audit_finds(racing) == []


def test_a_studio_picked_many_times_and_blocked_meanwhile_has_one_link_or_none(racing: Flask) -> None:
    with racing.app_context(), transaction() as session:
        studio, company = a_studio(session), a_company(session)
        keep_profile(session, studio.id, ProfileText("Studio", "Torino", "", active=True), owner_of(studio))
    picks = Principal(None, company.id, "company_owner")

    def act(number: int) -> str:
        with racing.app_context(), transaction() as session:
            try:
                _step(session, number, studio, company, picks)
            except (Blocked, LinkNotFound) as refused:
                return type(refused).__name__
        return "done"

    for _round in range(3):
        outcomes = contend(12, act)
        assert all(isinstance(outcome, str) for outcome in outcomes), outcomes
        live = rows(racing, "SELECT count(*) FROM studio_links WHERE unlinked_at IS NULL")
        assert live in {0, 1}
        assert audit_finds(racing) == []
        with racing.app_context(), transaction() as session:
            lift(session, studio.id, company.id, owner_of(studio))
            if link_state(session, studio.id, company.id) == "NONE":
                choose_studio(session, studio.id, picks)


def test_a_handover_accepted_declined_and_withdrawn_at_once_ends_one_way(racing: Flask) -> None:
    with racing.app_context(), transaction() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        a_paid_order(session, studio, "LITE-1")
        coupon = stock_of(session, studio.id)[0][0]
        company_id = activate_coupon(session, coupon.id, company_data(), owner_of(studio)).id
        apply_answer(session, company_id, Ready("remote"), "call")
        company = session.get_one(Party, company_id)
        propose_handover(session, company_id, company_id, owner_of(studio))
        handover = session.scalars(select(PayerHandover)).one()

    def act(number: int) -> str:
        with racing.app_context(), transaction() as session:
            try:
                if number % 3 == 0:
                    return f"accepted {accept_handover(session, handover.id, owner_of(company))}"
                by = owner_of(company) if number % 3 == 1 else owner_of(studio)
                return f"refused {refuse_handover(session, handover.id, by)}"
            except IllegalProposalStep:
                return "too late"

    outcomes = contend(12, act)
    assert sum(str(outcome).endswith("True") for outcome in outcomes) == 1, outcomes
    changed = rows(racing, "SELECT count(*) FROM payer_periods WHERE cause_kind = 'payer_handover'")
    assert changed == int("accepted True" in outcomes)
    assert audit_finds(racing) == []


def _step(session: Session, number: int, studio: Party, company: Party, picks: Principal) -> None:
    """Nine pick the studio, one unlinks, one blocks, one lifts the block."""
    if number == 0:
        block(session, studio.id, company.id, owner_of(studio))
    elif number == 1:
        unlink(session, studio.id, company.id, picks)
    elif number == 2:
        lift(session, studio.id, company.id, owner_of(studio))
    else:
        choose_studio(session, studio.id, picks)


def _token(app: Flask, user: User) -> str:
    with app.app_context(), transaction() as session:
        version = session.get_one(User, user.id).link_version
    return link_token(app.extensions["gettone.settings"].secret_key, CONFIRM_EMAIL, user.id, version)
