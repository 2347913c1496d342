"""Server-side sessions: what a browser's cookie stands for, who it speaks for, and how it is taken back.

All times here are real time: a sandbox that moves its business clock signs nobody out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from entitlements import Party
from foundation import clock
from foundation.database import JsonObject
from foundation.principal import DESK_ROLES, Principal
from foundation.settings import Settings
from foundation.tokens import token_hash
from shop.accounts.people import Membership, User, WebSession, acting_role


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person and the membership they act under, as one session knows them."""

    user_id: UUID
    membership_id: UUID
    party_id: UUID
    role: str
    party_name: str
    name: str
    email: str
    locale: str
    email_confirmed: bool
    second_factor: bool

    @property
    def principal(self) -> Principal:
        """Vendor roles act on everybody's behalf, so they carry no party (M2)."""
        party_id = None if self.role in DESK_ROLES else self.party_id
        return Principal(self.user_id, party_id, self.role, second_factor=self.second_factor, locale=self.locale)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a session row says about its person: the membership acted under and when the second factor was shown."""

    user_id: UUID
    membership_id: UUID
    expires_at: datetime
    second_factor_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session as stored. A dead one (revoked, expired, idle) gives nothing, and its token is never used again."""

    alive: bool
    data: JsonObject
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    identity: Identity | None
    signed_in: SignedIn | None


def find_session(session: Session, token: str, idle_after: timedelta) -> StoredSession | None:
    """What `token` stands for, with person, membership and party, in one query; None when there is no such session.

    Sessions of vendor roles die when unused for `idle_after`.
    """
    query = (
        select(WebSession, User, Membership, Party.name.label("party_name"), Party.kind.label("party_kind"))
        .outerjoin(User, User.id == WebSession.user_id)
        .outerjoin(Membership, Membership.id == WebSession.membership_id)
        .outerjoin(Party, Party.id == Membership.party_id)
        .where(WebSession.token_hash == token_hash(token))
    )
    row = session.execute(query).one_or_none()
    return None if row is None else _stored(row, idle_after)


def _stored(row: Row[WebSession, User, Membership, str, str], idle_after: timedelta) -> StoredSession:
    kept: WebSession = row[0]
    user: User | None = row[1]  # an outer join: a visitor nobody knows has neither person nor membership
    membership: Membership | None = row[2]
    now = clock.real_now()
    idle = membership is not None and membership.role in DESK_ROLES and kept.seen_at + idle_after <= now
    alive = kept.revoked_at is None and kept.expires_at > now and not idle
    person = _signed_in(kept, user, membership, (row[3], row[4])) if alive and user and membership else None
    return StoredSession(
        alive=alive,
        data=dict(kept.data) if alive else {},
        created_at=kept.created_at,
        seen_at=kept.seen_at,
        expires_at=kept.expires_at,
        identity=Identity(person.user_id, person.membership_id, kept.expires_at, kept.second_factor_at)
        if person
        else None,
        signed_in=person,
    )


def _signed_in(kept: WebSession, user: User, membership: Membership, party: tuple[str, str]) -> SignedIn | None:
    if user.disabled_at is not None or membership.revoked_at is not None or membership.invited_at is not None:
        return None
    party_name, party_kind = party
    return SignedIn(
        user_id=user.id,
        membership_id=membership.id,
        party_id=membership.party_id,
        role=acting_role(membership.role, party_kind),
        party_name=party_name,
        name=user.name,
        email=user.email,
        locale=user.locale,
        email_confirmed=user.email_confirmed_at is not None,
        second_factor=kept.second_factor_at is not None,
    )


def keep_session(
    session: Session, token: str, data: JsonObject, identity: Identity | None, lifetime: timedelta
) -> None:
    """Store a session under its token's hash, new or changed. `lifetime` counts for a visitor nobody knows."""
    now = clock.real_now()
    values = {
        "user_id": identity.user_id if identity else None,
        "membership_id": identity.membership_id if identity else None,
        "data": data,
        "seen_at": now,
        "expires_at": identity.expires_at if identity else now + lifetime,
        "second_factor_at": identity.second_factor_at if identity else None,
    }
    row = insert(WebSession).values(token_hash=token_hash(token), created_at=now, **values)
    # A sign-out in another tab wins over a page that was still being made: a revoked row stays as it is.
    still = WebSession.revoked_at.is_(None)
    session.execute(row.on_conflict_do_update(index_elements=["token_hash"], set_=values, where=still))


def touch_session(session: Session, token: str) -> None:
    """Note that the session was used just now."""
    session.execute(
        update(WebSession).where(WebSession.token_hash == token_hash(token)).values(seen_at=clock.real_now())
    )


def revoke_tokens(session: Session, tokens: Iterable[str]) -> None:
    """End the sessions of these tokens."""
    hashes = [token_hash(token) for token in tokens]
    session.execute(
        update(WebSession)
        .where(WebSession.token_hash.in_(hashes), WebSession.revoked_at.is_(None))
        .values(revoked_at=clock.real_now())
    )


def revoke_sessions(session: Session, user_id: UUID, *, but: str | None = None, only: str | None = None) -> int:
    """End a person's sessions, except the one of the token `but`; or only the one whose `reference` is `only`."""
    query = update(WebSession).where(WebSession.user_id == user_id, WebSession.revoked_at.is_(None))
    if but is not None:
        query = query.where(WebSession.token_hash != token_hash(but))
    if only is not None:
        query = query.where(WebSession.token_hash.startswith(only, autoescape=True))
    ended = session.execute(query.values(revoked_at=clock.real_now()).returning(WebSession.token_hash))
    return len(ended.all())


def revoke_membership_sessions(session: Session, membership_id: UUID) -> None:
    """End the sessions that act under a membership."""
    session.execute(
        update(WebSession)
        .where(WebSession.membership_id == membership_id, WebSession.revoked_at.is_(None))
        .values(revoked_at=clock.real_now())
    )


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One of a person's sessions, as their account page lists it."""

    reference: str
    created_at: datetime
    seen_at: datetime
    current: bool


def open_sessions(session: Session, user_id: UUID, current_token: str) -> list[OpenSession]:
    """A person's living sessions, latest use first."""
    query = (
        select(WebSession)
        .where(WebSession.user_id == user_id, WebSession.revoked_at.is_(None))
        .where(WebSession.expires_at > clock.real_now())
        .order_by(WebSession.seen_at.desc(), WebSession.token_hash)
    )
    current = token_hash(current_token)
    return [
        OpenSession(row.token_hash[:16], row.created_at, row.seen_at, row.token_hash == current)
        for row in session.scalars(query)
    ]


def identity_of(settings: Settings, user_id: UUID, membership: Membership, *, second_factor: bool) -> Identity:
    """The identity a session gets at sign-in: desk sessions are short, the others last as the settings say."""
    now = clock.real_now()
    desk = membership.role in DESK_ROLES
    lifetime = settings.desk_session_lifetime if desk else settings.session_lifetime
    return Identity(user_id, membership.id, now + lifetime, now if second_factor else None)
