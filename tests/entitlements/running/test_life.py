"""What the calendar does to services: told once, to whoever pays, however late somebody looks (F004-23, D14, M18)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app import Outside
from entitlements import MemoryProvisioner, NoAnswer, grant, running_services, suspend_licences
from entitlements.licences import Licence
from entitlements.provisioning.changes import ProvisioningChange, tell
from entitlements.running.life import remind_at
from foundation import clock
from foundation.events import Event
from foundation.ids import new_id
from foundation.jobs import RetryLater
from foundation.mail import Mail
from tests.addons import until
from tests.conftest import Transact
from tests.running import BASE, DOCUMENTS, SEATS, Sold, a_company, a_term, bought, line_for

Advance = Callable[[timedelta], None]
Run = Callable[[], int]
KEPT = Sold("MODULE-KEPT", "addon", "KEPT", "STANDARD", 1_500, "KEEP_OWN_TERM")


def a_year_ago(ends_in: int) -> tuple[date, date]:
    """A year's term that ends, exclusively, in so many days."""
    ends_on = clock.today() + timedelta(days=ends_in)
    return ends_on - timedelta(days=365), ends_on


def _states(tx: Transact, company_id: UUID) -> dict[str, str]:
    with tx() as session:
        rows = session.scalars(select(Licence).where(Licence.party_id == company_id, Licence.kind != "plan"))
        return {one.sku: one.state for one in rows}


def _mails(tx: Transact, *templates: str) -> list[tuple[str, str]]:
    with tx() as session:
        rows = session.scalars(select(Mail).where(Mail.template.in_(templates)).order_by(Mail.id))
        return [(mail.template, mail.recipient) for mail in rows]


def _named(tx: Transact, *templates: str) -> list[tuple[str, set[str]]]:
    """Letters about services, with the names in each."""
    with tx() as session:
        rows = session.scalars(select(Mail).where(Mail.template.in_(templates)).order_by(Mail.id))
        return [(mail.template, {one["names"]["it"] for one in mail.context["services"]}) for mail in rows]


def test_a_base_that_is_not_renewed_is_limited_then_closed_and_its_modules_wait_with_it(
    tx: Transact, advance: Advance, run_jobs: Run
) -> None:
    with tx() as session:
        company = a_company(session)
        starts_on, ends_on = a_year_ago(10)
        bought(session, company, BASE, starts_on, ends_on)
        bought(session, company, DOCUMENTS, starts_on, ends_on)
        bought(session, company, KEPT, starts_on, ends_on + timedelta(days=200))
    advance(timedelta(days=10))
    run_jobs()
    assert _states(tx, company.id) == {BASE.sku: "LIMITED", DOCUMENTS.sku: "SUSPENDED", KEPT.sku: "SUSPENDED"}
    advance(timedelta(days=89))
    run_jobs()
    assert _states(tx, company.id)[BASE.sku] == "LIMITED"
    advance(timedelta(days=1))
    run_jobs()
    assert _states(tx, company.id) == {BASE.sku: "CLOSED", DOCUMENTS.sku: "EXPIRED", KEPT.sku: "SUSPENDED"}
    # One letter a day: what waited with the base is over with it.
    assert _named(tx, "services_limited", "services_closed", "services_ended") == [
        ("services_limited", {BASE.sku, DOCUMENTS.sku, KEPT.sku}),
        ("services_closed", {BASE.sku, DOCUMENTS.sku}),
    ]


def test_months_of_downtime_are_made_good_in_one_look(tx: Transact, advance: Advance, run_jobs: Run) -> None:
    with tx() as session:
        company = a_company(session)
        bought(session, company, BASE, *a_year_ago(10))
    advance(timedelta(days=200))
    run_jobs()
    assert _states(tx, company.id) == {BASE.sku: "CLOSED"}
    with tx() as session:
        events = session.scalars(select(Event.type).where(Event.type.like("licence.%")).order_by(Event.id)).all()
    assert events[-2:] == ["licence.expired", "licence.changed"]
    assert _mails(tx, "services_expiring") == []


def test_a_renewal_out_of_the_limited_time_brings_everything_back(
    tx: Transact, advance: Advance, run_jobs: Run
) -> None:
    """The renewal runs from the day the base ended, not from the day it was paid (case 4)."""
    with tx() as session:
        company = a_company(session)
        starts_on, ends_on = a_year_ago(10)
        base = bought(session, company, BASE, starts_on, ends_on)
        bought(session, company, KEPT, starts_on, ends_on + timedelta(days=200))
    advance(timedelta(days=40))
    run_jobs()
    assert _states(tx, company.id) == {BASE.sku: "LIMITED", KEPT.sku: "SUSPENDED"}
    with tx() as session:
        renewed = a_term(BASE, ends_on, ends_on + timedelta(days=730), "RENEW", base)
        grant(session, line_for(company, BASE, renewed))
    assert _states(tx, company.id) == {BASE.sku: "ACTIVE", KEPT.sku: "ACTIVE"}


