"""Who pays, as a program reads it."""

from uuid import UUID

from entitlements.links import Cause
from entitlements.web.api.reach import principal
from foundation.database import JsonObject


def payer_document(payer: str, party_id: UUID, cause: Cause) -> JsonObject:
    """The payer and why; a studio does not learn which other studio pays."""
    who = principal()
    foreign = who.role == "studio" and payer == "STUDIO" and party_id != who.party_id
    return {"payer": payer, "party_id": None if foreign else str(party_id), "cause": cause_document(cause)}


def cause_document(cause: Cause) -> JsonObject:
    """Why a right exists (M8)."""
    return {"kind": cause.kind, "id": str(cause.id)}
