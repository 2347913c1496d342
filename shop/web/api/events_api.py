"""GET /events and GET /me: everything that happened, in order and resumable, and who is asking."""

from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy import ColumnElement, and_, false

from entitlements import Party
from foundation.access import requires
from foundation.api import (
    Area,
    QueryWhole,
    Shape,
    Text,
    cursor_to,
    instant,
    moment,
    place_of,
    reply,
    text,
)
from foundation.database import JsonObject, transaction
from foundation.events import Event, events_after
from foundation.principal import Principal
from shop.web.api.shapes import many
from shop.web.api.whose import principal

area = Area("api_events", __name__, "What happened, and who you are.")
READERS = ("studio", "company", "product", "admin")
EVERYBODY = ("studio", "company", "finance", "support", "admin", "product")
LARGEST, USUAL = 100, 100
OF_ITSELF = (
    "company.provisioning",
    "company.ready",
    "company.failed",
    "studio.linked",
    "licence.started",
    "licence.changed",
    "licence.expiring",
    "licence.expired",
    "licence.suspended",
    "addon.activated",
    "addon.step_done",
    "seats.changed",
    "storage.changed",
    "storage.filling",
    "credit.consumed",
)
"""What a company reads of itself while its studio pays; orders, coupons, renewals and cards are the studio's own."""


class EventQuery(Shape):
    """From where on."""

    after = Text(500, load_default=None, metadata={"description": "`next_after` of the answer before."})
    limit = QueryWhole(1, LARGEST, load_default=USUAL)


class EventShape(Shape):
    """One thing that happened. Ids and figures only."""

    id = fields.Integer(required=True)
    type = text()
    at = moment(null=False)
    recorded_at = moment(null=False)
    subject = fields.Dict(required=True, metadata={"description": "`kind` and `id`."})
    party_id = text(null=True, form="uuid")
    data = fields.Dict(required=True)


class EventsShape(Shape):
    """Events in order. Ask again with `next_after`, also when nothing came: nothing is skipped, nothing repeated."""

    items = many(EventShape)
    next_after = text(null=True)


class MeShape(Shape):
    """Who is asking."""

    role = text()
    token_id = text(form="uuid")
    party = fields.Dict(required=True, allow_none=True, metadata={"description": "`id`, `kind` and `name`."})


@area.get("/events")
@requires(*READERS)
@area.query(EventQuery)
@area.answers(EventsShape)
def events(query: dict[str, Any]) -> Response:
    """Everything that happened, oldest first; a buyer's token sees what is its party's.

    A company also sees what happened to itself while its studio pays, and nothing else of the studio's.
    """
    who, after = principal(), query["after"]
    seen = place_of(after, "after") if after is not None else [0, 0]
    with transaction() as session:
        place = (int(seen[0]), int(seen[1]))
        found = events_after(session, place, query["limit"], who.party_id, _of_itself(who))
    next_after = cursor_to([found[-1].transaction_id, found[-1].id]) if found else after
    return reply({"items": [_event(event) for event in found], "next_after": next_after})


@area.get("/me")
@requires(*EVERYBODY)
@area.answers(MeShape)
def me() -> Response:
    """Who this token acts for."""
    who = principal()
    with transaction() as session:
        party = session.get(Party, who.party_id) if who.party_id else None
        named = {"id": str(party.id), "kind": party.kind, "name": party.name} if party else None
    return reply({"role": who.role, "token_id": str(who.token_id), "party": named})


def _of_itself(who: Principal) -> ColumnElement[bool]:
    """Events about the company that asks; nobody else reads another's."""
    about_it = and_(Event.subject_kind == "company", Event.subject_id == who.party_id, Event.type.in_(OF_ITSELF))
    return about_it if who.role == "company" else false()


def _event(event: Event) -> JsonObject:
    return {
        "id": event.id,
        "type": event.type,
        "at": instant(event.at),
        "recorded_at": instant(event.recorded_at),
        "subject": {"kind": event.subject_kind, "id": str(event.subject_id)},
        "party_id": str(event.party_id) if event.party_id else None,
        "data": event.data,
    }
