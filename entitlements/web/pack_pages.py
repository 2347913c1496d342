"""/pacchetti: every pack and top-up with its balance and its last day, for a company and for the studio that pays."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for

from entitlements.contracts.signatures import signature_of
from entitlements.packs import PACK_STATES, PackQuery, packs_left, packs_of
from entitlements.wallets import METERS
from entitlements.web.connections.asking import party_of
from entitlements.web.reading import BOTH_SIDES, PAGE, choice_arg, id_arg, person
from foundation.access import requires
from foundation.database import transaction

blueprint = Blueprint("packs", __name__)


@blueprint.get("/pacchetti")
@requires(*BOTH_SIDES)
def index() -> str:
    """Elenco pacchetti FE (F003-20)."""
    party_id = party_of(person())
    meter, state = choice_arg("meter", METERS, METERS[0]), choice_arg("state", PACK_STATES, PACK_STATES[0])
    after = id_arg("after")
    with transaction() as session:
        packs = packs_of(session, party_id, PackQuery(meter, state), after, PAGE + 1)
        left = packs_left(session, party_id)
        signed = signature_of(session, party_id)
    last = packs[PAGE - 1].bucket.id if len(packs) > PAGE else None
    return render_template(
        "entitlements/packs.html",
        packs=packs[:PAGE],
        left=left,
        meter=meter,
        state=state,
        signed=signed,
        is_company=person().is_company,
        own=party_id,
        next_url=_url(meter, state, after=last) if last else "",
        previous_url=_url(meter, state) if after else "",
    )


def _url(meter: str, state: str, **more: UUID) -> str:
    values: dict[str, Any] = {"meter": meter, "state": state}
    return url_for("packs.index", **(values | more))
