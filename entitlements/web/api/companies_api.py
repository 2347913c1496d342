"""Companies by API: those a token reaches, each with its links, its payer and how its creation stands."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements.companies import Company, companies_of, company_as_listed
from entitlements.connections.linking import permissions_of
from entitlements.links import Cause, StudioLink, payer_at
from entitlements.parties import Party
from entitlements.provisioning.requests import ProvisioningRequest
from entitlements.web.api.payers import payer_document
from entitlements.web.api.problems import TABLE
from entitlements.web.api.reach import READERS, own_party, principal, reached_company
from entitlements.web.api.shapes import CompanyPageShape, CompanyShape
from foundation import clock
from foundation.access import requires
from foundation.api import Area, Choice, PageQuery, Text, asked_place, instant, page_of, reply, tagged_reply
from foundation.database import JsonObject, transaction

area = Area("api_companies", __name__, "Companies: who works on them, who pays, how their creation stands.", TABLE)
_STATES = ("PROVISIONING", "READY", "REJECTED")


class CompanyQuery(PageQuery):
    """Which companies."""

    state = Choice(_STATES, load_default=None, metadata={"description": "Without it all but the rejected ones."})
    search = Text(100, load_default="", metadata={"description": "Part of name, VAT number or tax code."})


@area.get("/companies")
@requires(*READERS)
@area.query(CompanyQuery)
@area.answers(CompanyPageShape)
def list_companies(query: dict[str, Any]) -> Response:
    """Companies by name: a studio's own, a company itself, everybody's for the vendor."""
    with transaction() as session:
        rows = _rows(session, query)
        return reply(page_of(rows, query["limit"], lambda row: company_row(*row), lambda row: _place(row[1])))


@area.get("/companies/<uuid:company_id>")
@requires(*READERS)
@area.answers(CompanyShape, etag=True)
def show_company(company_id: UUID) -> Response:
    """One company."""
    with transaction() as session:
        company, party = reached_company(session, company_id)
        return tagged_reply(_whole(session, company, party))


def _rows(session: Session, query: dict[str, Any]) -> list[tuple[Company, Party]]:
    who, seen = principal(), asked_place(query)
    wanted = {"search": query["search"], "state": query["state"]}
    if who.role == "company":
        return company_as_listed(session, own_party(), **wanted)
    after = (str(seen[0]), UUID(str(seen[1]))) if seen else None
    return companies_of(session, who.party_id, **wanted, after=after, limit=query["limit"] + 1)


def _place(party: Party) -> list[str | int]:
    return [party.sort_name, str(party.id)]


def company_row(company: Company, party: Party) -> JsonObject:
    """A company in a list."""
    return {
        "id": str(company.id),
        "name": party.name,
        "vat_number": party.vat_number,
        "tax_code": company.tax_code,
        "state": company.state,
        "support_code": company.support_code,
        "requested_at": instant(company.requested_at),
        "ready_at": instant(company.ready_at),
    }


def _whole(session: Session, company: Company, party: Party) -> JsonObject:
    payer = payer_at(session, company.id, clock.now())
    return company_row(company, party) | {
        "remote_id": company.remote_id,
        "rejected_at": instant(company.rejected_at),
        "rejection": company.rejection,
        "links": [_link(link) for link in _links(session, company.id)],
        "payer": payer_document(payer.payer, payer.payer_party_id, Cause(payer.cause_kind, payer.cause_id))
        if payer
        else None,
        "provisioning": _provisioning(session.get(ProvisioningRequest, company.id)),
    }


def _links(session: Session, company_id: UUID) -> list[StudioLink]:
    """The studios that work on it; a studio sees its own link only."""
    query = select(StudioLink).where(StudioLink.company_id == company_id, StudioLink.unlinked_at.is_(None))
    who = principal()
    if who.role == "studio":
        query = query.where(StudioLink.studio_id == who.party_id)
    return list(session.scalars(query.order_by(StudioLink.id)))


def _link(link: StudioLink) -> JsonObject:
    return {
        "studio_id": str(link.studio_id),
        "linked_at": instant(link.linked_at),
        "blocked_at": instant(link.blocked_at),
        "nickname": link.nickname if principal().role == "studio" else None,
        "permissions": permissions_of(link),
        "cause": {"kind": link.cause_kind, "id": str(link.cause_id)},
    }


def _provisioning(request: ProvisioningRequest | None) -> JsonObject | None:
    if request is None:
        return None
    return {
        "state": request.state,
        "attempts": request.attempts,
        "last_attempt_at": instant(request.last_attempt_at),
        "last_outcome": request.last_outcome,
    }
