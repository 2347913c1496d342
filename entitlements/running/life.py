"""The life of services: what the calendar does to them, told once, however late somebody looks (F004-23, M18).

What a service is on a day follows from its terms; here is what follows from that: events, mails, the vendor's software.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements.companies import Company
from entitlements.licences import BASE_SERVICE, PLAN, SEATS
from entitlements.links import payer_at
from entitlements.provisioning.changes import announce_change
from entitlements.running.letters import write_of_end, write_to_payer
from entitlements.running.service_states import (
    ServiceStep,
    closes_on,
    next_service_state,
    steps_between,
)
from entitlements.running.services_on import services_on
from entitlements.running.what_runs import (
    HeldService,
    held_plans,
    held_services,
    locked_company,
)
from entitlements.seats.lot_end import settle_seats
from foundation import clock
from foundation.database import JsonObject
from foundation.events import Subject, record_event
from foundation.jobs import DueRow, cancel_all_due, schedule_due

TURN = "services.turn"
REMIND = "services.remind"
WELCOME = "services.welcome"
REMINDERS = (30, 7, 1)
"""Days before the last usable day on which the payer is written to (D14)."""
RENEW = "services.renew"
"""Whoever sells services does what this rule asks: a base service whose payer agreed to it renews by itself."""
REFUSED = "services.refused"
"""Whoever sells services looks at the orders of a company that the vendor refused."""
RENEW_BEFORE = 7
"""Days before its end at which a base service renews by itself (F004-22)."""
_MORNING = time(9)


@dataclass(frozen=True, slots=True)
class Turned:
    """A service that took a step."""

    held: HeldService
    step: ServiceStep


def turn_services(session: Session, company: Company, *, sold: bool = False) -> list[Turned]:
    """Bring what is told of a company's services to what today says. The company must be locked.

    `sold` is for the middle of an order: what waited with a base that is renewed may be renewed by its next line, so
    what is over is told once the order is done, with a letter. A lot that a smaller one follows cannot be renewed.
    """
    on = clock.today()
    held = _open_services(session, company.id)
    day = services_on(held, on)
    steps = [
        Turned(one, step)
        for one in held
        for step in steps_between(one.licence.state, day.state(one), base=one.licence.kind == BASE_SERVICE)
    ]
    later = [one for one in steps if sold and one.step == "lapse" and one.held.licence.id not in day.followed]
    turned = [one for one in steps if one not in later]
    if later:
        schedule_due(session, TURN, company.id, clock.now(), f"{on.isoformat()}/after")
    subject = _subject(session, company)
    for one in turned:
        _take(session, subject, one)
    if any(one.held.licence.kind == SEATS for one in turned):
        settle_seats(session, company.id, subject)
    for one in turned:
        if one.step == "renew" and one.held.licence.kind == BASE_SERVICE:
            # Its modules come back in this transaction too: the letter waits for all of them.
            since = one.held.newest.starts_on.isoformat()
            schedule_due(session, WELCOME, company.id, clock.now(), since)
    return turned


def close_services(session: Session, company: Company) -> int:
    """The vendor refused the company: nothing it holds will ever run (M9); answers how many services closed.

    The company must be locked. Its orders are the shop's to look at (REFUSED).
    """
    lost = _open_services(session, company.id)
    subject = _subject(session, company)
    for one in lost:
        _take(session, subject, Turned(one, "refuse"))
    if lost:
        settle_seats(session, company.id, subject)
        cancel_all_due(session, company.id, TURN, REMIND, WELCOME, RENEW)
    schedule_due(session, REFUSED, company.id, clock.now())
    return len(lost)


def _open_services(session: Session, company_id: UUID) -> list[HeldService]:
    """Those of a company's services that are not closed: a closed one never opens again."""
    return [one for one in held_services(session, company_id) if one.licence.closed_at is None]


def _subject(session: Session, company: Company) -> Subject:
    """Events about services are their payer's to read."""
    payer = payer_at(session, company.id, clock.now())
    return Subject("company", company.id, payer.payer_party_id if payer else company.id)


def _take(session: Session, subject: Subject, turned: Turned) -> None:
    licence = turned.held.licence
    state = next_service_state(licence.state, turned.step)
    licence.state = state
    if state == "CLOSED":
        licence.closed_at = clock.now()
    record_event(session, _EVENTS[turned.step], subject, None, licence_id=licence.id, kind=licence.kind, state=state)


_EVENTS: dict[ServiceStep, str] = {
    "expire": "licence.expired",
    "lapse": "licence.expired",
    "close": "licence.changed",
    "renew": "licence.changed",
    "base_back": "licence.changed",
    "base_ended": "licence.suspended",
    "refuse": "licence.changed",
}


def day_turns(session: Session, row: DueRow) -> None:
    """A day has come on which a service of this company changes: tell it once, to everybody it concerns."""
    company = locked_company(session, row.subject_id)
    over, turned = _end_plans(session, company), turn_services(session, company)
    if not (over or turned):
        return
    announce_change(session, company.id)
    _write_of(session, company, turned)


