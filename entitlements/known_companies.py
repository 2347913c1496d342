"""What a studio typed before is not asked again (WCAG 3.3.7): a known VAT number fills the activation form.

Only the studio's own companies and drafts are looked at; nobody learns what another studio has typed.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements.companies import Company
from entitlements.company_data import draft_from_json
from entitlements.coupons.stock import Coupon
from entitlements.drafts import ActivationDraft
from entitlements.parties import Party


@dataclass(frozen=True, slots=True)
class KnownCompany:
    """What the studio knows of a VAT number: the form's fields, and the company that already lives under it."""

    fields: dict[str, str]
    living_id: UUID | None


def known_company(session: Session, studio_id: UUID, vat_number: str, but_coupon: UUID) -> KnownCompany | None:
    """The newest of what this studio knows under `vat_number`, leaving out the draft that is being typed."""
    asked_for = session.scalars(
        select(Company)
        .join(Party, Party.id == Company.id)
        .where(Company.requested_by_party_id == studio_id, Party.vat_number == vat_number)
        .order_by(Company.id)
    ).all()
    living = next((company for company in asked_for if company.state != "REJECTED"), None)
    newest = living or (asked_for[-1] if asked_for else None)
    profile = draft_from_json(newest.profile) if newest is not None else {}
    fields = profile or _drafted(session, studio_id, vat_number, but_coupon)
    return KnownCompany(fields, living.id if living is not None else None) if fields else None


def _drafted(session: Session, studio_id: UUID, vat_number: str, but_coupon: UUID) -> dict[str, str]:
    draft = session.scalars(
        select(ActivationDraft)
        .join(Coupon, Coupon.id == ActivationDraft.coupon_id)
        .where(Coupon.owner_party_id == studio_id, ActivationDraft.coupon_id != but_coupon)
        .where(ActivationDraft.fields["vat_number"].astext == vat_number)
        .order_by(ActivationDraft.saved_at.desc())
        .limit(1)
    ).first()
    return dict(draft.fields) if draft is not None else {}


def living_company(session: Session, vat_number: str, tax_code: str) -> KnownCompany | None:
    """Whether a live company has one of these numbers; nothing else of it is told, since it may be anybody's (M6)."""
    query = (
        select(Company.id)
        .join(Party, Party.id == Company.id)
        .where(Company.state != "REJECTED", (Company.tax_code == tax_code) | (Party.vat_number == vat_number))
        .limit(1)
    )
    found = session.execute(query).scalar()
    return KnownCompany({}, found) if found is not None else None
