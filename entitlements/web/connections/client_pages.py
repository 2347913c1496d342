"""/aziende/<id>/collegamento: everything between a studio and one client; nickname, who pays, moving, access."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from entitlements.connections.clients import client_of
from entitlements.connections.handovers import open_handover, payer_history, propose_handover
from entitlements.connections.linking import permissions_of, rename
from entitlements.connections.moves import MoveWish, propose_move
from entitlements.connections.people import with_people
from entitlements.links import payer_at
from entitlements.web.connections.asking import identifier_field, wait_to_ask
from entitlements.web.reading import STUDIO, studio
from foundation import clock
from foundation.access import requires
from foundation.database import transaction

blueprint = Blueprint("client", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/aziende/<uuid:company_id>/collegamento")
@requires(*STUDIO)
def show(company_id: UUID) -> Answer:
    """How the studio and this client stand."""
    return _page(company_id, {})


@blueprint.post("/aziende/<uuid:company_id>/collegamento")
@requires(*STUDIO)
def change_nickname(company_id: UUID) -> Answer:
    """The studio's own name for the client."""
    _by, studio_id = studio()
    with transaction() as session:
        client_of(session, studio_id, company_id)
        rename(session, studio_id, company_id, request.form.get("nickname", ""))
    flash(_("Soprannome salvato."), "success")
    return _back(company_id)


@blueprint.post("/aziende/<uuid:company_id>/chi-paga")
@requires(*STUDIO)
def hand_over(company_id: UUID) -> Answer:
    """Propose that the other side pays from now on: the client, where the studio pays, or the studio."""
    by, studio_id = studio()
    if wait := wait_to_ask(by):
        return _page(company_id, {"": wait}), 429
    with transaction() as session:
        client_of(session, studio_id, company_id)
        payer = payer_at(session, company_id, clock.now())
        gives = payer is not None and payer.payer_party_id == studio_id
        asked = propose_handover(session, company_id, company_id if gives else studio_id, by)
    if asked:
        flash(_("Proposta inviata. Cambia qualcosa solo quando l’azienda accetta."), "success")
    else:
        flash(_("C’è già una proposta che aspetta risposta."), "info")
    return _back(company_id)


@blueprint.post("/aziende/<uuid:company_id>/passaggio")
@requires(*STUDIO)
def move(company_id: UUID) -> Answer:
    """Propose to move the client to another studio."""
    by, studio_id = studio()
    identifier, wrong = identifier_field()
    if wrong:
        return _page(company_id, {"identifier": wrong}), 422
    if wait := wait_to_ask(by):
        return _page(company_id, {"": wait}), 429
    with transaction() as session:
        client_of(session, studio_id, company_id)
        peopled = bool(with_people(session, [company_id]))
        wish = MoveWish(company_id, studio_id, identifier, bool(request.form.get("with_payer")), peopled)
        asked = propose_move(session, wish, by)
    if asked:
        flash(_("Proposta inviata. Il passaggio avviene quando tutti hanno accettato."), "success")
    else:
        flash(_("C’è già un passaggio in attesa, oppure hai indicato il tuo studio."), "info")
    return _back(company_id)


def _page(company_id: UUID, errors: dict[str, str]) -> str:
    _by, studio_id = studio()
    with transaction() as session:
        client = client_of(session, studio_id, company_id)
        facts = {
            "payer": payer_at(session, company_id, clock.now()),
            "handover": open_handover(session, company_id),
            "payers": payer_history(session, company_id),
            "peopled": bool(with_people(session, [company_id])),
            "permissions": permissions_of(client.link) if client.link else {},
        }
    return render_template(
        "entitlements/connections/client.html",
        client=client,
        studio_id=studio_id,
        errors=errors,
        form=request.form,
        **facts,
    )


def _back(company_id: UUID) -> Response:
    return redirect(url_for("client.show", company_id=company_id), 303)
