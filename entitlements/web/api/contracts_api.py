"""The e-invoicing contract by API (F003-19): its text, whether it is signed, and signing it."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_babel import gettext as _
from marshmallow import fields
from sqlalchemy.orm import Session

from entitlements.contracts.contract_text import CLAUSES, VERSION, text_fingerprint
from entitlements.contracts.signatures import may_sign, sign_contract, signature_of
from entitlements.web.api.problems import TABLE
from entitlements.web.api.reach import own_party, principal
from foundation import formats
from foundation.access import requires
from foundation.api import Area, Identifier, Shape, Text, instant, kept, once, reply
from foundation.database import JsonObject, transaction

area = Area("api_contracts", __name__, "The contract that some packs of invoices ask for.", TABLE)


def _for_company() -> Identifier:
    about = "A client whose contract it is; null: one's own."
    return Identifier(load_default=None, allow_none=True, metadata={"description": about})


class ContractQuery(Shape):
    """Whose contract."""

    for_company = _for_company()


class SignShape(Shape):
    """What is accepted, and for whom."""

    version = Text(40, 1, required=True, metadata={"description": "The version that was read."})
    for_company = _for_company()


class SignatureShape(Shape):
    """Who accepted which text, and when."""

    signed_by_party_id = fields.String(required=True)
    signed_at = fields.String(required=True)
    version = fields.String(required=True)
    text_sha256 = fields.String(required=True)


class ContractShape(Shape):
    """The text in force and, once it is signed, the signature."""

    version = fields.String(required=True)
    clauses = fields.List(fields.String(), required=True)
    text_sha256 = fields.String(required=True, metadata={"description": "Of version and Italian clauses, by line."})
    may_sign = fields.Boolean(required=True)
    signed = fields.Nested(SignatureShape, required=True, allow_none=True)


@area.get("/einvoicing-contract")
@requires("studio", "company")
@area.query(ContractQuery)
@area.answers(ContractShape)
def read(query: dict[str, Any]) -> Response:
    """Read the contract, and see whether it is signed."""
    with transaction() as session:
        return reply(_document(session, query["for_company"] or own_party()))


@area.post("/einvoicing-contract")
@requires("studio", "company")
@once
@area.body(SignShape)
@area.answers(ContractShape)
def sign(asked: dict[str, Any]) -> Response:
    """Accept the contract, once and for good; signing it again changes nothing."""
    with transaction() as session:
        party_id = asked["for_company"] or own_party()
        sign_contract(session, party_id, asked["version"], formats.readers_language(), principal())
        return kept(session, reply(_document(session, party_id)))


def _document(session: Session, party_id: UUID) -> JsonObject:
    allowed, signed = may_sign(session, party_id, principal()), signature_of(session, party_id)
    return {
        "version": VERSION,
        "clauses": [_(clause) for clause in CLAUSES],
        "text_sha256": text_fingerprint(),
        "may_sign": allowed and signed is None,
        "signed": {
            "signed_by_party_id": str(signed.signature.signed_by_party_id),
            "signed_at": instant(signed.signature.signed_at),
            "version": signed.signature.text_version,
            "text_sha256": signed.signature.text_sha256,
        }
        if signed
        else None,
    }
