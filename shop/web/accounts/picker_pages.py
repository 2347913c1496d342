"""/account/aziende: the companies somebody may work on, own and clients', and which one is active (F002-07)."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from entitlements import COMPANY, ClientQuery, CompanyNotFound, client_of, clients_of, pickable_companies, place_in_list
from foundation.access import requires
from foundation.database import transaction
from foundation.principal import Principal, current_principal
from shop.accounts.signing_in import choices_of
from shop.web.accounts.active_company import active_company, work_on, work_on_none
from shop.web.accounts.blueprint import Answer, accounts
from shop.web.accounts.identification import signed_in
from shop.web.accounts.safe_ways import safe_path

PATH = "/account/aziende"
PICKERS = ("owner", "staff", "company_owner", "member")
_PAGE = 50


@accounts.get(PATH)
@requires(*PICKERS)
def picker() -> Answer:
    """One's own companies and, for people of a studio, its clients, found by name, nickname or number."""
    by, person = _who(), signed_in()
    assert person is not None  # noqa: S101 - these roles are a person's
    search, after = request.args.get("q", "")[:100].replace("\x00", "").strip(), _id(request.args.get("after", ""))
    rows, outside = [], []
    with transaction() as session:
        own = [choice for choice in choices_of(session, person.user_id) if choice.party_kind == COMPANY]
        if by.party_id is not None and by.role != "member":
            outside = pickable_companies(session, by.party_id, search)
        if by.is_studio and by.party_id is not None:
            place = place_in_list(session, after) if after else None
            rows = clients_of(session, by.party_id, ClientQuery(search), place, _PAGE + 1)
    kept: dict[str, Any] = {"q": search} if search else {}
    return render_template(
        "accounts/picker.html",
        person=person,
        own=own,
        rows=rows[:_PAGE],
        outside=outside,
        search=search,
        of_studio=by.is_studio,
        active=active_company(),
        next_url=url_for("accounts.picker", **kept, after=rows[_PAGE - 1].party.id) if len(rows) > _PAGE else "",
        previous_url=url_for("accounts.picker", **kept) if after else "",
    )


@accounts.post(PATH)
@requires(*PICKERS)
def pick() -> Answer:
    """Work on a client, or on none; somebody else's is not there."""
    by, chosen = _who(), _id(request.form.get("company", ""))
    if chosen is None:
        work_on_none()
        flash(_("Non lavori più su una singola azienda."), "info")
        return redirect(safe_path(request.form.get("next"), PATH))
    with transaction() as session:
        found = pickable_companies(session, by.party_id, only=chosen) if by.party_id and by.role != "member" else []
        if found:
            work_on(found[0].id, found[0].name)
            flash(_("Ora lavori su %(name)s.", name=found[0].name), "success")
            return redirect(PATH)
        if by.party_id is None or not by.is_studio:
            raise CompanyNotFound(chosen)
        client = client_of(session, by.party_id, chosen)
    work_on(client.party.id, client.party.name)
    flash(_("Ora lavori su %(name)s.", name=client.party.name), "success")
    return redirect(url_for("client.show", company_id=client.party.id))


def _who() -> Principal:
    by = current_principal()
    assert by is not None  # noqa: S101 - the route asks for a role
    return by


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