def test_whoever_was_told_that_services_ended_is_told_once_that_they_are_back(
    tx: Transact, advance: Advance, run_jobs: Run
) -> None:
    with tx() as session:
        company = a_company(session)
        starts_on, ends_on = a_year_ago(10)
        base = bought(session, company, BASE, starts_on, ends_on)
        module = bought(session, company, DOCUMENTS, starts_on, ends_on)
        bought(session, company, KEPT, starts_on, ends_on + timedelta(days=200))
    advance(timedelta(days=40))
    run_jobs()
    until_when = ends_on + timedelta(days=730)
    with tx() as session:
        # The module comes first in the order, the base after it: one letter names both.
        grant(session, line_for(company, DOCUMENTS, a_term(DOCUMENTS, ends_on, until_when, "RENEW", module)))
        grant(session, line_for(company, BASE, a_term(BASE, ends_on, until_when, "RENEW", base)))
    run_jobs()
    limited, back = _mails(tx, "services_limited", "services_back")
    assert (limited[0], back[0]) == ("services_limited", "services_back")
    assert back[1] == limited[1]
    with tx() as session:
        mail = session.scalars(select(Mail).where(Mail.template == "services_back")).one()
    assert [one["names"]["it"] for one in mail.context["services"]] == [BASE.sku, KEPT.sku, DOCUMENTS.sku]
    with tx() as session:
        renewed = a_term(BASE, until_when, until_when + timedelta(days=365), "RENEW", base)
        grant(session, line_for(company, BASE, renewed))
    run_jobs()
    assert len(_mails(tx, "services_back")) == 1


def test_a_renewed_base_that_a_case_holds_back_is_not_called_active(
    tx: Transact, advance: Advance, run_jobs: Run
) -> None:
    with tx() as session:
        company = a_company(session)
        starts_on, ends_on = a_year_ago(10)
        base = bought(session, company, BASE, starts_on, ends_on)
        cause = session.get_one(Licence, base).cause_id
        suspend_licences(session, "correction", [cause], new_id())
    advance(timedelta(days=40))
    run_jobs()
    with tx() as session:
        renewed = a_term(BASE, ends_on, ends_on + timedelta(days=730), "RENEW", base)
        grant(session, line_for(company, BASE, renewed))
    run_jobs()
    assert _mails(tx, "services_back") == []


def test_a_closed_base_makes_way_for_a_new_one_even_before_anybody_looked(tx: Transact, advance: Advance) -> None:
    """F004-24, F004-23: after ninety days only a new purchase is possible."""
    with tx() as session:
        company = a_company(session)
        first = bought(session, company, BASE, *a_year_ago(1))
    advance(timedelta(days=120))
    with tx() as session:
        starts_on = clock.today()
        second = bought(session, company, BASE, starts_on, starts_on + timedelta(days=365))
        running = running_services(session, company.id, starts_on)
    assert running.base is not None
    assert running.base.licence_id == second != first
    assert running.base_state == "ACTIVE"


def test_the_payer_is_reminded_thirty_seven_and_one_day_before_the_last_day(
    tx: Transact, advance: Advance, run_jobs: Run
) -> None:
    advance(until(clock.today() + timedelta(days=1)))
    with tx() as session:
        company = a_company(session)
        starts_on, ends_on = a_year_ago(60)
        bought(session, company, BASE, starts_on, ends_on)
        bought(session, company, DOCUMENTS, starts_on, ends_on)
        requested_by = company.requested_by_party_id
    counts = []
    for days in (28, 1, 22, 1, 5, 1, 1):
        advance(timedelta(days=days))
        run_jobs()
        counts.append(len(_mails(tx, "services_expiring")))
    # The last day is the 59th: reminders on the 29th, the 52nd and the 58th, at nine in the morning.
    assert counts[-1] == 3
    assert counts == sorted(counts)
    with tx() as session:
        mail = session.scalars(select(Mail).where(Mail.template == "services_expiring")).first()
        assert mail is not None
        assert mail.party_id == requested_by
        assert len(mail.context["services"]) == 2
        days_left = session.scalars(select(Event.data["days"]).where(Event.type == "licence.expiring")).all()
    assert sorted(set(days_left)) == [1, 7, 30]


