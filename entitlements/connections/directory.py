"""The directory of accountants (F002-02 to F002-04, D13): a public profile, a search, and a pick that links at once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.companies import like_literal
from entitlements.connections.linking import connect
from entitlements.connections.people import must_have_proven_address
from entitlements.connections.telling import tell_party
from entitlements.links import Cause
from entitlements.parties import Party, sort_name
from foundation import clock
from foundation.database import Model
from foundation.events import Subject, record_event
from foundation.principal import Principal

NAME_LENGTH = 80
PLACE_LENGTH = 60
DESCRIPTION_LENGTH = 600


class StudioProfile(Model):
    """What a studio tells the public; only an active one is listed. The search keys are folded, without accents."""

    __tablename__ = "studio_profiles"
    __table_args__ = (Index("ix_studio_profiles_listed", "active", "search_name", "studio_id"),)

    studio_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    name: Mapped[str]
    place: Mapped[str]
    description: Mapped[str]
    search_name: Mapped[str]
    search_place: Mapped[str]
    active: Mapped[bool]
    changed_at: Mapped[datetime]


class NotInDirectory(Exception):
    """No active profile of this studio."""


@dataclass(frozen=True, slots=True)
class ProfileText:
    """What a studio wrote of itself."""

    name: str
    place: str
    description: str
    active: bool


def keep_profile(session: Session, studio_id: UUID, text: ProfileText, by: Principal) -> StudioProfile:
    """Keep a studio's profile and whether it is listed."""
    session.get_one(Party, studio_id, with_for_update=True)
    profile = session.get(StudioProfile, studio_id)
    was_active = profile is not None and profile.active
    values = {
        "name": text.name,
        "place": text.place,
        "description": text.description,
        "search_name": sort_name(text.name),
        "search_place": sort_name(text.place),
        "active": text.active,
        "changed_at": clock.now(),
    }
    if profile is None:
        profile = StudioProfile(studio_id=studio_id, **values)
        session.add(profile)
    for name, value in values.items():
        setattr(profile, name, value)
    if was_active != text.active:
        event = "studio.listed" if text.active else "studio.unlisted"
        record_event(session, event, Subject("studio", studio_id, studio_id), by)
    return profile


def profile_of(session: Session, studio_id: UUID) -> StudioProfile | None:
    """A studio's own profile, listed or not."""
    return session.get(StudioProfile, studio_id)


def listed_profile(session: Session, studio_id: UUID) -> StudioProfile:
    """A profile as the public sees it. Raises NotInDirectory."""
    profile = session.get(StudioProfile, studio_id)
    if profile is None or not profile.active:
        raise NotInDirectory
    return profile


def search_directory(
    session: Session, name: str, place: str, after: UUID | None = None, limit: int = 20
) -> list[StudioProfile]:
    """Active profiles by name; both texts are looked for anywhere, without case and accents."""
    query = select(StudioProfile).where(StudioProfile.active)
    for text, column in ((name, StudioProfile.search_name), (place, StudioProfile.search_place)):
        if text.strip():
            query = query.where(column.like(f"%{like_literal(sort_name(text.strip()))}%"))
    if after is not None:
        last = select(StudioProfile.search_name, StudioProfile.studio_id).where(StudioProfile.studio_id == after)
        found = session.execute(last).one_or_none()
        if found is not None:
            query = query.where(tuple_(StudioProfile.search_name, StudioProfile.studio_id) > tuple(found))
    query = query.order_by(StudioProfile.search_name, StudioProfile.studio_id)
    return list(session.scalars(query.limit(limit)))


def choose_studio(session: Session, studio_id: UUID, by: Principal) -> bool:
    """Pick an accountant: linked at once, and the accountant is told; False when they were linked already.

    Raises NotInDirectory, Blocked, AddressNotProven.
    """
    assert by.party_id is not None  # noqa: S101 - a company's owner acts for a company
    must_have_proven_address(session, by)
    profile = listed_profile(session, studio_id)
    if not connect(session, studio_id, by.party_id, "choose", Cause("directory", profile.studio_id)):
        return False
    company, studio = session.get_one(Party, by.party_id), session.get_one(Party, studio_id)
    context = {"company": company.name}
    at = clock.now().isoformat()
    tell_party(session, studio, "client_chose", f"client_chose:{studio_id}:{company.id}:{at}", context)
    return True
