"""Links of studios and clients by API: seen and ended by either side; the company says what its studio may do (D22)."""

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields
from sqlalchemy.orm import Session

from entitlements.connections.linked_pairs import LinkedPair, link_for, links_for
from entitlements.connections.linking import (
    AREAS,
    LEVELS,
    LinkNotFound,
    block,
    link_state,
    permissions_of,
    permit,
    unlink,
)
from entitlements.links import lock_pair
from entitlements.web.api.problems import TABLE
from entitlements.web.api.reach import own_party, principal
from foundation.access import requires
from foundation.api import (
    Area,
    Choice,
    Flag,
    PageQuery,
    PageShape,
    Shape,
    asked_place,
    expect_unchanged,
    instant,
    kept,
    may_match,
    once,
    page_of,
    reply,
    tagged_reply,
)
from foundation.database import JsonObject, transaction

area = Area("api_links", __name__, "Studios and their clients: who works for whom, and what they may do.", TABLE)


class SideShape(Shape):
    """One side of a link."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class StudioLinkShape(Shape):
    """A studio that works on a company; licence, packs and payer do not depend on it."""

    id = fields.String(required=True)
    studio = fields.Nested(SideShape, required=True)
    company = fields.Nested(SideShape, required=True)
    linked_at = fields.String(required=True)
    unlinked_at = fields.String(required=True, allow_none=True)
    blocked_at = fields.String(required=True, allow_none=True)
    nickname = fields.String(required=True, allow_none=True, metadata={"description": "The studio's own; to it alone."})
    permissions = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata={"description": "Level by area."}
    )


class StudioLinkPageShape(PageShape):
    """A page of links."""

    items = fields.List(fields.Nested(StudioLinkShape), required=True)


class UnlinkShape(Shape):
    """How it ends."""

    block = Flag(load_default=False, metadata={"description": "For studios: let this company pick the studio no more."})


StudioPermissionsShape = Shape.from_dict(
    {area_name: Choice(LEVELS, load_default=None, allow_none=True) for area_name in AREAS},
    name="StudioPermissionsShape",
)


@area.get("/studio-links")
@requires("studio", "company")
@area.query(PageQuery)
@area.answers(StudioLinkPageShape)
def list_links(query: dict[str, Any]) -> Response:
    """The links that stand: a studio's clients, or a company's studios."""
    with transaction() as session:
        seen = asked_place(query)
        found = links_for(session, own_party(), UUID(str(seen[0])) if seen else None, query["limit"] + 1)
        return reply(page_of(found, query["limit"], _document, lambda one: [str(one.link.id)]))


@area.get("/studio-links/<uuid:link_id>")
@requires("studio", "company")
@area.answers(StudioLinkShape, etag=True)
def show(link_id: UUID) -> Response:
    """One link, also one that has ended."""
    with transaction() as session:
        return tagged_reply(_document(link_for(session, link_id, own_party())))


@area.post("/studio-links/<uuid:link_id>/unlink")
@requires("studio", "company")
@may_match
@once
@area.body(UnlinkShape)
@area.answers(StudioLinkShape)
def end(asked: dict[str, Any], link_id: UUID) -> Response:
    """End it, from either side; licence, packs, credit and payer stay. Ending it again changes nothing."""
    with transaction() as session:
        pair = _locked(session, link_id)
        # An old link is over for good: only the one that stands is ended, so that a repeat ends no later one.
        if pair.link.unlinked_at is None:
            unlink(session, pair.studio.id, pair.company.id, principal())
        studio_blocks = asked["block"] and principal().role == "studio"
        if studio_blocks and link_state(session, pair.studio.id, pair.company.id) != "LINKED":
            block(session, pair.studio.id, pair.company.id, principal())
        return kept(session, reply(_document(pair)))


@area.post("/studio-links/<uuid:link_id>/permissions")
@requires("company")
@may_match
@once
@area.body(StudioPermissionsShape)
@area.answers(StudioLinkShape)
def change_permissions(asked: dict[str, Any], link_id: UUID) -> Response:
    """Say what the studio may do, area by area; what is left out stays."""
    with transaction() as session:
        pair = _locked(session, link_id)
        if pair.link.unlinked_at is not None:
            raise LinkNotFound
        levels = {name: level for name, level in asked.items() if level is not None}
        permit(session, pair.studio.id, pair.company.id, levels, principal())
        return kept(session, reply(_document(pair)))


def _locked(session: Session, link_id: UUID) -> LinkedPair:
    """A link that waits for whoever changes it now, and is still as If-Match says. Raises LinkNotFound, Stale."""
    pair = link_for(session, link_id, own_party())
    lock_pair(session, pair.studio.id, pair.company.id)
    session.refresh(pair.link)
    expect_unchanged(_document(pair))
    return pair


def _document(pair: LinkedPair) -> JsonObject:
    link = pair.link
    return {
        "id": str(link.id),
        "studio": {"id": str(pair.studio.id), "name": pair.studio.name},
        "company": {"id": str(pair.company.id), "name": pair.company.name},
        "linked_at": instant(link.linked_at),
        "unlinked_at": instant(link.unlinked_at),
        "blocked_at": instant(link.blocked_at) if principal().role == "studio" else None,
        "nickname": link.nickname if principal().role == "studio" else None,
        "permissions": permissions_of(link),
    }
