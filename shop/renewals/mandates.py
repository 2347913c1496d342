"""Renewal mandates: a payer's recorded consent that a company's services renew by themselves, until they say stop."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements import payer_at, renews_at
from foundation import clock
from foundation.database import APPEND_ONLY, Identified, Model
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.principal import Principal
from shop.orders.placing import TERMS_VERSION
from shop.renewals.mandate_text import VERSION, text_fingerprint

SWITCHED_OFF, CARD_REMOVED, PAYER_CHANGED = "SWITCHED_OFF", "CARD_REMOVED", "PAYER_CHANGED"
_LIVE = "ended_at IS NULL"


class RenewalMandate(Identified, Model):
    """Who agreed, to which text, for which company, and what they were shown; `ended_at` once it is over.

    `terms_version` are the general terms accepted with it, under which its orders are placed. Amounts in cents.
    """

    __tablename__ = "renewal_mandates"
    __table_args__ = (
        Index("uq_renewal_mandates_live", "company_id", unique=True, postgresql_where=text(_LIVE)),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended"),
        CheckConstraint("end_reason IN ('SWITCHED_OFF', 'CARD_REMOVED', 'PAYER_CHANGED')", name="end_reason"),
        CheckConstraint("shown_gross_cents >= 0", name="shown"),
    )

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    payer_party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"), index=True)
    text_version: Mapped[str]
    text_sha256: Mapped[str]
    locale: Mapped[str]
    terms_version: Mapped[str]
    shown_gross_cents: Mapped[int]
    shown_ends_on: Mapped[date]
    consented_by_user_id: Mapped[UUID | None]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by_user_id: Mapped[UUID | None]
    end_reason: Mapped[str | None]

    def counts_at(self, ends_on: date) -> bool:
        """Whether it was given before the day on which an end renews; later it counts from the next end on."""
        return self.began_at < renews_at(ends_on)


class RenewalAnnouncement(Identified, Model):
    """What the letter thirty days before an end said would be charged (cents): more than that never is."""

    __tablename__ = "renewal_announcements"
    __table_args__ = (UniqueConstraint("mandate_id", "ends_on"), {"info": {APPEND_ONLY: True}})

    mandate_id: Mapped[UUID] = mapped_column(ForeignKey("renewal_mandates.id"))
    ends_on: Mapped[date]
    gross_cents: Mapped[int]
    announced_at: Mapped[datetime]


class MandateTextChanged(Exception):
    """Another version is in force than the one that was read; `version` is the one in force."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.version = version


@dataclass(frozen=True, slots=True)
class Consent:
    """What a payer agrees to: the version they read, in which language, and the total and end they were shown."""

    company_id: UUID
    text_version: str
    locale: str
    gross_cents: int
    ends_on: date


def payer_id_of(session: Session, company_id: UUID) -> UUID:
    """Who pays for a company's services (D14); the company itself while nobody has been named."""
    payer = payer_at(session, company_id, clock.now())
    return payer.payer_party_id if payer else company_id


def live_mandate(session: Session, company_id: UUID, *, lock: bool = False) -> RenewalMandate | None:
    """The mandate of a company that has not been ended, whoever pays by now."""
    query = select(RenewalMandate).where(RenewalMandate.company_id == company_id, text(_LIVE))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def mandate_in_force(session: Session, company_id: UUID) -> RenewalMandate | None:
    """The mandate of whoever pays for a company now."""
    mandate = live_mandate(session, company_id)
    return mandate if mandate and mandate.payer_party_id == payer_id_of(session, company_id) else None


def give_mandate(session: Session, payer_id: UUID, consent: Consent, by: Principal) -> bool:
    """Turn the automatic renewal of a company on; answers False when it is on already. Raises MandateTextChanged.

    A mandate of somebody who no longer pays ends here.
    """
    if consent.text_version != VERSION:
        raise MandateTextChanged(VERSION)
    before = live_mandate(session, consent.company_id, lock=True)
    if before is not None and before.payer_party_id != payer_id:
        end_mandate(session, before, PAYER_CHANGED, by)
    row = insert(RenewalMandate).values(
        id=new_id(),
        company_id=consent.company_id,
        payer_party_id=payer_id,
        text_version=VERSION,
        text_sha256=text_fingerprint(),
        locale=consent.locale,
        terms_version=TERMS_VERSION,
        shown_gross_cents=consent.gross_cents,
        shown_ends_on=consent.ends_on,
        consented_by_user_id=by.user_id,
        began_at=clock.now(),
    )
    fresh = session.execute(row.on_conflict_do_nothing().returning(RenewalMandate.id)).scalar()
    if fresh is None:
        return False
    subject = Subject("company", consent.company_id, payer_id)
    record_event(session, "renewal.switched_on", subject, by, mandate_id=fresh, gross_cents=consent.gross_cents)
    return True


def end_mandate(session: Session, mandate: RenewalMandate, reason: str, by: Principal | None = None) -> None:
    """Turn the automatic renewal off; at once, and without conditions."""
    mandate.ended_at, mandate.end_reason = clock.now(), reason
    mandate.ended_by_user_id = by.user_id if by else None
    session.flush()
    subject = Subject("company", mandate.company_id, mandate.payer_party_id)
    record_event(session, "renewal.switched_off", subject, by, mandate_id=mandate.id, reason=reason)


def end_mandates_of(session: Session, payer_id: UUID, by: Principal) -> int:
    """A payer took their card away: nothing of theirs renews by itself any more. Answers how many mandates ended."""
    query = select(RenewalMandate).where(RenewalMandate.payer_party_id == payer_id, text(_LIVE))
    ended = list(session.scalars(query.order_by(RenewalMandate.id).with_for_update()))
    for mandate in ended:
        end_mandate(session, mandate, CARD_REMOVED, by)
    return len(ended)


def count_mandates_of(session: Session, payer_id: UUID) -> int:
    """How many companies a payer's card renews."""
    query = select(RenewalMandate.id).where(RenewalMandate.payer_party_id == payer_id, text(_LIVE))
    return len(session.scalars(query).all())


def announce(session: Session, mandate: RenewalMandate, ends_on: date, gross_cents: int) -> None:
    """Keep what a letter says will be charged; what was said first holds."""
    row = insert(RenewalAnnouncement).values(
        id=new_id(), mandate_id=mandate.id, ends_on=ends_on, gross_cents=gross_cents, announced_at=clock.now()
    )
    session.execute(row.on_conflict_do_nothing())


def agreed_cents(session: Session, mandate: RenewalMandate, ends_on: date) -> int:
    """The most that may be charged for an end: what was announced, else what was shown with the consent."""
    query = select(RenewalAnnouncement.gross_cents).where(
        RenewalAnnouncement.mandate_id == mandate.id, RenewalAnnouncement.ends_on == ends_on
    )
    announced = session.scalar(query)
    return mandate.shown_gross_cents if announced is None else announced
