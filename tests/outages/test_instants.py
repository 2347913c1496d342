"""R08: the first story told at every awkward instant of the calendar (A5): days, terms and numbers are Rome's."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import text

from entitlements import activate_coupon, rights_of, stock_of
from foundation import clock
from foundation.jobs import run_due
from tests.conftest import Transact
from tests.factories import a_studio
from tests.foundation.test_clock import INSTANTS
from tests.races.numbers import company_fields
from tests.stories import a_paid_order, an_order, company_data, owner_of, stock_the_shop
from tests.verdicts import FIGURE, Record, keep

ROME = ZoneInfo("Europe/Rome")
SHOWN = INSTANTS if os.environ.get("TORTURE") == "full" else INSTANTS[1::6]
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
DONE = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM mails), (SELECT count(*) FROM coupons)"
Advance = Callable[[timedelta], None]


class Almanac:
    """Moves the business clock of the product to instants, as `flask clock advance` does."""

    def __init__(self, app: Flask, tx: Transact, advance: Advance) -> None:
        self.app, self.tx, self._advance = app, tx, advance

    def be(self, instant: datetime) -> None:
        self._advance(instant - clock.now())

    def done(self) -> tuple[int, ...]:
        with self.tx() as session:
            return tuple(session.execute(text(DONE)).one())

    def look(self) -> None:
        with self.app.app_context():
            run_due()


def ready_company(almanac: Almanac, run_jobs: Callable[[], int], number: int) -> tuple[UUID, str]:
    """A studio buys a coupon and activates it now; answers the company and the order's number."""
    with almanac.tx() as session:
        studio = a_studio(session)
        order = a_paid_order(session, studio, "LITE-1")
        coupon, _ = stock_of(session, studio.id)[0]
        company = activate_coupon(session, coupon.id, company_data(**company_fields(number)), owner_of(studio))
    run_jobs()
    return company.id, order.number


def active(almanac: Almanac, company_id: UUID, at: datetime) -> bool:
    """Whether the company's licence counts at an instant."""
    with almanac.tx() as session:
        rights = rights_of(session, company_id, at)
        return any(term.starts_on <= rights.on < term.ends_on for _, term in rights.licences)


def wrongs(almanac: Almanac, run_jobs: Callable[[], int], number: int, instant: datetime, day: date) -> list[str]:
    """What is wrong about a story told at an instant that lies on a Rome day."""
    almanac.be(instant)
    company_id, order = ready_company(almanac, run_jobs, number)
    with almanac.tx() as session:
        query = text(
            "SELECT t.starts_on, t.ends_on FROM licence_terms t JOIN licences l ON l.id = t.licence_id"
            " WHERE l.party_id = :company"
        )
        starts_on, ends_on = session.execute(query, {"company": company_id}).one()
    midnight = datetime(ends_on.year, ends_on.month, ends_on.day, tzinfo=ROME).astimezone(UTC)
    holds = {
        f"the term starts on {starts_on}": starts_on == day,
        f"the order is {order}": order.split("-")[1] == str(day.year),
        f"the term ends on {ends_on}": ends_on == a_year_after(day),
        "the licence has ended a second too early": active(almanac, company_id, midnight - SECOND),
        "the licence outlives its last day": not active(almanac, company_id, midnight),
        "a clock that stepped back an hour did something twice": stepped_back(almanac, instant),
    }
    return [f"{instant.isoformat()}: {sentence}" for sentence, true in holds.items() if not true]


def a_year_after(day: date) -> date:
    """The same day of the next year; the last of February after the 29th."""
    leap = (day.month, day.day) == (2, 29)
    return date(day.year + 1, day.month, 28 if leap else day.day)


def stepped_back(almanac: Almanac, instant: datetime) -> bool:
    """Whether a clock that steps back an hour finds everything done."""
    almanac.look()
    before = almanac.done()
    almanac.be(instant - HOUR)
    almanac.look()
    return almanac.done() == before


def test_a_story_told_at_an_awkward_instant_has_rome_s_days(
    app: Flask, tx: Transact, advance: Advance, run_jobs: Callable[[], int], record_property: Record
) -> None:
    almanac = Almanac(app, tx, advance)
    almanac.be(min(instant for instant, _ in SHOWN) - timedelta(days=2))
    with tx() as session:
        stock_the_shop(session)
    found = []
    for number, (instant, day) in enumerate(sorted(SHOWN)):
        found += wrongs(almanac, run_jobs, number, instant, day)
    line = f"instants={len(SHOWN)} wrong={len(found)}"
    print(line)
    record_property(FIGURE, line)
    keep(found)


def test_an_order_expires_at_the_instant_it_was_told_and_not_a_second_before(
    app: Flask, tx: Transact, advance: Advance
) -> None:
    almanac = Almanac(app, tx, advance)
    with tx() as session:
        stock_the_shop(session)
        order = an_order(session, a_studio(session))
    states = []
    for instant in (order.expires_at - SECOND, order.expires_at):
        almanac.be(instant)
        almanac.look()
        with tx() as session:
            states.append(session.execute(text("SELECT state FROM orders WHERE id = :id"), {"id": order.id}).scalar())
    assert states == ["AWAITING_PAYMENT", "EXPIRED"]
