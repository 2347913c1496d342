"""The days of a coupon's plan: its end is told to programs and to the vendor, once, however late (M18, M25)."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from entitlements import MemoryProvisioner
from entitlements.licences import PLAN, Licence, LicenceTerm
from foundation import clock
from foundation.events import Event
from pricing import add_months
from tests.addons import until
from tests.flows.service_shop import BASE, SEAT, Shop

Advance = Callable[[timedelta], None]


@pytest.fixture
def plan_ends_on(shop: Shop) -> date:
    """The exclusive end of the coupon's plan, twelve months."""
    with shop.tx() as session:
        return session.scalars(select(LicenceTerm.ends_on)).one()


def _changes(shop: Shop) -> list[tuple[str, str, str]]:
    """Plan, mode and end, as the vendor was told them one after the other."""
    assert isinstance(shop.outside.provisioner, MemoryProvisioner)
    return [(body["plan"], body["access_mode"], body["ends_on"]) for _key, body in shop.outside.provisioner.changes]


def _plan_states(shop: Shop) -> list[str]:
    with shop.tx() as session:
        return list(session.scalars(select(Licence.state).where(Licence.kind == PLAN)))


def _expired(shop: Shop) -> list[UUID | None]:
    """Who may read that a plan is over, once per event."""
    with shop.tx() as session:
        told = session.scalars(select(Event).where(Event.type.in_(("licence.expired", "licence.expiring"))))
        return [event.party_id for event in told]


def test_the_end_of_a_plan_is_told_once_on_its_day_and_nobody_is_asked_to_renew_it(
    shop: Shop, advance: Advance, plan_ends_on: date
) -> None:
    """The vendor and the studio's programs hear it; a coupon's plan is not for sale by itself: no letter."""
    letters = shop.subjects()
    advance(until(plan_ends_on - timedelta(days=1)))
    shop.jobs()
    assert (_plan_states(shop), _expired(shop)) == (["ACTIVE"], [])
    for _day in range(3):
        advance(timedelta(days=1))
        shop.jobs()
    assert (_plan_states(shop), _expired(shop)) == (["EXPIRED"], [shop.studio_id])
    assert _changes(shop) == [("ORDINARY", "READ_ONLY", plan_ends_on.isoformat())]
    assert shop.subjects() == letters


def test_a_plan_and_services_that_end_on_one_day_are_told_in_one_letter(
    shop: Shop, advance: Advance, plan_ends_on: date
) -> None:
    """The payer is written to about the services alone."""
    shop.buy(shop.line(BASE), shop.line(SEAT))
    assert shop.ends()[BASE] == plan_ends_on == add_months(clock.today(), 12)
    shop.jobs()
    told = len(_changes(shop))
    advance(until(plan_ends_on))
    shop.jobs()
    assert _plan_states(shop) == ["EXPIRED"]
    assert _changes(shop)[told:] == [("FULL", "READ_ONLY", plan_ends_on.isoformat())]
