"""Coupons that nobody used in time: they expire, are booked and told; what the shop itself holds waits (M9, M12)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from entitlements import Account, Cause, balance, hold_coupons, release_coupons, void_held_coupons
from entitlements.coupons.stock import Coupon, CouponPack
from entitlements.drafts import ActivationDraft, save_draft
from foundation import clock
from foundation.audit import verify, violations_of
from foundation.events import Event
from foundation.ids import new_id
from foundation.jobs import schedule_due
from tests.conftest import Transact
from tests.entitlements.scenes import a_scene

SKU = "ORDINARY-1"
CASE = new_id()


@dataclass
class Shelf:
    """Two coupons of one pack, to be activated within thirty days; something was typed for each."""

    tx: Transact
    pack_id: UUID
    cause_id: UUID
    pass_days: Callable[[int], None]

    def coupons(self) -> list[Coupon]:
        with self.tx() as session:
            return list(session.scalars(select(Coupon).where(Coupon.pack_id == self.pack_id)))

    def states(self) -> set[str]:
        return {coupon.state for coupon in self.coupons()}

    def drafts(self) -> int:
        with self.tx() as session:
            return len(session.scalars(select(ActivationDraft)).all())

    def owed(self) -> int:
        """What the shop still owes for coupons of this product, in cents."""
        with self.tx() as session:
            return balance(session, Account("deferred", label=SKU))

    def told(self) -> list[tuple[str, int]]:
        with self.tx() as session:
            about = select(Event).where(Event.subject_id == self.pack_id).order_by(Event.id)
            return [
                (event.type, event.data["quantity"]) for event in session.scalars(about) if "quantity" in event.data
            ]

    def violations(self) -> list[str]:
        with self.tx() as session:
            return violations_of(verify(session))


@pytest.fixture
def shelf(tx: Transact, advance: Callable[[timedelta], None], run_jobs: Callable[[], int]) -> Shelf:
    by = clock.today() + timedelta(days=30)
    with tx() as session:
        scene = a_scene(session, SKU, quantity=2)
        pack = session.scalars(select(CouponPack).where(CouponPack.owner_party_id == scene.studio.id)).one()
        pack.activate_by_on = by
        for coupon in session.scalars(select(Coupon).where(Coupon.pack_id == pack.id)):
            coupon.activate_by_on = by
            save_draft(session, coupon.id, {"name": "Officina Brambilla"}, "TAX")
        schedule_due(session, "coupons.expire", pack.id, clock.rome_midnight(by))

    def pass_days(days: int) -> None:
        advance(timedelta(days=days))
        run_jobs()

    return Shelf(tx, pack.id, pack.cause_id, pass_days)


def test_coupons_nobody_used_expire_and_are_owed_no_more(shelf: Shelf) -> None:
    """They leave the liability as revenue, their event says how many, and what was typed for them goes (GDPR)."""
    owed = shelf.owed()
    assert (owed > 0, shelf.drafts()) == (True, 2)
    shelf.pass_days(29)
    assert shelf.states() == {"AVAILABLE"}
    shelf.pass_days(2)
    assert shelf.states() == {"EXPIRED"}
    assert (shelf.owed(), shelf.drafts()) == (0, 0)
    assert shelf.told()[-1] == ("coupon.expired", 2)
    with shelf.tx() as session:
        assert balance(session, Account("revenue", label=SKU)) == owed
    assert shelf.violations() == []


def test_coupons_a_case_holds_do_not_expire_and_are_left_thirty_days_when_they_come_back(shelf: Shelf) -> None:
    with shelf.tx() as session:
        assert hold_coupons(session, "order_line", [shelf.cause_id], CASE) == 2
    owed = shelf.owed()
    shelf.pass_days(40)
    assert (shelf.states(), shelf.owed()) == ({"AVAILABLE"}, owed)
    with shelf.tx() as session:
        assert release_coupons(session, CASE) == 2
    assert {coupon.activate_by_on for coupon in shelf.coupons()} == {clock.today() + timedelta(days=30)}
    shelf.pass_days(29)
    assert shelf.states() == {"AVAILABLE"}
    shelf.pass_days(2)
    assert (shelf.states(), shelf.owed()) == ({"EXPIRED"}, 0)
    assert shelf.violations() == []


def test_coupons_of_a_lost_case_are_voided_after_their_time_too(shelf: Shelf) -> None:
    """D10: their money is gone, whatever their last day was; what was typed for them goes (GDPR)."""
    with shelf.tx() as session:
        hold_coupons(session, "order_line", [shelf.cause_id], CASE)
    shelf.pass_days(40)
    with shelf.tx() as session:
        assert void_held_coupons(session, CASE, Cause("dispute", CASE)) == 2
    assert (shelf.states(), shelf.owed(), shelf.drafts()) == ({"VOIDED"}, 0, 0)
    assert shelf.told()[-1] == ("coupon.voided", 2)
    assert shelf.violations() == []
