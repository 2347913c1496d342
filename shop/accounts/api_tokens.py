"""Bearer tokens for programs: made once, shown once, stored as a hash, found again by it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from entitlements import must_have_proven_address
from foundation import clock
from foundation.database import Executor
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.principal import Principal
from foundation.tokens import new_token, token_hash
from shop.accounts.people import TOKEN_ROLES, ApiToken

TOKEN_PREFIX = "gtn_"  # noqa: S105 - the public beginning of every token, so that scanners recognise a leaked one
DESK_TOKEN_ROLES = tuple(role for role in TOKEN_ROLES if role not in {"studio", "company"})

# Asked with every request of a program, so the statement is made once.
_LIVING = select(ApiToken.id, ApiToken.role, ApiToken.party_id, ApiToken.expires_at).where(
    ApiToken.token_hash == bindparam("hash"), ApiToken.revoked_at.is_(None)
)


class UnknownTokenRole(Exception):
    """A token for this role cannot be made here."""

    def __init__(self, role: str) -> None:
        super().__init__(role)
        self.role = role


def create_api_token(
    session: Session, name: str, role: str, by: Principal | None, party_id: UUID | None = None
) -> tuple[ApiToken, str]:
    """Make a token for `role`; answers its row and the token itself, which nobody can read again.

    Raises UnknownTokenRole for a role that needs a party and has none, or must not have one; AddressNotProven.
    """
    if by is not None:
        must_have_proven_address(session, by)
    if role not in TOKEN_ROLES or (role in DESK_TOKEN_ROLES) != (party_id is None):
        raise UnknownTokenRole(role)
    secret = new_token(TOKEN_PREFIX)
    row = ApiToken(
        id=new_id(),
        token_hash=token_hash(secret),
        name=name,
        role=role,
        party_id=party_id,
        created_by_user_id=by.user_id if by else None,
        created_at=clock.now(),
        expires_at=None,
        revoked_at=None,
    )
    session.add(row)
    session.flush()
    record_event(session, "token.created", Subject("api_token", row.id, party_id), by, role=role)
    return row, secret


def revoke_tokens_made_by(session: Session, user_id: UUID) -> None:
    """End every living token that this person made."""
    made = (ApiToken.created_by_user_id == user_id, ApiToken.revoked_at.is_(None))
    session.execute(update(ApiToken).where(*made).values(revoked_at=clock.now()))


def count_tokens_made_by(session: Session, user_id: UUID, party_id: UUID) -> int:
    """How many living tokens of a party this person made, and may still know."""
    made = (ApiToken.created_by_user_id == user_id, ApiToken.party_id == party_id, ApiToken.revoked_at.is_(None))
    return session.execute(select(func.count()).select_from(ApiToken).where(*made)).scalar_one()


def revoke_api_token(session: Session, token_id: UUID, by: Principal, party_id: UUID | None = None) -> bool:
    """End a token of this party (None: of the vendor); answers False when there is no such living token."""
    query = update(ApiToken).where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None))
    query = query.where(ApiToken.party_id == party_id if party_id else ApiToken.party_id.is_(None))
    ended = session.execute(query.values(revoked_at=clock.now()).returning(ApiToken.id)).scalar()
    if ended is None:
        return False
    record_event(session, "token.revoked", Subject("api_token", token_id, party_id), by)
    return True


def api_tokens_of(session: Session, party_id: UUID | None) -> list[ApiToken]:
    """The living tokens of a party (None: of the vendor), latest first."""
    mine = ApiToken.party_id == party_id if party_id else ApiToken.party_id.is_(None)
    query = select(ApiToken).where(mine, ApiToken.revoked_at.is_(None)).order_by(ApiToken.id.desc())
    return list(session.scalars(query))


def principal_of_token(executor: Executor, secret: str) -> Principal | None:
    """Whom a bearer token acts as; None when it is unknown, revoked or expired."""
    row = executor.execute(_LIVING, {"hash": token_hash(secret)}).one_or_none()
    if row is None or _is_over(row.expires_at):
        return None
    return Principal(user_id=None, party_id=row.party_id, role=row.role, token_id=row.id)


def _is_over(expires_at: datetime | None) -> bool:
    return expires_at is not None and expires_at <= clock.real_now()
