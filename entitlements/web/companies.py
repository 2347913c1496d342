"""/aziende: I tuoi clienti, and one of them with its state, licence, payer, packs and history (F003-13)."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for

from entitlements.companies import company_of, place_in_list
from entitlements.connections.clients import WITHOUT_LICENCE, ClientQuery, clients_of, count_clients
from entitlements.connections.linking import permissions_of
from entitlements.coupons.shelves import coupons_by_company
from entitlements.links import link_of, payers_now
from entitlements.provisioning.requests import ProvisioningRequest
from entitlements.rights import rights_of
from entitlements.running.what_runs import voices_by_company
from entitlements.web.company_history import history_of
from entitlements.web.reading import PAGE, STUDIO, choice_arg, id_arg, studio, text_arg
from foundation import clock
from foundation.access import requires
from foundation.database import transaction
from foundation.events import events_about
from foundation.settings import current_settings

blueprint = Blueprint("companies", __name__)

STATES = ("READY", "PROVISIONING", "REJECTED", WITHOUT_LICENCE)
PAYERS = ("STUDIO", "COMPANY")


@blueprint.get("/aziende")
@requires(*STUDIO)
def list_companies() -> str:
    """I tuoi clienti by name, with plan, last day, payer, permissions and state."""
    _principal, studio_id = studio()
    asked = {"state": choice_arg("state", STATES), "payer": choice_arg("payer", PAYERS), "q": text_arg("q")}
    query, after = ClientQuery(asked["q"], asked["state"], asked["payer"]), id_arg("after")
    with transaction() as session:
        counts = count_clients(session, studio_id, query)
        place = place_in_list(session, after) if after else None
        rows = clients_of(session, studio_id, query, place, PAGE + 1)
        shown = [client.party.id for client in rows[:PAGE]]
        voices = voices_by_company(session, shown, clock.today())
        payers = payers_now(session, shown)
    return render_template(
        "entitlements/companies.html",
        asked=asked,
        counts=counts,
        rows=rows[:PAGE],
        voices=voices,
        payers=payers,
        permissions=permissions_of,
        next_url=_url(asked, after=shown[-1]) if len(rows) > PAGE else "",
        previous_url=_url(asked) if after else "",
    )


@blueprint.get("/aziende/<uuid:company_id>")
@requires(*STUDIO)
def show_company(company_id: UUID) -> str:
    """One company; somebody else's is not there."""
    reader, studio_id = studio()
    with transaction() as session:
        company, party = company_of(session, company_id, studio_id)
        facts = {
            "request_state": session.get_one(ProvisioningRequest, company_id),
            "coupon": coupons_by_company(session, studio_id, [company_id]).get(company_id),
            "link": link_of(session, studio_id, company_id),
            "rights": rights_of(session, company_id).as_seen_by(reader),
            "payer": payers_now(session, [company_id]).get(company_id),
            "history": history_of(events_about(session, "company", company_id)),
        }
    return render_template(
        "entitlements/company.html",
        company=company,
        party=party,
        accounting_app_url=current_settings().accounting_app_url,
        **facts,
    )


def _url(asked: dict[str, str], **more: UUID) -> str:
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
    return url_for("companies.list_companies", **(kept | more))
