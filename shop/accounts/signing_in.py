"""Signing in with e-mail and password: throttled per account and per address, the same for known and unknown people."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from entitlements import Party
from foundation.events import Subject, record_event
from foundation.principal import NEEDS_SECOND_FACTOR
from foundation.settings import Settings
from foundation.throttle import Limit, count_try, forget_tries
from foundation.tokens import keyed_hash
from shop.accounts.passwords import hash_password, is_outdated, password_fits
from shop.accounts.people import Membership, User

TRIES_PER_ACCOUNT = Limit(5, timedelta(minutes=15))
TRIES_PER_ADDRESS = Limit(100, timedelta(minutes=15))


@dataclass(frozen=True, slots=True)
class Entrance:
    """Somebody who proved who they are: under which membership they come in, and whether a second factor is due."""

    user: User
    membership: Membership
    second_factor_due: bool


def normal_email(text: str) -> str:
    """The form in which addresses are stored and compared."""
    return text.strip().casefold()


def wait_before_trying(settings: Settings, email: str, address: str) -> timedelta | None:
    """Count one try to sign in; answers how long to wait, or None. A reset by mail clears the account's count."""
    of_account = count_try(_account_key(settings, email), TRIES_PER_ACCOUNT)
    of_address = wait_from(settings, "sign-in-from", address, TRIES_PER_ADDRESS)
    waits = [wait for wait in (of_account, of_address) if wait is not None]
    return max(waits) if waits else None


def wait_from(settings: Settings, what: str, whom: str, limit: Limit) -> timedelta | None:
    """Count one try of `what` by or for `whom` (an address of the network or of a person, kept as a hash only)."""
    return count_try(_key(settings, what, whom), limit)


def forget_tries_of(settings: Settings, what: str, whom: str) -> None:
    """Start counting anew what `wait_from` counted, after a success."""
    forget_tries(_key(settings, what, whom))


def _key(settings: Settings, what: str, whom: str) -> str:
    return f"{what}:{keyed_hash(settings.secret_key, 'throttle', whom)}"


def forget_sign_in_tries(settings: Settings, email: str) -> None:
    """Start counting anew after a success, or after the person proved to own the address."""
    forget_tries(_account_key(settings, email))


def _account_key(settings: Settings, email: str) -> str:
    return f"sign-in:{keyed_hash(settings.secret_key, 'account', normal_email(email))}"


def check_password(session: Session, email: str, password: str) -> User | None:
    """The person with this address and password, unless disabled; a hash with old parameters is renewed."""
    user = session.scalars(select(User).where(User.email == normal_email(email))).one_or_none()
    fits = password_fits(user.password_hash if user else None, password)
    if user is None or not fits or user.disabled_at is not None:
        return None
    if user.password_hash and is_outdated(user.password_hash):
        user.password_hash = hash_password(password)
    return user


def entrance_of(session: Session, user: User, membership_id: UUID | None = None) -> Entrance | None:
    """Under which membership a person comes in: the named one, else their oldest; None when they have none."""
    query = usable_memberships(user.id)
    if membership_id is not None:
        query = query.where(Membership.id == membership_id)
    membership = session.scalars(query.order_by(Membership.created_at, Membership.id).limit(1)).one_or_none()
    if membership is None:
        return None
    due = membership.role in NEEDS_SECOND_FACTOR or user.totp_confirmed_at is not None
    return Entrance(user, membership, due)


def usable_memberships(user_id: UUID) -> Select[Membership]:
    """The query for a person's memberships that are neither revoked nor merely invited to."""
    return select(Membership).where(
        Membership.user_id == user_id, Membership.revoked_at.is_(None), Membership.invited_at.is_(None)
    )


def switch_to(session: Session, user_id: UUID, membership_id: UUID) -> Entrance | None:
    """Go on under another of one's memberships; None when it is not one of them."""
    return entrance_of(session, session.get_one(User, user_id), membership_id)


@dataclass(frozen=True, slots=True)
class Acting:
    """One of the parties a person may act for."""

    membership_id: UUID
    party_name: str
    role: str
    party_kind: str


def choices_of(session: Session, user_id: UUID) -> list[Acting]:
    """For whom a person may act, by name."""
    query = (
        select(Membership.id, Party.name, Membership.role, Party.kind)
        .join(Party, Party.id == Membership.party_id)
        .where(Membership.user_id == user_id, Membership.revoked_at.is_(None), Membership.invited_at.is_(None))
        .order_by(Party.sort_name, Membership.id)
    )
    return [Acting(*row) for row in session.execute(query)]


def note_entrance(session: Session, entrance: Entrance, how: str) -> None:
    """Record in the history that somebody came in, and by which way (password, deep_link, reset, invitation)."""
    subject = Subject("user", entrance.user.id, entrance.membership.party_id)
    record_event(session, "user.signed_in", subject, None, how=how)


def change_password(session: Session, user_id: UUID, password: str) -> None:
    """Store a new password; every link sent before dies with it."""
    session.execute(
        update(User)
        .where(User.id == user_id)
        .values(password_hash=hash_password(password), link_version=User.link_version + 1)
    )
