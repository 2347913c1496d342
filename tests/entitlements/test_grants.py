"""Grants: a paid line becomes rights, once (F003-01, F003-08, F003-18)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from entitlements import Cause, Coupon, CouponPack, PaidLine, bucket_end, grant
from entitlements.coupons.codes import well_formed
from entitlements.grants import GRANT_KINDS, Grant, UnknownGrant
from entitlements.wallets import WalletBucket
from foundation import clock
from foundation.database import transaction
from foundation.ids import new_id
from foundation.jobs import run_due
from tests.conftest import Transact
from tests.factories import a_studio

Advance = Callable[[timedelta], None]
COUPONS = {
    "kind": "coupons",
    "units": 10,
    "coupon_type": "LITE",
    "code_prefix": "LTE",
    "family": "ACCOUNTING",
    "product": "LITE",
    "plan": "LITE",
    "term": "12 months",
}
DOCUMENTS = {"kind": "documents", "units": 100, "ends": "31 December"}


@pytest.fixture(autouse=True)
def _clock_back_in_place() -> Iterator[None]:
    yield
    clock.follow(timedelta())


def a_line(session: Session, gives: dict[str, Any], quantity: int = 1, net_cents: int = 44_100) -> PaidLine:
    """A paid line of a studio, for itself."""
    studio = a_studio(session, tax_code=str(new_id().int)[-11:])
    cause = Cause("order_line", new_id())
    return PaidLine(cause, studio.id, studio.id, "PACK", {"it": "Pacco"}, quantity, net_cents, 1, gives)


def _count(session: Session, table: type[Any]) -> int:
    return int(session.execute(select(func.count()).select_from(table)).scalar_one())


def test_a_pack_becomes_as_many_coupons_as_its_packs_hold(tx: Transact) -> None:
    with tx() as session:
        line = a_line(session, COUPONS, quantity=3, net_cents=100_000)
        assert grant(session, line)
        coupons = session.scalars(select(Coupon).order_by(Coupon.ordinal)).all()
    assert [coupon.ordinal for coupon in coupons] == list(range(1, 31))
    assert {(coupon.state, coupon.coupon_type, coupon.owner_party_id) for coupon in coupons} == {
        ("AVAILABLE", "LITE", line.owner_party_id)
    }
    assert len({coupon.code for coupon in coupons}) == 30
    assert all(well_formed(coupon.code) and coupon.code.startswith("LTE-") for coupon in coupons)


@pytest.mark.parametrize("net_cents", [0, 1, 29, 30, 31, 100_000, 99_999])
def test_the_coupons_of_a_pack_are_worth_its_price_to_the_cent(tx: Transact, net_cents: int) -> None:
    with tx() as session:
        grant(session, a_line(session, COUPONS, quantity=3, net_cents=net_cents))
        shares = session.scalars(select(Coupon.net_cents)).all()
    assert sum(shares) == net_cents
    assert max(shares) - min(shares) <= 1


def test_one_cause_is_granted_once(tx: Transact) -> None:
    with tx() as session:
        line = a_line(session, COUPONS)
        assert grant(session, line)
        assert not grant(session, line)
        assert (_count(session, Grant), _count(session, CouponPack), _count(session, Coupon)) == (1, 1, 10)


def test_what_nobody_knows_how_to_issue_is_refused_and_leaves_no_claim(tx: Transact) -> None:
    with tx() as session:
        line = a_line(session, {"kind": "moon", "units": 1})
        with pytest.raises(UnknownGrant) as refused:
            grant(session, line)
        assert refused.value.kind == "moon"
        assert _count(session, Grant) == 0


def test_the_kinds_that_can_be_issued_are_told() -> None:
    assert {"coupons", "documents", "credit_cents", "credits", "licence", "company"} == GRANT_KINDS


@pytest.mark.parametrize("kind", ["documents", "credit_cents", "credits"])
def test_a_pack_of_documents_or_credit_fills_the_wallet_it_is_for(tx: Transact, kind: str) -> None:
    with tx() as session:
        line = a_line(session, {"kind": kind, "units": 50}, quantity=4)
        assert grant(session, line)
        assert not grant(session, line)
        bucket = session.scalars(select(WalletBucket)).one()
    assert (bucket.meter, bucket.granted, bucket.balance, bucket.funding) == (kind, 200, 200, "PAID")
    assert bucket.holder_party_id == line.for_party_id
    assert bucket.ends_on is None


def test_a_bonus_stands_beside_what_was_paid(tx: Transact) -> None:
    with tx() as session:
        grant(session, a_line(session, {"kind": "credits", "units": 10, "funding": "BONUS"}))
        assert session.scalars(select(WalletBucket.funding)).all() == ["BONUS"]


def test_coupons_with_a_last_day_expire_by_themselves(app: Flask, tx: Transact, advance: Advance) -> None:
    advance(datetime(2026, 1, 31, 12, tzinfo=UTC) - clock.now())
    with tx() as session:
        grant(session, a_line(session, COUPONS | {"activate_within_months": 1}))
        assert set(session.scalars(select(Coupon.activate_by_on))) == {date(2026, 2, 28)}
    advance(datetime(2026, 2, 27, 22, 59, 50, tzinfo=UTC) - clock.now())
    with app.app_context():
        run_due()
    with tx() as session:
        assert set(session.scalars(select(Coupon.state))) == {"AVAILABLE"}
    advance(timedelta(seconds=11))
    with app.app_context():
        run_due()
    with tx() as session:
        assert set(session.scalars(select(Coupon.state))) == {"EXPIRED"}


def test_issuing_is_an_event_with_figures_and_no_names(tx: Transact) -> None:
    with tx() as session:
        line = a_line(session, COUPONS)
        grant(session, line)
        grant(session, a_line(session, DOCUMENTS))
    with tx() as session:
        events = session.execute(text("SELECT type, data FROM events ORDER BY id")).all()
    assert [row.type for row in events] == ["coupon.issued", "credit.added"]
    assert events[0].data == {"quantity": 10, "cause_id": str(line.cause.id)}
    assert events[1].data["quantity"] == 100


@pytest.mark.parametrize(
    ("rule", "on", "end"),
    [
        ("31 December", date(2026, 1, 1), date(2027, 1, 1)),
        ("31 December", date(2026, 12, 31), date(2027, 1, 1)),
        ("31 December", date(2027, 1, 1), date(2028, 1, 1)),
        ("12 months", date(2028, 2, 29), date(2029, 2, 28)),
        ("1 months", date(2026, 1, 31), date(2026, 2, 28)),
        ("never", date(2026, 1, 1), None),
    ],
)
def test_a_bucket_ends_when_its_rule_says(rule: str, on: date, end: date | None) -> None:
    assert bucket_end(rule, on) == end


@given(st.dates(min_value=date(2020, 1, 1), max_value=date(2100, 1, 1)))
def test_a_bucket_of_the_year_ends_with_its_own_rome_year(on: date) -> None:
    end = bucket_end("31 December", on)
    assert end is not None
    assert on < end
    assert (end - timedelta(days=1)).year == on.year


@pytest.mark.race
def test_a_cause_granted_by_many_at_once_is_issued_once(committed_app: Flask) -> None:
    with committed_app.app_context(), transaction() as session:
        line = a_line(session, COUPONS)

    def try_it(_number: int) -> bool:
        with committed_app.app_context(), transaction() as session:
            return grant(session, line)

    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(try_it, range(24)))
    assert granted.count(True) == 1
    with committed_app.app_context(), transaction() as session:
        assert (_count(session, Grant), _count(session, CouponPack), _count(session, Coupon)) == (1, 1, 10)
