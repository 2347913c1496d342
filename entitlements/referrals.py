"""Referral (F002-05, F002-06, D12): a code per account; a new account that used it gives both sides ten credits, once.

Used at registration, credited when the new account's address is confirmed. Nobody refers themselves: the same numbers,
the same person, or the same address written in another way (a twin) earn nothing, and the page says why.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, exists, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.coupons.codes import new_code, normalised, well_formed
from entitlements.parties import Party
from entitlements.wallets import WalletBucket, fill_bucket
from foundation import clock
from foundation.database import Identified, Model
from foundation.events import Subject, record_event
from foundation.ids import new_id

CREDITS_EACH = 10
CREDITS = "credits"
PREFIX = "RIF"
Refusal = Literal["SELF", "TWIN"]
# Providers that ignore dots in the name before the @.
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


class Referral(Identified, Model):
    """An account that came by another's code: one per new account, one credited per address however it is written."""

    __tablename__ = "referrals"
    __table_args__ = (
        UniqueConstraint("referred_party_id"),
        CheckConstraint("state IN ('CODE_USED', 'CREDITED', 'REFUSED')", name="state"),
        CheckConstraint("referrer_party_id <> referred_party_id", name="somebody_else"),
        CheckConstraint("(state = 'REFUSED') = (refusal IS NOT NULL)", name="refusal"),
        Index("ix_referrals_referrer", "referrer_party_id", "id"),
        Index("uq_referrals_email_key", "email_key", unique=True, postgresql_where=text("state = 'CREDITED'")),
    )

    referrer_party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    referred_party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    state: Mapped[str]
    refusal: Mapped[str | None]
    email_key: Mapped[str]
    used_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


def plain_email(address: str) -> str:
    """An address as its provider delivers it: without case, without what stands behind a plus, without idle dots."""
    name, _at, domain = address.strip().casefold().rpartition("@")
    name = name.partition("+")[0]
    if domain in _DOTLESS:
        name, domain = name.replace(".", ""), "gmail.com"
    return f"{name}@{domain}"


def give_code(session: Session, party_id: UUID) -> str:
    """The party's code, made when it has none."""
    party = session.get_one(Party, party_id, with_for_update=True)
    if party.referral_code is None:
        party.referral_code = new_code(PREFIX)
    return party.referral_code


def referrer_with(session: Session, typed: str) -> Party | None:
    """Whose code this is; None for what no code can be and for what nobody has."""
    if not well_formed(typed):
        return None
    return session.scalars(select(Party).where(Party.referral_code == normalised(typed))).one_or_none()


def use_code(session: Session, typed: str, referred: Party, email_key: str) -> bool:
    """Note that a new account came by this code, once per account; answers False for a code that nobody has."""
    referrer = referrer_with(session, typed)
    if referrer is None or referrer.id == referred.id:
        return False
    row = insert(Referral).values(
        id=new_id(),
        referrer_party_id=referrer.id,
        referred_party_id=referred.id,
        state="CODE_USED",
        email_key=email_key,
        used_at=clock.now(),
    )
    return session.execute(row.on_conflict_do_nothing().returning(Referral.id)).scalar() is not None


def credit_referral(session: Session, referred_party_id: UUID, referrer_keys: Iterable[str]) -> bool:
    """The new account has confirmed its address: ten credits for both, or a refusal. Answers whether it was credited.

    `referrer_keys` are the keys of the addresses of the referrer's people. Asked again, nothing changes.
    """
    query = select(Referral).where(Referral.referred_party_id == referred_party_id, Referral.state == "CODE_USED")
    referral = session.scalars(query.with_for_update()).one_or_none()
    if referral is None:
        return False
    referral.settled_at = clock.now()
    refusal = _refusal(session, referral, frozenset(referrer_keys))
    if refusal is not None:
        referral.state, referral.refusal = "REFUSED", refusal
        session.flush()
        _record(session, "referral.refused", referral)
        return False
    referral.state = "CREDITED"
    session.flush()
    for holder, side in ((referral.referrer_party_id, "given"), (referral.referred_party_id, "received")):
        _fill(session, holder, f"referral_{side}", referral.id)
    _record(session, "referral.credited", referral)
    return True


def referrer_of(session: Session, referred_party_id: UUID) -> UUID | None:
    """By whose code an account came, while that is not settled."""
    query = select(Referral.referrer_party_id).where(
        Referral.referred_party_id == referred_party_id, Referral.state == "CODE_USED"
    )
    return session.scalars(query).one_or_none()


def referrals_of(session: Session, party_id: UUID, after: UUID | None = None, limit: int = 50) -> list[Referral]:
    """The accounts that came by a party's code, newest first."""
    query = select(Referral).where(Referral.referrer_party_id == party_id).order_by(Referral.id.desc()).limit(limit)
    return list(session.scalars(query if after is None else query.where(Referral.id < after)))


def credits_earned(session: Session, party_id: UUID) -> int:
    """How many credits referrals brought a party, on either side."""
    kinds = ("referral_given", "referral_received")
    earned = select(func.coalesce(func.sum(WalletBucket.granted), 0)).where(
        WalletBucket.holder_party_id == party_id, WalletBucket.cause_kind.in_(kinds)
    )
    return int(session.execute(earned).scalar_one())


def credits_left(session: Session, party_id: UUID) -> int:
    """How many counted credits a party holds, bonus and paid."""
    usable = WalletBucket.ends_on.is_(None) | (WalletBucket.ends_on > clock.today())
    held = select(func.coalesce(func.sum(WalletBucket.balance), 0)).where(
        WalletBucket.holder_party_id == party_id, WalletBucket.meter == CREDITS, usable
    )
    return int(session.execute(held).scalar_one())


def _refusal(session: Session, referral: Referral, referrer_keys: frozenset[str]) -> Refusal | None:
    referrer = session.get_one(Party, referral.referrer_party_id)
    referred = session.get_one(Party, referral.referred_party_id)
    own = {referred.vat_number, referred.tax_code} - {None}
    if own & {referrer.vat_number, referrer.tax_code} or referral.email_key in referrer_keys:
        return "SELF"
    same_numbers = exists().where(
        Party.id != referred.id,
        Party.registered_at.is_not(None),
        Party.vat_number.in_(own) | Party.tax_code.in_(own),
    )
    same_address = exists().where(Referral.email_key == referral.email_key, Referral.state == "CREDITED")
    return "TWIN" if session.execute(select(same_numbers | same_address)).scalar_one() else None


def _fill(session: Session, holder_id: UUID, cause_kind: str, referral_id: UUID) -> None:
    bucket = WalletBucket(
        holder_party_id=holder_id,
        meter=CREDITS,
        funding="BONUS",
        granted=CREDITS_EACH,
        ends_on=None,
        sku="referral",
        cause_kind=cause_kind,
        cause_id=referral_id,
        created_at=clock.now(),
    )
    fill_bucket(session, bucket)
    subject = Subject("party", holder_id, holder_id)
    record_event(session, "credit.added", subject, meter=CREDITS, quantity=CREDITS_EACH, cause_id=referral_id)


def _record(session: Session, event: str, referral: Referral) -> None:
    for reader in (referral.referrer_party_id, referral.referred_party_id):
        record_event(session, event, Subject("referral", referral.id, reader))
