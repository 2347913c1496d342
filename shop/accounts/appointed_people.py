"""People an administrator makes or disables by command, and the parties they and their programs act for."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session

from entitlements import COMPANY, STUDIO, Company, Party, new_party
from foundation import clock
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.settings import Seller
from shop.accounts.api_tokens import revoke_tokens_made_by
from shop.accounts.mailed_links import RESET_PASSWORD, send_link
from shop.accounts.passwords import hash_password
from shop.accounts.people import Membership, User
from shop.accounts.registration import new_membership, new_user
from shop.accounts.second_factor import forget_claims
from shop.accounts.sessions import revoke_sessions
from shop.accounts.signing_in import normal_email

VENDOR = "VENDOR"


class PersonNotFound(Exception):
    """No person has this address."""


class StudioNotFound(Exception):
    """No studio has this tax code or external reference."""


class CompanyNotFound(Exception):
    """No live company has this tax code, external reference or id."""


class CompanyNotUnique(Exception):
    """Several live companies have this tax code."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who shall act for which party, in which role; without a password they get a link to choose one."""

    email: str
    name: str
    party_id: UUID
    role: str
    password: str | None = None


def vendor_party(session: Session, seller: Seller) -> Party:
    """The vendor's own party, made at the first call."""
    found = session.scalars(select(Party).where(Party.kind == VENDOR).order_by(Party.id).limit(1)).one_or_none()
    if found is None:
        found = new_party(VENDOR, seller.name, id=new_id(), vat_number=seller.vat_number, email=seller.email)
        session.add(found)
        session.flush()
    return found


def studio_party(session: Session, reference: str) -> Party:
    """The studio with this tax code or external reference. Raises StudioNotFound."""
    query = select(Party).where(Party.kind == STUDIO, or_(Party.tax_code == reference, Party.external_ref == reference))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise StudioNotFound
    return found


def company_party(session: Session, reference: str) -> Party:
    """The live company with this tax code, external reference or id.

    Raises CompanyNotFound, and CompanyNotUnique for a tax code that a registered and an opened company share.
    """
    rejected = select(Company.id).where(Company.state == "REJECTED")
    named = or_(Party.tax_code == reference, Party.external_ref == reference, cast(Party.id, String) == reference)
    found = session.scalars(select(Party).where(Party.kind == COMPANY, named, Party.id.not_in(rejected))).all()
    if not found:
        raise CompanyNotFound
    if len(found) > 1:
        raise CompanyNotUnique
    return found[0]


def appoint(session: Session, asked: Appointment) -> tuple[User, bool]:
    """Make the person and the membership unless they exist; answers the person and whether anything changed.

    Somebody whose address was never confirmed chooses a password anew: a stranger may have opened that account.
    """
    email = normal_email(asked.email)
    user = session.scalars(select(User).where(User.email == email)).one_or_none()
    changed = user is None
    if user is None:
        user = new_user(email, asked.name, hash_password(asked.password) if asked.password else None)
        session.add(user)
        session.flush()
        if asked.password is None:
            send_link(session, user, RESET_PASSWORD)
        else:
            user.email_confirmed_at = clock.now()
    elif user.email_confirmed_at is None and user.password_hash is not None:
        forget_claims(session, user)
        send_link(session, user, RESET_PASSWORD)
    return user, _belong(session, user, asked) or changed


def _belong(session: Session, user: User, asked: Appointment) -> bool:
    same = (Membership.user_id == user.id, Membership.party_id == asked.party_id)
    membership = session.scalars(select(Membership).where(*same)).one_or_none()
    if membership is None:
        membership = new_membership(user.id, asked.party_id, asked.role)
        session.add(membership)
    elif membership.role == asked.role and membership.revoked_at is None and membership.invited_at is None:
        return False
    else:
        # The old sessions speak for another role: they end, as after any change of role.
        revoke_sessions(session, user.id)
    membership.role, membership.revoked_at, membership.invited_at = asked.role, None, None
    session.flush()
    record_event(session, "member.appointed", Subject("membership", membership.id, asked.party_id), role=asked.role)
    return True


def person_by_email(session: Session, email: str) -> User:
    """The person with this address. Raises PersonNotFound."""
    found = session.scalars(select(User).where(User.email == normal_email(email)).with_for_update()).one_or_none()
    if found is None:
        raise PersonNotFound
    return found


def disable_person(session: Session, user: User) -> bool:
    """Let somebody in no more, end their sessions and the tokens they made; answers False when it was so already."""
    if user.disabled_at is not None:
        return False
    user.disabled_at = clock.now()
    revoke_sessions(session, user.id)
    revoke_tokens_made_by(session, user.id)
    record_event(session, "user.disabled", Subject("user", user.id))
    return True
