"""Server-side sessions: what a browser's cookie stands for, who it speaks for, and how it is taken back.

All times here are real time: a sandbox that moves its business clock signs nobody out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from entitlements import Party
from foundation import clock
from foundation.database import Executor, JsonObject
from foundation.principal import DESK_ROLES, Principal
from foundation.settings import Settings
from foundation.tokens import token_hash
from shop.accounts.people import Membership, User, WebSession, acting_role

# Asked with every page, so the statement is made once, and answers columns: no objects are made of them.
_FOUND = (
    select(
        WebSession.data,
        WebSession.created_at,
        WebSession.seen_at,
        WebSession.expires_at,
        WebSession.second_factor_at,
        WebSession.revoked_at,
        User.id.label("user_id"),
        User.name.label("user_name"),
        User.email,
        User.locale,
        User.email_confirmed_at,
        Membership.id.label("membership_id"),
        Membership.role,
        Membership.party_id,
        Party.name.label("party_name"),
        Party.kind.label("party_kind"),
        and_(User.disabled_at.is_(None), Membership.revoked_at.is_(None), Membership.invited_at.is_(None)).label(
            "may_come_in"
        ),
    )
    .select_from(WebSession)
    .outerjoin(User, User.id == WebSession.user_id)
    .outerjoin(Membership, Membership.id == WebSession.membership_id)
    .outerjoin(Party, Party.id == Membership.party_id)
    .where(WebSession.token_hash == bindparam("hash"))
)


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


def find_session(executor: Executor, token: str, idle_after: timedelta) -> StoredSession | None:
    """What `token` stands for, with person, membership and party, in one query; None when there is no such session.

    Sessions of vendor roles die when unused for `idle_after`.
    """
    row = cast("Row[Any] | None", executor.execute(_FOUND, {"hash": token_hash(token)}).one_or_none())
    return None if row is None else _stored(row, idle_after)


def _stored(row: Row[Any], idle_after: timedelta) -> StoredSession:
    now = clock.real_now()
    idle = row.role in DESK_ROLES and row.seen_at + idle_after <= now
    alive = row.revoked_at is None and row.expires_at > now and not idle
    person = _signed_in(row) if alive else None
    return StoredSession(
        alive=alive,
        data=row.data if alive else {},
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        identity=Identity(person.user_id, person.membership_id, row.expires_at, row.second_factor_at)
        if person
        else None,
        signed_in=person,
    )


def _signed_in(row: Row[Any]) -> SignedIn | None:
    """Who is signed in; nobody for a visitor, and for whoever was shut out or has not come in yet."""
    if row.user_id is None or row.membership_id is None or not row.may_come_in:
        return None
    return SignedIn(
        user_id=row.user_id,
        membership_id=row.membership_id,
        party_id=row.party_id,
        role=acting_role(row.role, row.party_kind),
        party_name=row.party_name,
        name=row.user_name,
        email=row.email,
        locale=row.locale,
        email_confirmed=row.email_confirmed_at is not None,
        second_factor=row.second_factor_at is not None,
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