def _write_of(session: Session, company: Company, turned: Sequence[Turned]) -> None:
    """One letter for each thing that happened; a lot that a smaller one follows goes on, whatever its own end."""
    day = services_on(_open_services(session, company.id), clock.today())
    over = [one.held for one in turned if one.step == "lapse" and one.held.licence.id not in day.followed]
    ended = [one.held for one in turned if one.step in {"expire", "base_ended"}]
    closed = [one.held for one in turned if one.step == "close"]
    letters: dict[str, list[HeldService]] = {
        "services_limited": [one for one in ended if one.licence.state in {"LIMITED", "SUSPENDED"}],
        # What waited with its base is over for good with it.
        "services_closed": [*closed, *over] if closed else [],
        "services_ended": [] if closed else over,
    }
    more: JsonObject = {"base": day.base_state, "held_back": bool(day.base and day.base.licence.suspended_at)}
    for template, told in letters.items():
        if told:
            occasion = max(one.newest.ends_on for one in told).isoformat()
            write_to_payer(session, company, template, occasion, told, more)


def _end_plans(session: Session, company: Company) -> bool:
    """Plans whose days are over are told as such. No letter: a coupon's plan is not for sale, nobody could renew it."""
    on = clock.today()
    over = [
        Turned(one, "lapse")
        for one in held_plans(session, company.id)
        if one.licence.state == "ACTIVE" and one.days.ends_on <= on
    ]
    subject = _subject(session, company)
    for one in over:
        _take(session, subject, one)
    return bool(over)


def welcome_back(session: Session, row: DueRow) -> None:
    """A limited base was renewed: tell its payer once what works again; nothing while a case holds the base back."""
    company = locked_company(session, row.subject_id)
    working = [
        one
        for one in held_services(session, company.id)
        if one.licence.state == "ACTIVE" and one.licence.suspended_at is None
    ]
    if any(one.licence.kind == BASE_SERVICE for one in working):
        write_to_payer(session, company, "services_back", row.period, working)


def schedule_days(session: Session, company_id: UUID, held: HeldService) -> None:
    """Ask for the days on which the newest term of a service or a plan comes to matter.

    A plan only ends: nobody is reminded of what cannot be renewed in the shop.
    """
    ends_on = held.newest.ends_on
    days = [ends_on, closes_on(ends_on)] if held.licence.kind == BASE_SERVICE else [ends_on]
    for day in days:
        schedule_due(session, TURN, company_id, clock.rome_midnight(day), day.isoformat())
    if held.licence.kind == PLAN:
        return
    if held.licence.kind == BASE_SERVICE:
        schedule_renewal(session, company_id, ends_on)
    for before in REMINDERS:
        at = remind_at(ends_on, before)
        if at > clock.now():
            period = f"{ends_on.isoformat()}/{before}"
            schedule_due(session, REMIND, company_id, at, period, ends_on=ends_on.isoformat(), before=before)


def schedule_renewal(session: Session, company_id: UUID, ends_on: date) -> None:
    """Ask for the day on which a base service that ends on `ends_on` may renew by itself, unless it has passed."""
    at = renews_at(ends_on)
    if at > clock.now():
        schedule_due(session, RENEW, company_id, at, ends_on.isoformat())


def renews_at(ends_on: date) -> datetime:
    """Nine in the morning in Rome, seven days before the end."""
    return datetime.combine(ends_on - timedelta(days=RENEW_BEFORE), _MORNING, clock.ROME)


def remind_at(ends_on: date, before: int) -> datetime:
    """Nine in the morning in Rome, `before` days ahead of the last usable day."""
    return datetime.combine(ends_on - timedelta(days=before + 1), _MORNING, clock.ROME)


def remind(session: Session, row: DueRow) -> None:
    """Tell the payer what is about to end; nothing when it was extended, or when a nearer reminder is due as well."""
    ends_on, before = date.fromisoformat(row.data["ends_on"]), int(row.data["before"])
    left = (ends_on - clock.today()).days - 1
    nearer = [other for other in REMINDERS if other < before]
    if left < 0 or (nearer and left <= max(nearer)):
        return
    company = locked_company(session, row.subject_id)
    ending = ending_on(held_services(session, company.id), ends_on)
    if not ending:
        return
    subject = _subject(session, company)
    for one in ending:
        facts = {"licence_id": one.licence.id, "ends_on": ends_on.isoformat()}
        record_event(session, "licence.expiring", subject, None, days=left, **facts)
    write_of_end(session, company, ends_on, before, ending)


def ending_on(held: Sequence[HeldService], ends_on: date) -> list[HeldService]:
    """The services that stand and whose newest term ends on a day, and that nothing paid follows (F004-21)."""
    followed = services_on(held, ends_on).followed
    ending = (one for one in held if one.newest.ends_on == ends_on and one.licence.id not in followed)
    return [one for one in ending if one.licence.state in {"ACTIVE", "SUSPENDED"}]
