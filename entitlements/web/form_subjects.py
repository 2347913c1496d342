"""Subjects of the company form: what it is filled in for, a studio's coupon or an invitation of a client."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from entitlements.company_data import CompanyStep
from entitlements.coupons.stock import Coupon, CouponPack
from entitlements.drafts import Draft, draft_of, invitation_draft_of, lock_draft, save_draft, save_invitation_draft
from entitlements.invitations import Invitation, begin_writing, lock_invitation
from entitlements.known_companies import KnownCompany, known_company, living_company
from entitlements.web.activation_steps import STEPS, resume_at, slug_of, step_of_field
from foundation.database import JsonObject


class FormSubject(ABC):
    """What a company form is for: where its draft is kept, what is known already, and where its pages are."""

    @property
    @abstractmethod
    def gives(self) -> JsonObject:
        """What the company will be given."""

    @property
    @abstractmethod
    def client(self) -> bool:
        """Whether the company itself fills the form in, rather than its studio."""

    @abstractmethod
    def draft(self, session: Session) -> Draft | None:
        """What was typed so far."""

    @abstractmethod
    def locked_draft(self, session: Session) -> Draft | None:
        """What was typed so far; nobody else saves anything until the transaction ends."""

    @abstractmethod
    def save(self, session: Session, fields: Mapping[str, str], step: CompanyStep) -> None:
        """Keep what one step asked; `step` is where to resume."""

    @abstractmethod
    def known(self, session: Session, vat_number: str, tax_code: str) -> KnownCompany | None:
        """What whoever fills in may be told of a company with these numbers."""

    @abstractmethod
    def step_url(self, step: CompanyStep, field: str = "") -> str:
        """The page of a step, at one of its fields."""

    def field_url(self, field: str) -> str:
        """The page that asks for a field, at that field."""
        return self.step_url(step_of_field(field), field)

    def urls_reached(self, session: Session) -> dict[int, str]:
        """Pages that may be opened from the bar: those already reached."""
        last = STEPS.index(resume_at(self.draft(session)))
        return {number: self.step_url(step) for number, step in enumerate(STEPS, start=1) if number <= last + 1}


@dataclass(frozen=True, slots=True)
class CouponSubject(FormSubject):
    """A coupon of a studio, which fills in its client's data (F003-11)."""

    studio_id: UUID
    coupon: Coupon
    pack: CouponPack

    @property
    def gives(self) -> JsonObject:
        """What the coupon's pack gives."""
        return self.pack.gives

    @property
    def client(self) -> bool:
        """The studio fills in."""
        return False

    def draft(self, session: Session) -> Draft | None:
        """The coupon's draft."""
        return draft_of(session, self.coupon.id)

    def locked_draft(self, session: Session) -> Draft | None:
        """The coupon's draft, locked."""
        return lock_draft(session, self.coupon.id)

    def save(self, session: Session, fields: Mapping[str, str], step: CompanyStep) -> None:
        """Keep it with the coupon."""
        save_draft(session, self.coupon.id, fields, step.value)

    def known(self, session: Session, vat_number: str, tax_code: str) -> KnownCompany | None:  # noqa: ARG002 - by VAT number alone
        """What this studio has typed before under the VAT number."""
        return known_company(session, self.studio_id, vat_number, self.coupon.id)

    def step_url(self, step: CompanyStep, field: str = "") -> str:
        """A page of the studio's."""
        return url_for("activation.show", coupon_id=self.coupon.id, slug=slug_of(step), _anchor=field or None)


@dataclass(frozen=True, slots=True)
class InvitationSubject(FormSubject):
    """An invitation, whose client fills in its own data with nothing but the link (F003-16)."""

    invitation: Invitation
    token: str

    @property
    def gives(self) -> JsonObject:
        """What the invitation offers."""
        gives: JsonObject = self.invitation.offer["gives"]
        return gives

    @property
    def client(self) -> bool:
        """The company itself fills in."""
        return True

    def draft(self, session: Session) -> Draft | None:
        """The invitation's draft."""
        return invitation_draft_of(session, self.invitation.id)

    def locked_draft(self, session: Session) -> Draft | None:
        """The invitation's draft; the invitation is locked first, as whoever ends it does."""
        lock_invitation(session, self.invitation.id)
        return invitation_draft_of(session, self.invitation.id, anew=True)

    def save(self, session: Session, fields: Mapping[str, str], step: CompanyStep) -> None:
        """Keep it with the invitation, which is in progress from then on."""
        save_invitation_draft(session, self.invitation.id, fields, step.value)
        locked = lock_invitation(session, self.invitation.id)
        if locked.state in {"SENT", "OPENED"}:
            begin_writing(session, locked)

    def known(self, session: Session, vat_number: str, tax_code: str) -> KnownCompany | None:
        """Only whether a company lives under these numbers, never whose it is (M6)."""
        return living_company(session, vat_number, tax_code)

    def step_url(self, step: CompanyStep, field: str = "") -> str:
        """A page behind the client's link."""
        return url_for("invitation_form.show", token=self.token, slug=slug_of(step), _anchor=field or None)
