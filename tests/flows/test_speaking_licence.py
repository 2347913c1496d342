"""Which licence speaks for a company that has several: one choice for the API and for the vendor (D10, D17, M25)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from entitlements import Company, MemoryProvisioner, suspend_licences
from entitlements.licences import LicenceTerm
from entitlements.provisioning.changes import announce_change
from foundation import clock
from foundation.formats import last_day
from foundation.ids import new_id
from tests.addons import until
from tests.entitlements.scenes import browser_of
from tests.factories import a_user
from tests.flows.service_shop import BASE, Shop
from tests.running import BASE as BASE_SOLD
from tests.running import bought

Advance = Callable[[timedelta], None]


@pytest.fixture
def plan_ends_on(shop: Shop) -> date:
    """The exclusive end of the coupon's plan, twelve months."""
    with shop.tx() as session:
        return session.scalars(select(LicenceTerm.ends_on)).one()


def _told(shop: Shop) -> dict[str, Any]:
    """What the vendor was told last."""
    shop.jobs()
    assert isinstance(shop.outside.provisioner, MemoryProvisioner)
    return shop.outside.provisioner.changes[-1][1]


def _says(shop: Shop) -> tuple[str, str, str]:
    """State, plan and mode by the API; a letter of today to the vendor says the same plan, mode and limits."""
    with shop.tx() as session:
        announce_change(session, shop.company_id)
    letter, answer = _told(shop), shop.api.get(f"/companies/{shop.company_id}/entitlements").get_json()
    said = ("plan", "access_mode", "limits")
    assert {name: letter[name] for name in said} == {name: answer[name] for name in said}
    return answer["state"], answer["plan"], answer["access_mode"]


def _suspend_plan(shop: Shop) -> None:
    with shop.tx() as session:
        pack = session.execute(text("SELECT cause_kind, cause_id FROM coupon_packs")).one()
        assert suspend_licences(session, pack.cause_kind, [pack.cause_id], new_id()) == 1


def _buy_base(shop: Shop) -> None:
    shop.buy(shop.line(BASE))


def test_a_suspended_licence_is_read_only_for_whoever_asks(shop: Shop) -> None:
    """D10: read-only plus export."""
    assert _says(shop) == ("ACTIVE", "ORDINARY", "FULL")
    _suspend_plan(shop)
    assert _says(shop) == ("SUSPENDED", "ORDINARY", "READ_ONLY")


def test_a_base_that_runs_speaks_for_a_company_whose_plan_is_suspended(shop: Shop) -> None:
    _suspend_plan(shop)
    _buy_base(shop)
    assert _says(shop) == ("ACTIVE", "FULL", "FULL")
    assert _told(shop)["product"] == "EINVOICING"


def test_the_studio_s_pages_say_what_speaks(shop: Shop) -> None:
    """The plan lasts longer than the base, and is suspended."""
    with shop.tx() as session:
        company, owner = session.get_one(Company, shop.company_id), a_user(session, shop.studio_id)
        bought(session, company, BASE_SOLD, clock.today() - timedelta(days=200), clock.today() + timedelta(days=165))
    _suspend_plan(shop)
    browser = browser_of(shop.client.application, owner)
    assert "Piano FULL Accesso Completo" in browser.open(f"/aziende/{shop.company_id}").text
    assert f"FULL {last_day(clock.today() + timedelta(days=165))}" in browser.open("/aziende").text
    assert _says(shop) == ("ACTIVE", "FULL", "FULL")


def test_a_base_that_runs_speaks_for_a_company_whose_plan_is_over(
    shop: Shop, advance: Advance, plan_ends_on: date
) -> None:
    advance(timedelta(days=200))
    _buy_base(shop)
    advance(until(plan_ends_on))
    assert _says(shop) == ("ACTIVE", "FULL", "FULL")
    letter = _told(shop)
    assert (letter["product"], letter["ends_on"]) == ("EINVOICING", shop.ends()[BASE].isoformat())


def test_a_plan_speaks_before_a_base_that_lasts_longer(shop: Shop, advance: Advance, plan_ends_on: date) -> None:
    """Only here is the vendor told of a plan; the base is among the services."""
    advance(timedelta(days=200))
    _buy_base(shop)
    assert _says(shop) == ("ACTIVE", "ORDINARY", "FULL")
    assert _told(shop)["ends_on"] == plan_ends_on.isoformat() < shop.ends()[BASE].isoformat()


def test_a_limited_base_is_read_only_for_whoever_asks(shop: Shop, advance: Advance) -> None:
    """F004-23: what was sent can be looked at; a plan that ended before it is silent."""
    advance(timedelta(days=200))
    _buy_base(shop)
    advance(until(shop.ends()[BASE]))
    assert _says(shop) == ("LIMITED", "FULL", "READ_ONLY")
