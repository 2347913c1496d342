"""Requests to link, for both sides: /aziende/collegamenti for a studio, /commercialista for a company (D22)."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements.connections.clients import blocked_by, studios_of
from entitlements.connections.handovers import accept_handover, handovers_for, refuse_handover
from entitlements.connections.link_requests import (
    answer_request,
    ask_to_link,
    requests_by,
    requests_of,
    withdraw_request,
)
from entitlements.connections.linking import lift, permissions_of
from entitlements.connections.moves import agree_to_move, moves_for, refuse_move
from entitlements.links import payers_now
from entitlements.web.connections.asking import identifier_field, party_of, wait_to_ask
from entitlements.web.reading import BOTH_SIDES, COMPANY_OWNER, STUDIO, person
from foundation.access import requires
from foundation.database import transaction
from foundation.principal import Principal

blueprint = Blueprint("connections", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/aziende/collegamenti")
@requires(*STUDIO)
def studio_requests() -> Answer:
    """What waits between a studio and its clients, and whom it has blocked."""
    return _page({})


@blueprint.post("/aziende/collegamenti")
@requires(*STUDIO)
def studio_asks() -> Answer:
    """Ask a company by its number; the answer is the same whether it is registered or not."""
    return _ask()


@blueprint.get("/commercialista")
@requires(*COMPANY_OWNER)
def company_studios() -> Answer:
    """Who works on the company, who pays, and what waits for an answer."""
    return _page({})


@blueprint.post("/commercialista")
@requires(*COMPANY_OWNER)
def company_asks() -> Answer:
    """Ask a studio by its number; the answer is the same whether it is registered or not."""
    return _ask()


@blueprint.post("/collegamenti/richieste/<uuid:request_id>")
@requires(*BOTH_SIDES)
def answer(request_id: UUID) -> Response:
    """Accept, decline or withdraw a request to link."""
    said = request.form.get("answer", "")
    with transaction() as session:
        if said == "withdraw":
            withdraw_request(session, request_id, person())
        else:
            answer_request(session, request_id, said == "accept", person())
    flash(_said(said, _("Collegamento attivo.")), "success")
    return _back()


@blueprint.post("/collegamenti/pagamenti/<uuid:handover_id>")
@requires(*BOTH_SIDES)
def answer_handover(handover_id: UUID) -> Response:
    """Accept or refuse a proposal about who pays."""
    said = request.form.get("answer", "")
    with transaction() as session:
        if said == "accept":
            accept_handover(session, handover_id, person())
        else:
            refuse_handover(session, handover_id, person())
    flash(_said(said, _("Fatto: da adesso paga chi avete concordato.")), "success")
    return _back()


@blueprint.post("/collegamenti/passaggi/<uuid:move_id>")
@requires(*BOTH_SIDES)
def answer_move(move_id: UUID) -> Response:
    """Agree to a move to another studio, or refuse it."""
    said = request.form.get("answer", "")
    moved = False
    with transaction() as session:
        if said == "accept":
            moved = agree_to_move(session, move_id, person())
        else:
            refuse_move(session, move_id, person())
    done = _("Passaggio completato.") if moved else _("Il tuo consenso è registrato. Mancano gli altri.")
    flash(_said(said, done), "success")
    return _back()


@blueprint.post("/aziende/blocchi/<uuid:company_id>")
@requires(*STUDIO)
def lift_block(company_id: UUID) -> Response:
    """Let a blocked company pick the studio again."""
    by = person()
    with transaction() as session:
        lift(session, party_of(by), company_id, by)
    flash(_("Blocco tolto: l’azienda può sceglierti di nuovo."), "success")
    return _back()


def _said(answer_: str, accepted: str) -> str:
    if answer_ == "accept":
        return accepted
    return str(_("Richiesta ritirata.") if answer_ == "withdraw" else _("Hai rifiutato: non è cambiato nulla."))


def _ask() -> Answer:
    by = person()
    identifier, wrong = identifier_field()
    if wrong:
        return _page({"identifier": wrong}), 422
    wait = wait_to_ask(by)
    if wait:
        return _page({"": wait}), 429
    with transaction() as session:
        ask_to_link(session, identifier, by)
    flash(_("Richiesta inviata. Se è in Gettone riceve una e-mail e la trova qui; vale 30 giorni."), "success")
    return _back()


def _back() -> Response:
    page = "connections.studio_requests" if person().is_studio else "connections.company_studios"
    return redirect(url_for(page), 303)


def _page(errors: dict[str, str]) -> str:
    by = person()
    with transaction() as session:
        facts = _waiting(session, by)
        facts |= _of_studio(session, by) if by.is_studio else _of_company(session, by)
    page = "entitlements/connections/" + ("requests.html" if by.is_studio else "studios.html")
    return render_template(page, errors=errors, identifier=request.form.get("identifier", ""), **facts)


def _waiting(session: Session, by: Principal) -> dict[str, object]:
    own = party_of(by)
    return {
        "me": own,
        "received": requests_of(session, own),
        "sent": requests_by(session, own),
        "handovers": handovers_for(session, own),
        "moves": moves_for(session, own),
    }


def _of_studio(session: Session, by: Principal) -> dict[str, object]:
    return {"blocked": blocked_by(session, party_of(by))}


def _of_company(session: Session, by: Principal) -> dict[str, object]:
    linked = studios_of(session, party_of(by))
    permissions = {one.studio.id: permissions_of(one.link) for one in linked}
    return {
        "linked": linked,
        "permissions": permissions,
        "payer": payers_now(session, [party_of(by)]).get(party_of(by)),
    }
