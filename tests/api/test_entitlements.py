"""M19: what a company may do at any instant, answered the same for ever about the past, and why."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Company, lift_suspensions, suspend_licences
from entitlements.coupons.stock import CouponPack
from entitlements.licences import Licence, LicenceTerm
from foundation import clock
from foundation.ids import new_id
from tests.api.caller import Activated, Caller, caller, fill_pack
from tests.conftest import Transact
from tests.factories import a_studio
from tests.statements import statements


def _ready_at(tx: Transact, company_id: UUID) -> datetime:
    with tx() as session:
        found = session.get_one(Company, company_id).ready_at
    assert found is not None
    return found


def _extend_to(tx: Transact, company_id: UUID, ends_on: date) -> None:
    with tx() as session:
        licence = session.scalars(select(Licence).where(Licence.party_id == company_id)).one()
        term = session.scalars(select(LicenceTerm).where(LicenceTerm.licence_id == licence.id)).one()
        session.add(_term(licence, term.ends_on, ends_on))


def _term(licence: Licence, starts_on: date, ends_on: date) -> LicenceTerm:
    return LicenceTerm(
        licence_id=licence.id,
        starts_on=starts_on,
        ends_on=ends_on,
        anchor_on=starts_on,
        action="EXTEND",
        net_cents=0,
        unit_net_cents=0,
        vat_code="IVA22",
        price_book_version=1,
        cause_kind="correction",
        cause_id=new_id(),
        recorded_at=clock.now(),
    )


def test_now_it_may_work_and_every_right_says_why(activated: Activated) -> None:
    told = activated.at()
    assert told["state"] == "ACTIVE"
    assert told["plan"] == "LITE"
    assert told["payer"]["payer"] == "STUDIO"
    assert told["payer"]["party_id"] == str(activated.studio_id)
    licence = told["licences"][0]
    assert licence["cause"]["kind"] == "coupon_assignment"
    assert told["why"][0] == {"code": "LICENCE_ACTIVE", "detail": "La licenza è in corso.", "cause": licence["cause"]}
    assert date.fromisoformat(licence["ends_on"]) - date.fromisoformat(licence["last_day"]) == timedelta(days=1)


def test_before_it_was_asked_for_there_was_nothing(activated: Activated, tx: Transact) -> None:
    told = activated.at(_ready_at(tx, activated.company_id) - timedelta(days=30))
    assert told["state"] == "NOT_REQUESTED"
    assert (told["licences"], told["payer"], told["packs"]) == ([], None, [])


def test_after_its_last_day_it_is_expired(activated: Activated) -> None:
    ends_on = date.fromisoformat(activated.at()["licences"][0]["ends_on"])
    assert activated.at(clock.rome_midnight(ends_on) - timedelta(seconds=1))["state"] == "ACTIVE"
    told = activated.at(clock.rome_midnight(ends_on))
    assert told["state"] == "EXPIRED"
    assert [reason["code"] for reason in told["why"]] == ["LICENCE_EXPIRED"]


def test_the_year_ends_at_midnight_in_rome_not_in_greenwich(activated: Activated, tx: Transact) -> None:
    year = clock.today().year + 1
    _extend_to(tx, activated.company_id, date(year + 1, 1, 1))
    last = activated.at(datetime(year, 12, 31, 22, 59, 59, tzinfo=UTC))
    over = activated.at(datetime(year, 12, 31, 23, 0, 0, tzinfo=UTC))
    assert (last["on"], last["state"]) == (f"{year}-12-31", "ACTIVE")
    assert last["licences"][-1]["last_day"] == f"{year}-12-31"
    assert (over["on"], over["state"]) == (f"{year + 1}-01-01", "EXPIRED")


def test_an_answer_about_the_past_does_not_change_when_more_is_recorded(
    activated: Activated, tx: Transact, advance: Callable[[timedelta], None]
) -> None:
    then = _ready_at(tx, activated.company_id) + timedelta(minutes=1)
    advance(timedelta(days=10))
    before = activated.at(then)
    with tx() as session:
        licence = session.scalars(select(Licence).where(Licence.party_id == activated.company_id)).one()
        session.add(
            _term(licence, clock.rome_day(then) - timedelta(days=1), clock.rome_day(then) + timedelta(days=900))
        )
    assert activated.at(then) == before
    known = activated.at(then, known="now")
    assert len(known["licences"]) == 2
    assert known["known_at"] > before["known_at"]


def test_a_suspension_stays_in_the_past_after_it_was_lifted_and_after_another(
    activated: Activated, tx: Transact, advance: Callable[[timedelta], None]
) -> None:
    """D10: each day is answered as it was, whether asked then, later, or with what is known now."""
    days = {"before": clock.now()}
    cases = [new_id(), new_id()]
    for case in cases:
        advance(timedelta(days=1))
        with tx() as session:
            assert suspend_licences(session, "order_line", _lines_of(session, activated), case) == 1
        advance(timedelta(days=1))
        days[f"suspended {case}"] = clock.now()
        assert activated.at()["state"] == "SUSPENDED"
        advance(timedelta(days=1))
        with tx() as session:
            assert lift_suspensions(session, case) == 1
        advance(timedelta(days=1))
        days[f"lifted {case}"] = clock.now()
        assert activated.at()["state"] == "ACTIVE"
    expected = {name: "SUSPENDED" if name.startswith("suspended") else "ACTIVE" for name in days}
    assert {name: activated.at(then)["state"] for name, then in days.items()} == expected
    assert {name: activated.at(then, known="now")["state"] for name, then in days.items()} == expected


def _lines_of(session: Session, activated: Activated) -> list[UUID]:
    return list(session.scalars(select(CouponPack.cause_id).where(CouponPack.owner_party_id == activated.studio_id)))


def test_a_pack_used_later_was_full_before(
    activated: Activated, tx: Transact, advance: Callable[[timedelta], None]
) -> None:
    fill_pack(tx, activated.company_id, 50)
    advance(timedelta(days=1))
    then = clock.now()
    advance(timedelta(days=1))
    use = {"meter": "documents", "quantity": 20, "reference": "fattura-1"}
    assert activated.product.post(f"/companies/{activated.company_id}/usage", use).get_json()["balance"] == 30
    assert activated.at(then)["balances"]["documents"] == 50
    assert activated.at()["balances"]["documents"] == 30
    assert activated.at()["packs"][0]["holder"] == "COMPANY"


def test_now_and_this_very_instant_are_the_same(activated: Activated, tx: Transact) -> None:
    fill_pack(tx, activated.company_id, 50)
    use = {"meter": "documents", "quantity": 20, "reference": "fattura-1"}
    activated.product.post(f"/companies/{activated.company_id}/usage", use)
    now, instant = activated.at(), activated.at(clock.now())
    for told in (now, instant):
        told.pop("at")
        told.pop("known_at")
    assert now == instant


def test_the_pool_of_the_studio_counts_while_it_pays(activated: Activated, tx: Transact) -> None:
    fill_pack(tx, activated.studio_id, 7)
    pack = activated.at()["packs"][0]
    assert (pack["holder"], pack["balance"]) == ("STUDIO", 7)


def test_an_instant_needs_its_zone_and_a_sensible_year(activated: Activated) -> None:
    path = f"/companies/{activated.company_id}/entitlements"
    for wrong in ("2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "now"):
        assert activated.product.get(path, at=wrong).status_code == 422, wrong
    for right in ("2027-01-01T00:00:00Z", "2027-01-01T00:00:00.5+01:00", "2027-01-01t00:00:00z"):
        assert activated.product.get(path, at=right).status_code == 200, right
    lost_plus = f"/api/v1{path}?at=2027-01-01T00:00:00+01:00"
    assert activated.product.client.get(lost_plus, headers=activated.product.headers).status_code == 200


def test_somebody_elses_company_is_not_there(activated: Activated, client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        stranger = a_studio(session)
    calls = (
        (caller(client, "studio", stranger.id), 404),
        (caller(client, "company", activated.studio_id), 404),
        (caller(client, "company", activated.company_id), 200),
        (caller(client, "admin"), 200),
        (caller(client, "support"), 200),
        (caller(client, "finance"), 403),
        (Caller(client), 401),
    )
    for call, status in calls:
        for path in ("", "/entitlements"):
            assert call.get(f"/companies/{activated.company_id}{path}").status_code == status, (call, path)


def test_the_check_stays_at_few_statements(activated: Activated) -> None:
    with statements(activated.product.client.application) as seen:
        activated.at()
    # Token, throttle, clock; then company, payer with licences, wallets.
    assert len(seen) <= 6, seen
