"""Unlinking, from either side: what it does and does not move is said first, and the word is typed (D14, D22)."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from entitlements.connections.clients import client_of, studios_of
from entitlements.connections.linking import LinkNotFound, block, unlink
from entitlements.links import payer_at
from entitlements.web.connections.asking import party_of
from entitlements.web.reading import COMPANY_OWNER, STUDIO, person, studio
from foundation import clock
from foundation.access import requires
from foundation.database import transaction

blueprint = Blueprint("unlinking", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/aziende/<uuid:company_id>/scollega")
@requires(*STUDIO)
def ask_client(company_id: UUID) -> Answer:
    """What happens when the studio leaves its client."""
    return _client_page(company_id, {})


@blueprint.post("/aziende/<uuid:company_id>/scollega")
@requires(*STUDIO)
def unlink_client(company_id: UUID) -> Answer:
    """Leave a client, and block it where that is asked for."""
    by, studio_id = studio()
    if not _confirmed():
        return _client_page(company_id, _type_it()), 422
    with transaction() as session:
        client_of(session, studio_id, company_id)
        unlink(session, studio_id, company_id, by)
        if request.form.get("block"):
            block(session, studio_id, company_id, by)
    flash(_("Cliente scollegato. Licenza, pacchetti e credito restano all’azienda."), "success")
    return redirect(url_for("companies.list_companies"), 303)


@blueprint.get("/commercialista/<uuid:studio_id>/scollega")
@requires(*COMPANY_OWNER)
def ask_studio(studio_id: UUID) -> Answer:
    """What happens when the company leaves its studio."""
    return _studio_page(studio_id, {})


@blueprint.post("/commercialista/<uuid:studio_id>/scollega")
@requires(*COMPANY_OWNER)
def unlink_studio(studio_id: UUID) -> Answer:
    """Leave a studio."""
    by = person()
    if not _confirmed():
        return _studio_page(studio_id, _type_it()), 422
    with transaction() as session:
        unlink(session, studio_id, party_of(by), by)
    flash(_("Commercialista scollegato. Licenza, pacchetti e credito restano alla tua azienda."), "success")
    return redirect(url_for("connections.company_studios"), 303)


def _word() -> str:
    return str(_("SCOLLEGA"))


def _confirmed() -> bool:
    return request.form.get("confirmation", "").strip().upper() == _word()


def _type_it() -> dict[str, str]:
    return {"confirmation": str(_("Per scollegare scrivi %(word)s.", word=_word()))}


def _client_page(company_id: UUID, errors: dict[str, str]) -> str:
    _by, studio_id = studio()
    with transaction() as session:
        client = client_of(session, studio_id, company_id)
        payer = payer_at(session, company_id, clock.now())
    if client.link is None:
        raise LinkNotFound
    pays = payer is not None and payer.payer_party_id == studio_id
    page = {"name": client.party.name, "company_id": company_id, "i_pay": pays, "block": request.form.get("block")}
    return render_template("entitlements/connections/unlink_client.html", errors=errors, word=_word(), **page)


def _studio_page(studio_id: UUID, errors: dict[str, str]) -> str:
    own = party_of(person())
    with transaction() as session:
        linked = next((one for one in studios_of(session, own) if one.studio.id == studio_id), None)
        payer = payer_at(session, own, clock.now())
    if linked is None:
        raise LinkNotFound
    pays = payer is not None and payer.payer_party_id == studio_id
    page = {"name": linked.studio.name, "studio_id": studio_id, "it_pays": pays}
    return render_template("entitlements/connections/unlink_studio.html", errors=errors, word=_word(), **page)
