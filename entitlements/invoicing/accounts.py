"""Connected accounts: an attempt to connect is claimed once, tokens lie sealed, companies are what was read last."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.companies import like_literal
from entitlements.connections.linking import permissions_of
from entitlements.invoicing.provider import OutsideCompany, Tokens
from entitlements.links import StudioLink
from entitlements.parties import Party, sort_name
from foundation import clock
from foundation.database import Identified, Model
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.principal import Principal
from foundation.sealing import SealBroken, seal, unseal
from foundation.tokens import new_token, token_hash

ATTEMPTS_LAST = timedelta(minutes=10)
_PURPOSE = "invoicing"
# A token is renewed a little before it dies on its way.
_EARLY = timedelta(seconds=30)


class ConnectionAttempt(Identified, Model):
    """Somebody was sent to consent; `state_hash` recognises them when they come back, once."""

    __tablename__ = "connection_attempts"

    state_hash: Mapped[str] = mapped_column(unique=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    user_id: Mapped[UUID]
    sealed_verifier: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class InvoicingAccount(Identified, Model):
    """A party's account at the invoicing service; one at a time. Tokens are sealed, and gone once it is revoked."""

    __tablename__ = "invoicing_accounts"
    __table_args__ = (
        CheckConstraint("state IN ('CONNECTED', 'REVOKING', 'REVOKED')", name="state"),
        CheckConstraint("(state = 'REVOKED') = (sealed_refresh IS NULL)", name="tokens_gone"),
        Index("uq_invoicing_accounts_live", "party_id", unique=True, postgresql_where=text("state = 'CONNECTED'")),
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    state: Mapped[str]
    sealed_access: Mapped[str | None]
    sealed_refresh: Mapped[str | None]
    access_until: Mapped[datetime]
    connected_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class InvoicingCompany(Identified, Model):
    """A company of a connected account, as it was read last."""

    __tablename__ = "invoicing_companies"
    __table_args__ = (UniqueConstraint("account_id", "external_id"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("invoicing_accounts.id"))
    external_id: Mapped[str]
    name: Mapped[str]
    search_name: Mapped[str]
    vat_number: Mapped[str | None]


class AttemptRefused(Exception):
    """The way back was forged, is too old, was used before, or began in somebody else's session."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What goes to the service: the state, and the challenge whose verifier stays here (PKCE, S256)."""

    state: str
    challenge: str


def begin_connecting(session: Session, secret_key: str, party_id: UUID, user_id: UUID) -> Begun:
    """Note that somebody is sent to consent."""
    state, verifier = new_token(), new_token()
    session.add(
        ConnectionAttempt(
            state_hash=token_hash(state),
            party_id=party_id,
            user_id=user_id,
            sealed_verifier=seal(secret_key, _PURPOSE, verifier),
            expires_at=clock.real_now() + ATTEMPTS_LAST,
        )
    )
    digest = hashlib.sha256(verifier.encode()).digest()
    return Begun(state, base64.urlsafe_b64encode(digest).rstrip(b"=").decode())


def claim_attempt(session: Session, secret_key: str, state: str, by: Principal) -> str:
    """Claim the way back, once and only for who left; answers the verifier. Raises AttemptRefused."""
    claim = (
        update(ConnectionAttempt)
        .where(ConnectionAttempt.state_hash == token_hash(state), ConnectionAttempt.used_at.is_(None))
        .where(ConnectionAttempt.party_id == by.party_id, ConnectionAttempt.user_id == by.user_id)
        .where(ConnectionAttempt.expires_at > clock.real_now())
        .values(used_at=clock.real_now())
        .returning(ConnectionAttempt.sealed_verifier)
    )
    sealed = session.execute(claim).scalar()
    if sealed is None:
        raise AttemptRefused
    try:
        return unseal(secret_key, _PURPOSE, sealed)
    except SealBroken:
        raise AttemptRefused from None


def keep_account(session: Session, secret_key: str, tokens: Tokens, by: Principal) -> UUID:
    """Keep the tokens of a new consent; an account that was connected before is replaced."""
    assert by.party_id is not None  # noqa: S101 - who connects acts for a party
    session.get_one(Party, by.party_id, with_for_update=True)
    session.execute(
        update(InvoicingAccount)
        .where(InvoicingAccount.party_id == by.party_id, InvoicingAccount.state == "CONNECTED")
        .values(state="REVOKED", sealed_access=None, sealed_refresh=None, revoked_at=clock.now())
    )
    account = InvoicingAccount(
        id=new_id(), party_id=by.party_id, state="CONNECTED", connected_at=clock.now(), **_sealed(secret_key, tokens)
    )
    session.add(account)
    session.flush()
    record_event(session, "invoicing.connected", Subject("party", by.party_id, by.party_id), by)
    return account.id


def renew_tokens(session: Session, secret_key: str, account_id: UUID, tokens: Tokens) -> None:
    """Keep fresh tokens of a living account."""
    fresh = update(InvoicingAccount).where(InvoicingAccount.id == account_id, InvoicingAccount.state == "CONNECTED")
    session.execute(fresh.values(**_sealed(secret_key, tokens)))


def _sealed(secret_key: str, tokens: Tokens) -> dict[str, object]:
    return {
        "sealed_access": seal(secret_key, _PURPOSE, tokens.access),
        "sealed_refresh": seal(secret_key, _PURPOSE, tokens.refresh),
        "access_until": clock.real_now() + timedelta(seconds=tokens.lasts_seconds),
    }


@dataclass(frozen=True, slots=True)
class LiveTokens:
    """The tokens of a living account; `access` is None when it has to be renewed first."""

    account_id: UUID
    access: str | None
    refresh: str


def live_tokens(session: Session, secret_key: str, party_id: UUID) -> LiveTokens | None:
    """The tokens of a party's connected account. Raises SealBroken once the secret key has changed."""
    account = account_of(session, party_id)
    if account is None or account.sealed_access is None or account.sealed_refresh is None:
        return None
    fresh = account.access_until - _EARLY > clock.real_now()
    access = unseal(secret_key, _PURPOSE, account.sealed_access) if fresh else None
    return LiveTokens(account.id, access, unseal(secret_key, _PURPOSE, account.sealed_refresh))


def account_of(session: Session, party_id: UUID) -> InvoicingAccount | None:
    """A party's connected account."""
    query = select(InvoicingAccount).where(InvoicingAccount.party_id == party_id, InvoicingAccount.state == "CONNECTED")
    return session.scalars(query).one_or_none()


def keep_companies(session: Session, account_id: UUID, found: list[OutsideCompany]) -> None:
    """Keep what was read: new ones come, changed ones change, others go."""
    account = session.get_one(InvoicingAccount, account_id, with_for_update=True)
    gone = delete(InvoicingCompany).where(InvoicingCompany.account_id == account_id)
    session.execute(gone.where(InvoicingCompany.external_id.not_in([one.external_id for one in found])))
    for one in found:
        values = {"name": one.name, "search_name": sort_name(one.name), "vat_number": one.vat_number}
        row = insert(InvoicingCompany).values(id=new_id(), account_id=account_id, external_id=one.external_id, **values)
        session.execute(row.on_conflict_do_update(index_elements=["account_id", "external_id"], set_=values))
    account.read_at = clock.now()


def disconnect(session: Session, party_id: UUID, by: Principal | None) -> UUID | None:
    """Stop using the account at once; answers its id, whose consent is then to be taken back at the service."""
    account = account_of(session, party_id)
    if account is None:
        return None
    session.execute(delete(InvoicingCompany).where(InvoicingCompany.account_id == account.id))
    account.state, account.revoked_at, account.sealed_access = "REVOKING", clock.now(), None
    record_event(session, "invoicing.disconnected", Subject("party", party_id, party_id), by)
    return account.id


def token_to_revoke(session: Session, secret_key: str, account_id: UUID) -> str | None:
    """The token whose consent is still to be taken back; None when that is done."""
    account = session.get(InvoicingAccount, account_id)
    if account is None or account.state != "REVOKING" or account.sealed_refresh is None:
        return None
    try:
        return unseal(secret_key, _PURPOSE, account.sealed_refresh)
    except SealBroken:
        # Sealed under an earlier secret key: nobody can use it any more, and there is nothing to take back with.
        return None


def forget_tokens(session: Session, account_id: UUID) -> None:
    """The consent is taken back: nothing of it stays."""
    session.execute(
        update(InvoicingAccount)
        .where(InvoicingAccount.id == account_id, InvoicingAccount.state == "REVOKING")
        .values(state="REVOKED", sealed_refresh=None, sealed_access=None)
    )


@dataclass(frozen=True, slots=True)
class PickableCompany:
    """A company of a connected account and whose account that is."""

    id: UUID
    name: str
    vat_number: str | None
    owner: str


def pickable_companies(
    session: Session, party_id: UUID, search: str = "", only: UUID | None = None, limit: int = 50
) -> list[PickableCompany]:
    """Companies of one's own account and of the accounts of clients that let the studio read their documents."""
    query = (
        select(InvoicingCompany, Party, StudioLink)
        .join(InvoicingAccount, InvoicingAccount.id == InvoicingCompany.account_id)
        .join(Party, Party.id == InvoicingAccount.party_id)
        .outerjoin(
            StudioLink,
            (StudioLink.company_id == Party.id) & (StudioLink.studio_id == party_id) & StudioLink.unlinked_at.is_(None),
        )
        .where(InvoicingAccount.state == "CONNECTED", (Party.id == party_id) | StudioLink.id.is_not(None))
        .order_by(InvoicingCompany.search_name, InvoicingCompany.id)
    )
    if search:
        pattern = f"%{like_literal(sort_name(search))}%"
        query = query.where(InvoicingCompany.search_name.like(pattern) | InvoicingCompany.vat_number.like(pattern))
    if only is not None:
        query = query.where(InvoicingCompany.id == only)
    found = []
    for company, party, link in session.execute(query.limit(limit)):
        # An outer join: one's own account has no link.
        permitted: StudioLink | None = link
        if permitted is None or permissions_of(permitted)["documents"] != "none":
            found.append(PickableCompany(company.id, company.name, company.vat_number, party.name))
    return found