def test_a_service_extended_meanwhile_is_not_announced_as_ending(tx: Transact, advance: Advance, run_jobs: Run) -> None:
    with tx() as session:
        company = a_company(session)
        starts_on, ends_on = a_year_ago(40)
        base = bought(session, company, BASE, starts_on, ends_on)
        renewed = a_term(BASE, ends_on, ends_on + timedelta(days=365), "RENEW", base)
        grant(session, line_for(company, BASE, renewed))
    advance(timedelta(days=60))
    run_jobs()
    assert _mails(tx, "services_expiring", "services_limited") == []
    assert _states(tx, company.id) == {BASE.sku: "ACTIVE"}


def test_a_week_of_downtime_sends_only_the_reminder_that_still_matters(
    tx: Transact, advance: Advance, run_jobs: Run
) -> None:
    with tx() as session:
        company = a_company(session)
        bought(session, company, BASE, *a_year_ago(40))
    advance(timedelta(days=38, hours=12))
    run_jobs()
    assert len(_mails(tx, "services_expiring")) == 1


@pytest.mark.parametrize(
    ("ends_on", "before", "at"),
    [
        # 31 December 23:59:59 is the last instant of a term that ends on 1 January.
        (date(2027, 1, 1), 1, datetime(2026, 12, 30, 8, tzinfo=UTC)),
        # Both changes of the clock: nine in Rome is seven or eight in UTC.
        (date(2027, 4, 2), 7, datetime(2027, 3, 25, 8, tzinfo=UTC)),
        (date(2027, 4, 2), 1, datetime(2027, 3, 31, 7, tzinfo=UTC)),
        (date(2026, 11, 1), 7, datetime(2026, 10, 24, 7, tzinfo=UTC)),
        (date(2026, 11, 1), 1, datetime(2026, 10, 30, 8, tzinfo=UTC)),
        (date(2028, 3, 1), 1, datetime(2028, 2, 28, 8, tzinfo=UTC)),
    ],
)
def test_a_reminder_comes_at_nine_in_rome_whatever_the_clock_does(ends_on: date, before: int, at: datetime) -> None:
    assert remind_at(ends_on, before).astimezone(UTC) == at


def test_the_vendor_s_software_is_told_of_every_change_once_and_in_order(
    tx: Transact, run_jobs: Run, outside: Outside
) -> None:
    """M25: one letter for what one transaction did, with the whole of the rights in it."""
    provisioner = outside.provisioner
    assert isinstance(provisioner, MemoryProvisioner)
    with tx() as session:
        company = a_company(session)
        starts_on, ends_on = a_year_ago(100)
        bought(session, company, BASE, starts_on, ends_on)
        bought(session, company, SEATS, starts_on, ends_on, quantity=2)
    run_jobs()
    assert len(provisioner.changes) == 1
    _key, body = provisioner.changes[0]
    assert body["id"] == str(company.id)
    assert [(one["kind"], one["quantity"], one["state"]) for one in body["services"]] == [
        ("base_service", 1, "ACTIVE"),
        ("seats", 2, "ACTIVE"),
    ]
    assert body["seats"] == {"bought": 2, "people": []}


def test_a_silent_vendor_is_told_again_with_the_same_key_and_the_same_letter(
    tx: Transact, run_jobs: Run, outside: Outside
) -> None:
    provisioner = outside.provisioner
    assert isinstance(provisioner, MemoryProvisioner)
    provisioner.heard = [NoAnswer("timeout"), NoAnswer("HTTP 500")]
    with tx() as session:
        company = a_company(session)
        bought(session, company, BASE, *a_year_ago(100))
    # A round in which everything failed is the last of a run.
    run_jobs()
    run_jobs()
    assert len(provisioner.changes) == 3
    assert provisioner.changes[0] == provisioner.changes[1] == provisioner.changes[2]
    with tx() as session:
        change = session.scalars(select(ProvisioningChange)).one()
    assert (change.state, change.attempts, change.last_outcome) == ("DONE", 3, "ready")


def test_a_newer_change_makes_an_older_one_needless(app: Flask, tx: Transact, run_jobs: Run, outside: Outside) -> None:
    provisioner = outside.provisioner
    assert isinstance(provisioner, MemoryProvisioner)
    provisioner.heard = [NoAnswer("timeout")]
    with tx() as session:
        company = a_company(session)
        starts_on, ends_on = a_year_ago(100)
        bought(session, company, BASE, starts_on, ends_on)
    with app.app_context(), pytest.raises(RetryLater):
        tell(company.id, provisioner)
    with tx() as session:
        bought(session, company, DOCUMENTS, starts_on, ends_on)
    run_jobs()
    with tx() as session:
        changes = session.scalars(select(ProvisioningChange).order_by(ProvisioningChange.id)).all()
    assert [change.state for change in changes] == ["SUPERSEDED", "DONE"]
    assert len(provisioner.changes[-1][1]["services"]) == 2
