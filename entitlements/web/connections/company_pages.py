"""/commercialista/<id>: a company and one of its studios: what it may do, who pays, moving to another one."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements.connections.clients import LinkedStudio, studios_of
from entitlements.connections.handovers import open_handover, propose_handover
from entitlements.connections.linking import AREAS, LinkNotFound, permissions_of, permit
from entitlements.connections.moves import MoveWish, propose_move
from entitlements.links import payer_at
from entitlements.web.connections.asking import identifier_field, party_of, wait_to_ask
from entitlements.web.reading import COMPANY_OWNER, person
from foundation import clock
from foundation.access import requires
from foundation.database import transaction

blueprint = Blueprint("own_studio", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/commercialista/<uuid:studio_id>")
@requires(*COMPANY_OWNER)
def show(studio_id: UUID) -> Answer:
    """One studio that works on the company."""
    return _page(studio_id, {})


@blueprint.post("/commercialista/<uuid:studio_id>")
@requires(*COMPANY_OWNER)
def change_permissions(studio_id: UUID) -> Answer:
    """What the studio may do, area by area."""
    by = person()
    areas = {area: request.form.get(area, "") for area in AREAS}
    with transaction() as session:
        _linked(session, party_of(by), studio_id)
        permit(session, studio_id, party_of(by), areas, by)
    flash(_("Permessi salvati. Valgono da subito."), "success")
    return redirect(url_for("own_studio.show", studio_id=studio_id), 303)


@blueprint.post("/commercialista/<uuid:studio_id>/chi-paga")
@requires(*COMPANY_OWNER)
def hand_over(studio_id: UUID) -> Answer:
    """Propose that the other side pays from now on: the studio, where the company pays, or the company."""
    by = person()
    if wait := wait_to_ask(by):
        return _page(studio_id, {"": wait}), 429
    own = party_of(by)
    with transaction() as session:
        _linked(session, own, studio_id)
        payer = payer_at(session, own, clock.now())
        gives = payer is not None and payer.payer_party_id == own
        asked = propose_handover(session, own, studio_id if gives else own, by)
    if asked:
        flash(_("Proposta inviata. Cambia qualcosa solo quando l’altra parte accetta."), "success")
    else:
        flash(_("C’è già una proposta che aspetta risposta."), "info")
    return redirect(url_for("connections.company_studios"), 303)


@blueprint.post("/commercialista/<uuid:studio_id>/passaggio")
@requires(*COMPANY_OWNER)
def move(studio_id: UUID) -> Answer:
    """Propose to move to another studio, with the consent of both."""
    by = person()
    identifier, wrong = identifier_field()
    if wrong:
        return _page(studio_id, {"identifier": wrong}), 422
    if wait := wait_to_ask(by):
        return _page(studio_id, {"": wait}), 429
    with transaction() as session:
        _linked(session, party_of(by), studio_id)
        wish = MoveWish(
            party_of(by), studio_id, identifier, bool(request.form.get("with_payer")), company_must_agree=True
        )
        asked = propose_move(session, wish, by)
    if asked:
        flash(_("Proposta inviata. Il passaggio avviene quando tutti hanno accettato."), "success")
    else:
        flash(_("C’è già un passaggio in attesa, oppure hai indicato lo stesso studio."), "info")
    return redirect(url_for("connections.company_studios"), 303)


def _page(studio_id: UUID, errors: dict[str, str]) -> str:
    own = party_of(person())
    with transaction() as session:
        linked = _linked(session, own, studio_id)
        payer = payer_at(session, own, clock.now())
        handover = open_handover(session, own)
    return render_template(
        "entitlements/connections/studio.html",
        linked=linked,
        permissions=permissions_of(linked.link),
        payer=payer,
        handover=handover,
        own=own,
        errors=errors,
        form=request.form,
    )


def _linked(session: Session, company_id: UUID, studio_id: UUID) -> LinkedStudio:
    """The studio, if it works on the company. Raises LinkNotFound."""
    found = next((one for one in studios_of(session, company_id) if one.studio.id == studio_id), None)
    if found is None:
        raise LinkNotFound
    return found
