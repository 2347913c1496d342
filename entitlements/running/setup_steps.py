"""What is left to do after a purchase (F004-14 to F004-18, D29): steps, ticked by the company or the vendor.

The steps are catalogue data, frozen in what the line gave: `setup = [{code, it, en, kind, by, after}]`. A service that
has a REQUIRED step open cannot be used yet; it never waits for an OPTIONAL one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.known_licences import KnownLicence
from entitlements.licences import PLAN, Licence
from entitlements.links import payer_at
from entitlements.provisioning.changes import announce_change
from foundation import clock
from foundation.database import APPEND_ONLY, Identified, JsonObject, Model
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.principal import Principal

Ticker = Literal["COMPANY", "VENDOR"]


class SetupTick(Identified, Model):
    """A step was done, as the company on its page or the vendor's software said. Append-only: it stays done."""

    __tablename__ = "setup_ticks"
    __table_args__ = (
        UniqueConstraint("licence_id", "code"),
        CheckConstraint("ticked_by IN ('COMPANY', 'VENDOR')", name="ticked_by"),
        {"info": {APPEND_ONLY: True}},
    )

    licence_id: Mapped[UUID] = mapped_column(ForeignKey("licences.id"))
    code: Mapped[str]
    ticked_by: Mapped[str]
    user_id: Mapped[UUID | None]
    ticked_at: Mapped[datetime]


class StepNotFound(Exception):
    """The service has no such step, or it is no service of this company."""


class StepNotYet(Exception):
    """Another step comes first."""

    def __init__(self, code: str, first: str) -> None:
        super().__init__(f"{code} after {first}")
        self.code = code
        self.first = first


class StepOfVendor(Exception):
    """Only the vendor's software can say that this step is done."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class SetupStep:
    """A step and when it was done; `after` is the code of the one that comes first."""

    code: str
    names: JsonObject
    required: bool
    by: Ticker
    after: str | None
    done_at: datetime | None


def steps_of(licence: Licence | KnownLicence, ticks: Iterable[SetupTick]) -> tuple[SetupStep, ...]:
    """The steps of a service, in the order of the catalogue."""
    done = {tick.code: tick.ticked_at for tick in ticks if tick.licence_id == licence.id}
    return tuple(
        SetupStep(
            code=one["code"],
            names={"it": one["it"], "en": one["en"]},
            required=one["kind"] == "REQUIRED",
            by=one.get("by", "COMPANY"),
            after=one.get("after"),
            done_at=done.get(one["code"]),
        )
        for one in licence.gives.get("setup", ())
    )


def is_set_up(steps: Sequence[SetupStep]) -> bool:
    """Whether the service can be used: nothing required is left (D29)."""
    return all(step.done_at is not None for step in steps if step.required)


def ticks_of(session: Session, licence_ids: Sequence[UUID], until: datetime | None = None) -> list[SetupTick]:
    """The ticks of these services, up to an instant."""
    query = select(SetupTick).where(SetupTick.licence_id.in_(licence_ids)).order_by(SetupTick.id)
    if until is not None:
        query = query.where(SetupTick.ticked_at <= until)
    return list(session.scalars(query))


@dataclass(frozen=True, slots=True)
class TickedStep:
    """Which step of which service is done, and who says so."""

    licence_id: UUID
    code: str
    by: Ticker
    principal: Principal | None = None


def tick(session: Session, company_id: UUID, ticked: TickedStep) -> bool:
    """Note that a step is done; False when it had been noted. Raises StepNotFound, StepNotYet, StepOfVendor.

    The vendor's software is believed whatever the order: it sees what was done there.
    """
    query = select(Licence).where(Licence.id == ticked.licence_id, Licence.party_id == company_id, Licence.kind != PLAN)
    licence = session.scalars(query).one_or_none()
    steps = steps_of(licence, ticks_of(session, [licence.id])) if licence else ()
    step = next((one for one in steps if one.code == ticked.code), None)
    if licence is None or step is None:
        raise StepNotFound
    if step.done_at is None and ticked.by == "COMPANY":
        _refuse_too_early(steps, step)
    return _store(session, licence, steps, ticked)


def _refuse_too_early(steps: Sequence[SetupStep], step: SetupStep) -> None:
    if step.by == "VENDOR":
        raise StepOfVendor(step.code)
    first = next((one for one in steps if one.code == step.after and one.done_at is None), None)
    if first is not None:
        raise StepNotYet(step.code, first.code)


def _store(session: Session, licence: Licence, steps: Sequence[SetupStep], ticked: TickedStep) -> bool:
    row = insert(SetupTick).values(
        id=new_id(),
        licence_id=licence.id,
        code=ticked.code,
        ticked_by=ticked.by,
        user_id=ticked.principal.user_id if ticked.principal else None,
        ticked_at=clock.now(),
    )
    if session.execute(row.on_conflict_do_nothing().returning(SetupTick.id)).scalar() is None:
        return False
    payer = payer_at(session, licence.party_id, clock.now())
    subject = Subject("company", licence.party_id, payer.payer_party_id if payer else licence.party_id)
    left = sum(one.required and one.done_at is None and one.code != ticked.code for one in steps)
    facts = {"licence_id": licence.id, "code": ticked.code, "ticked_by": ticked.by, "required_left": left}
    record_event(session, "addon.step_done", subject, ticked.principal, **facts)
    announce_change(session, licence.party_id)
    return True
