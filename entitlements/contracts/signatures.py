"""Signatures of the e-invoicing contract (F003-19): once per party, never changed.

A company signs for itself and a studio for its pool; a studio may sign for a client that lets it write in its settings.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, Select, UniqueConstraint, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from entitlements.companies import like_literal
from entitlements.connections.clients import client_of
from entitlements.connections.linking import permissions_of
from entitlements.connections.people import must_have_proven_address
from entitlements.contracts.contract_text import EINVOICING, VERSION, text_fingerprint
from entitlements.links import link_of
from entitlements.parties import Party
from foundation import clock
from foundation.database import APPEND_ONLY, Identified, Model
from foundation.driver_statements import directly
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.principal import Principal

AREA = "settings"


class ContractSignature(Identified, Model):
    """That a party accepted a contract: who pressed, for whom, when, which text in which language. Append-only."""

    __tablename__ = "contract_signatures"
    __table_args__ = (
        UniqueConstraint("party_id", "contract"),
        Index("ix_contract_signatures_signed_by_party_id", "signed_by_party_id"),
        {"info": {APPEND_ONLY: True}},
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    contract: Mapped[str]
    text_version: Mapped[str]
    text_sha256: Mapped[str]
    locale: Mapped[str]
    signed_by_party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    signed_by_user_id: Mapped[UUID | None]
    signed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class MayNotSign(Exception):
    """This studio may not sign for this client: the client does not let it write in its settings."""


class ContractTextChanged(Exception):
    """Another version is in force than the one that was read; `version` is the one in force."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.version = version


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature with the names of whose contract it is and of who signed."""

    signature: ContractSignature
    party: Party
    signer: Party


def may_sign(session: Session, party_id: UUID, by: Principal) -> bool:
    """Whether `by` may sign for a party; a client that does not let its studio write in the settings signs itself.

    Raises CompanyNotFound for what is nobody's of theirs.
    """
    if by.party_id == party_id:
        return True
    assert by.party_id is not None  # noqa: S101 - narrows the type
    client_of(session, by.party_id, party_id)
    link = link_of(session, by.party_id, party_id)
    return link is not None and permissions_of(link)[AREA] == "write"


def sign_contract(session: Session, party_id: UUID, version: str, locale: str, by: Principal) -> bool:
    """Accept the e-invoicing contract for a party; answers False when it has been signed before.

    Raises CompanyNotFound, MayNotSign, ContractTextChanged; AddressNotProven for who may be somebody else.
    """
    if not may_sign(session, party_id, by):
        raise MayNotSign
    must_have_proven_address(session, by)
    if version != VERSION:
        raise ContractTextChanged(VERSION)
    row = insert(ContractSignature).values(
        id=new_id(),
        party_id=party_id,
        contract=EINVOICING,
        text_version=VERSION,
        text_sha256=text_fingerprint(),
        locale=locale,
        signed_by_party_id=by.party_id,
        signed_by_user_id=by.user_id,
        signed_at=clock.now(),
        recorded_at=clock.real_now(),
    )
    fresh = session.execute(row.on_conflict_do_nothing().returning(ContractSignature.id)).scalar()
    if fresh is None:
        return False
    record_event(session, "contract.signed", Subject("party", party_id, party_id), by, contract_id=fresh)
    return True


# Asked with every page of the catalogue, so the statement is made once.
_SIGNED = select(ContractSignature.party_id).where(
    ContractSignature.party_id == func.any(bindparam("party_ids", type_=ARRAY(Uuid()))),
    ContractSignature.contract == EINVOICING,
)


def signature_of(session: Session, party_id: UUID) -> Signed | None:
    """The signature of a party's contract, if it has signed."""
    found = session.execute(_signatures().where(ContractSignature.party_id == party_id)).one_or_none()
    return Signed(*found) if found else None


def parties_that_signed(session: Session, party_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these parties whose e-invoicing contract is signed, in one query."""
    return {row.party_id for row in directly(session, _SIGNED, {"party_ids": list(party_ids)}).all()}


def signatures(session: Session, search: str = "", before: UUID | None = None, limit: int = 50) -> list[Signed]:
    """Signatures for the support desk, newest first; `search` is part of a name, VAT number or tax code."""
    query = _signatures().order_by(ContractSignature.id.desc()).limit(limit)
    if search:
        pattern = f"%{like_literal(search)}%"
        query = query.where(Party.name.ilike(pattern) | Party.vat_number.ilike(pattern) | Party.tax_code.ilike(pattern))
    if before is not None:
        query = query.where(ContractSignature.id < before)
    return [Signed(*row) for row in session.execute(query)]


_signer = aliased(Party)


def _signatures() -> Select[ContractSignature, Party, Party]:
    return (
        select(ContractSignature, Party, _signer)
        .join(Party, Party.id == ContractSignature.party_id)
        .join(_signer, _signer.id == ContractSignature.signed_by_party_id)
        .where(ContractSignature.contract == EINVOICING)
    )
