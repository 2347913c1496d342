"""What a case holds back (D10) stands alike at every door: rights, seats, the vendor's software and letters."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from entitlements import MemoryProvisioner, lift_suspensions, suspend_licences
from entitlements.licences import Licence
from foundation.ids import new_id
from tests.addons import until
from tests.api.caller import caller
from tests.browsing import visit
from tests.factories import a_user
from tests.flows.service_shop import BASE, DOCUMENTS, SEAT, Shop
from tests.flows.test_seats import ALL_READ
from tests.signing import post, sign_in

Advance = Callable[[timedelta], None]


def suspend(shop: Shop, sku: str) -> UUID:
    """A case holds back what this product's line started; answers the case."""
    case = new_id()
    with shop.tx() as session:
        cause = session.execute(select(Licence.cause_kind, Licence.cause_id).where(Licence.sku == sku)).one()
        assert suspend_licences(session, cause.cause_kind, [cause.cause_id], case) == 1
    shop.jobs()
    return case


def lift(shop: Shop, case: UUID) -> None:
    with shop.tx() as session:
        assert lift_suspensions(session, case) == 1
    shop.jobs()


def asked(shop: Shop) -> dict[str, tuple[str, str | None]]:
    """How each service stands, and the case that holds it back, as the vendor's software asks."""
    answer = caller(shop.client, "product").get(f"/companies/{shop.company_id}/entitlements").get_json()
    return {one["sku"]: (one["state"], one["suspended_by_case"]) for one in answer["services"]}


def told(shop: Shop) -> dict[str, str]:
    """How each kind of service stands in the newest letter to the vendor."""
    provisioner = shop.outside.provisioner
    assert isinstance(provisioner, MemoryProvisioner)
    return {one["kind"]: one["state"] for one in provisioner.changes[-1][1]["services"]}


def letters(shop: Shop, subject: str) -> list[str]:
    """The texts of the mails with this subject."""
    mailer: Any = shop.outside.mailer
    return [
        str(one.get_body(("plain",)).get_content())
        for one in mailer.messages
        if str(one["Subject"]).startswith(f"{subject} ·")
    ]


@pytest.fixture
def owner(shop: Shop) -> FlaskClient:
    """The owner of the company, signed in."""
    with shop.tx() as session:
        user = a_user(session, shop.company_id, "owner")
    browser = shop.client.application.test_client()
    sign_in(browser, user)
    return browser


@pytest.mark.parametrize("held_back", [SEAT, BASE])
def test_nobody_is_invited_to_seats_that_a_case_holds_back(shop: Shop, owner: FlaskClient, held_back: str) -> None:
    shop.buy(shop.line(BASE))
    shop.buy(shop.line(SEAT, 3))
    case = suspend(shop, held_back)
    assert asked(shop)[SEAT] == ("SUSPENDED", str(case))
    assert told(shop)["seats"] == "SUSPENDED"
    assert "Le utenze sono sospese" in visit(owner, "/servizi/utenze").text
    refused = post(owner, "/servizi/utenze", email="anna@example.it", **ALL_READ)
    assert (refused.status_code, "Le utenze sono sospese" in refused.text) == (409, True)
    lift(shop, case)
    assert asked(shop)[SEAT] == ("ACTIVE", None)
    assert post(owner, "/servizi/utenze", email="anna@example.it", **ALL_READ).status_code == 303


def test_seats_that_wait_with_a_limited_base_take_nobody_new(shop: Shop, owner: FlaskClient, advance: Advance) -> None:
    shop.buy(shop.line(BASE), shop.line(SEAT, 3))
    advance(until(shop.ends()[BASE]))
    shop.jobs()
    assert post(owner, "/servizi/utenze", email="anna@example.it", **ALL_READ).status_code == 409


def test_a_suspended_base_that_ends_is_limited_at_every_door_and_no_letter_says_to_renew_it(
    shop: Shop, advance: Advance
) -> None:
    shop.buy(shop.line(BASE))
    case = suspend(shop, BASE)
    advance(until(shop.ends()[BASE]))
    shop.jobs()
    assert asked(shop)[BASE] == ("LIMITED", str(case))
    assert told(shop) == {"base_service": "LIMITED"}
    (limited,) = letters(shop, "Servizi scaduti")
    assert "finché è sospeso non si può rinnovare" in limited
    assert "Rinnova:" not in limited
    # Given back, it still is limited: now it can be renewed, and its payer is told so.
    lift(shop, case)
    assert letters(shop, "Servizi di nuovo attivi") == []
    assert "Rinnova:" in letters(shop, "Servizi scaduti")[-1]
    shop.buy(shop.line(BASE, 1, shop.running()[BASE]))


def test_what_is_given_back_after_its_end_is_not_called_active(shop: Shop, advance: Advance) -> None:
    shop.buy(shop.line(BASE))
    advance(timedelta(days=31))
    shop.buy(shop.line(DOCUMENTS))
    ended = suspend(shop, DOCUMENTS)
    base = shop.running()[BASE]
    shop.buy(shop.line(BASE, 1, base))
    advance(until(base.ends_on))
    shop.jobs()
    lift(shop, ended)
    assert asked(shop)[DOCUMENTS] == ("EXPIRED", None)
    assert letters(shop, "Servizi di nuovo attivi") == []
