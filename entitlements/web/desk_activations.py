"""/desk/attivazioni: the support desk looks at activations, has them tried again, or ends them for good (M9)."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from entitlements.jobs import provisioner
from entitlements.provisioning.answers import settle_contradiction
from entitlements.provisioning.changes import CHANGE, is_unheard
from entitlements.provisioning.desk import CONTRADICTED, desk_counts, desk_row, desk_rows
from entitlements.provisioning.give_up import (
    NothingToTell,
    RequestClosed,
    VendorSaysReady,
    VendorUndecided,
    give_up,
    retry_now,
    tell_again,
)
from entitlements.provisioning.provisioning_states import PROVISIONING_STATES, is_open
from entitlements.provisioning.requests import calls_of
from entitlements.web.reading import DESK, PAGE, choice_arg, id_arg, person, text_arg
from entitlements.web.told import why_undecided
from foundation.access import requires
from foundation.database import transaction

blueprint = Blueprint("desk_activations", __name__)

STATES = (CONTRADICTED, *PROVISIONING_STATES)


@blueprint.get("/desk/attivazioni")
@requires(*DESK)
def list_activations() -> str:
    """Requests by state, found by support code or company id."""
    asked = {"state": choice_arg("state", STATES), "q": text_arg("q", 40)}
    with transaction() as session:
        counts = desk_counts(session)
        rows = desk_rows(session, state=asked["state"], search=asked["q"], after=id_arg("after"), limit=PAGE + 1)
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
    last = rows[PAGE - 1].company.id if len(rows) > PAGE else None
    return render_template(
        "entitlements/desk/activations.html",
        asked=asked,
        counts=counts,
        states=STATES,
        rows=rows[:PAGE],
        next_url=url_for("desk_activations.list_activations", **kept, after=last) if last else "",
        previous_url=url_for("desk_activations.list_activations", **kept) if id_arg("after") else "",
    )


@blueprint.get("/desk/attivazioni/<uuid:company_id>")
@requires(*DESK)
def show_activation(company_id: UUID) -> str:
    """One request with everything that was said about it."""
    with transaction() as session:
        row = desk_row(session, company_id)
        calls = calls_of(session, company_id)
        can_tell = row.company.state == "READY" and is_unheard(session, company_id)
    acts = {"can_act": is_open(row.request.state), "can_tell": can_tell}
    about_change = (row.request.contradiction or "").startswith(f"{CHANGE} ")
    return render_template("entitlements/desk/activation.html", row=row, calls=calls, about_change=about_change, **acts)


@blueprint.post("/desk/attivazioni/<uuid:company_id>/riprova")
@requires(*DESK)
def retry(company_id: UUID) -> Response:
    """Have the vendor asked again at once."""
    try:
        with transaction() as session:
            retry_now(session, company_id)
        flash(_("Il tentativo parte subito: l’esito compare qui sotto."), "success")
    except RequestClosed:
        flash(_("La richiesta è già chiusa: non c’è nulla da riprovare."), "info")
    return _back(company_id)


@blueprint.post("/desk/attivazioni/<uuid:company_id>/comunica")
@requires(*DESK)
def tell(company_id: UUID) -> Response:
    """Have the vendor told once more what a company may do."""
    try:
        with transaction() as session:
            tell_again(session, company_id)
        flash(_("La modifica viene comunicata subito: l’esito compare qui sotto."), "success")
    except NothingToTell:
        flash(_("Il programma l’ha già ascoltata: non c’è nulla da comunicare."), "info")
    return _back(company_id)


@blueprint.post("/desk/attivazioni/<uuid:company_id>/risolta")
@requires(*DESK)
def settle(company_id: UUID) -> Response:
    """A person has looked at a contradiction."""
    with transaction() as session:
        settle_contradiction(session, company_id, str(person().user_id))
    flash(_("Contraddizione segnata come risolta."), "success")
    return _back(company_id)


@blueprint.get("/desk/attivazioni/<uuid:company_id>/rinuncia")
@requires(*DESK)
def ask_give_up(company_id: UUID) -> str:
    """Say what giving up does, before it is done."""
    return _confirmation(company_id, {})


@blueprint.post("/desk/attivazioni/<uuid:company_id>/rinuncia")
@requires(*DESK)
def do_give_up(company_id: UUID) -> Response | tuple[str, int]:
    """End a request for good, after asking the vendor; whatever comes of it is said in words."""
    if request.form.get("confirmation", "").strip().upper() != _give_up_word():
        sentence = _("Per rinunciare scrivi %(word)s.", word=_give_up_word())
        return _confirmation(company_id, {"confirmation": sentence}), 422
    flash(*_outcome(company_id))
    return _back(company_id)


def _outcome(company_id: UUID) -> tuple[str, str]:
    try:
        ended = give_up(company_id, provisioner(), person())
    except RequestClosed:
        return _("La richiesta era già chiusa: non è cambiato nulla."), "info"
    except VendorSaysReady:
        return _("Il programma dice che l’azienda esiste: l’abbiamo segnata come creata, senza rinunciare."), "warning"
    except VendorUndecided as undecided:
        return why_undecided(undecided), "warning"
    if ended == "REFUSED":
        return _("Il programma l’aveva già rifiutata: il coupon è tornato disponibile."), "success"
    return _("Richiesta chiusa. Il coupon è tornato disponibile e lo studio riceve una e-mail."), "success"


def _confirmation(company_id: UUID, errors: dict[str, str]) -> str:
    with transaction() as session:
        row = desk_row(session, company_id)
    word = _give_up_word()
    return render_template("entitlements/desk/give_up.html", row=row, errors=errors, word=word)


def _give_up_word() -> str:
    return str(_("RINUNCIA"))


def _back(company_id: UUID) -> Response:
    return redirect(url_for("desk_activations.show_activation", company_id=company_id), 303)
