"""Reports of storage: the vendor's software says how many bytes a company uses; the newest of each day is kept.

A report has the time at which it was measured. One that comes late never overwrites one that was measured later, and
the same report twice is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.companies import Company
from entitlements.links import payer_at
from entitlements.running.letters import write_to_payer
from entitlements.running.services_on import services_on
from entitlements.running.what_runs import HeldService, held_services, locked_company
from entitlements.storage.room import giving_room, room_on
from foundation import clock
from foundation.database import Identified, Model
from foundation.events import Subject, record_event
from foundation.ids import new_id
from pricing import AVERAGED_DAYS, GIGABYTE, DayOfUse, is_filling, suggested_units

MOST_BYTES = 10**15
"""A thousand terabytes: no company of this vendor comes near it."""
_CLOCKS_DIFFER = timedelta(minutes=5)


class StorageReport(Identified, Model):
    """What a company used on a Rome day, as measured last on that day, and the gigabytes it had then."""

    __tablename__ = "storage_reports"
    __table_args__ = (
        UniqueConstraint("company_id", "measured_on"),
        CheckConstraint("used_bytes BETWEEN 0 AND 1000000000000000", name="used_bytes"),
        CheckConstraint("limit_gb >= 0", name="limit_gb"),
    )

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    measured_on: Mapped[date]
    measured_at: Mapped[datetime]
    used_bytes: Mapped[int]
    limit_gb: Mapped[int]
    recorded_at: Mapped[datetime]

    @property
    def filling(self) -> bool:
        """Whether it was filling up."""
        return is_filling(self.used_bytes, self.limit_gb)


class MeasuredInTheFuture(Exception):
    """A report of a time that has not come: it would stand in the way of every true one."""

    def __init__(self, measured_at: datetime, now: datetime) -> None:
        super().__init__(f"{measured_at} > {now}")
        self.measured_at = measured_at
        self.now = now


@dataclass(frozen=True, slots=True)
class Measured:
    """How many bytes were in use, and when that was measured."""

    used_bytes: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """The report that stands for its day, and whether it is the one that was just made, or made again."""

    report: StorageReport
    taken: bool


def report_storage(session: Session, company_id: UUID, measured: Measured) -> Kept:
    """Keep a report, unless one of the same day was measured later. Raises CompanyNotFound, MeasuredInTheFuture.

    Whoever pays is written to when storage begins to fill up: the report before said it did not.
    """
    company = locked_company(session, company_id)
    if measured.at > clock.now() + _CLOCKS_DIFFER:
        raise MeasuredInTheFuture(measured.at, clock.now())
    before, held = _newest(session, company_id), held_services(session, company_id)
    was_filling = before is not None and before.filling
    newest = before is None or measured.at > before.measured_at
    report = _store(session, company_id, measured, held)
    if newest and report.filling and not was_filling:
        _tell(session, company, report, held)
    return Kept(report, (report.measured_at, report.used_bytes) == (measured.at, measured.used_bytes))


def storage_in_use(session: Session, company_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The bytes each of these companies uses by its newest report, in one statement; without one it is left out."""
    query = (
        select(StorageReport.company_id, StorageReport.used_bytes)
        .where(StorageReport.company_id.in_(company_ids))
        .ext(distinct_on(StorageReport.company_id))
        .order_by(StorageReport.company_id, StorageReport.measured_on.desc())
    )
    return {row[0]: row[1] for row in session.execute(query)}


def days_of_use(session: Session, company_id: UUID) -> list[DayOfUse]:
    """What was reported of the days that an average may reach back to, the newest first."""
    query = (
        select(StorageReport.measured_on, StorageReport.used_bytes)
        .where(StorageReport.company_id == company_id)
        .order_by(StorageReport.measured_on.desc())
        .limit(AVERAGED_DAYS + 1)
    )
    return [DayOfUse(row.measured_on, row.used_bytes) for row in session.execute(query)]


def _newest(session: Session, company_id: UUID) -> StorageReport | None:
    query = select(StorageReport).where(StorageReport.company_id == company_id)
    return session.scalars(query.order_by(StorageReport.measured_on.desc()).limit(1)).first()


def _store(session: Session, company_id: UUID, measured: Measured, held: Sequence[HeldService]) -> StorageReport:
    """The report that stands for the day afterwards."""
    on = clock.rome_day(measured.at)
    row = insert(StorageReport).values(
        id=new_id(),
        company_id=company_id,
        measured_on=on,
        measured_at=measured.at,
        used_bytes=measured.used_bytes,
        limit_gb=room_on(held, on),
        recorded_at=clock.now(),
    )
    newer = {name: row.excluded[name] for name in ("measured_at", "used_bytes", "limit_gb", "recorded_at")}
    only_newer = row.excluded.measured_at > StorageReport.measured_at
    session.execute(
        row.on_conflict_do_update(index_elements=["company_id", "measured_on"], set_=newer, where=only_newer)
    )
    query = select(StorageReport).where(StorageReport.company_id == company_id, StorageReport.measured_on == on)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _tell(session: Session, company: Company, report: StorageReport, held: Sequence[HeldService]) -> None:
    payer = payer_at(session, company.id, clock.now())
    subject = Subject("company", company.id, payer.payer_party_id if payer else company.id)
    record_event(session, "storage.filling", subject, None, used_bytes=report.used_bytes, limit_gb=report.limit_gb)
    write_to_payer(
        session,
        company,
        "storage_filling",
        report.measured_on.isoformat(),
        giving_room(held, report.measured_on),
        {
            "percent": report.used_bytes * 100 // (report.limit_gb * GIGABYTE),
            "limit_gb": report.limit_gb,
            "more_gb": suggested_units(days_of_use(session, company.id), report.limit_gb),
            "base": services_on(held, clock.today()).base_state,
        },
    )
