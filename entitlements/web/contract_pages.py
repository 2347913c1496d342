"""/contratto-fatturazione: the e-invoicing contract, read and signed once, and the way back (F003-19)."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from entitlements.contracts.contract_text import CLAUSES, VERSION
from entitlements.contracts.signatures import ContractTextChanged, may_sign, sign_contract, signature_of
from entitlements.parties import Party
from entitlements.web.connections.asking import party_of
from entitlements.web.reading import BOTH_SIDES, STUDIO, person, text_arg
from foundation import formats
from foundation.access import requires
from foundation.database import transaction

blueprint = Blueprint("contracts", __name__)

Answer = str | Response | tuple[str, int]
CATALOGUE, CART = "/catalogo", "/carrello"


@blueprint.get("/contratto-fatturazione")
@requires(*BOTH_SIDES)
def show() -> Answer:
    """One's own contract."""
    return _page(party_of(person()), {})


@blueprint.post("/contratto-fatturazione")
@requires(*BOTH_SIDES)
def sign() -> Answer:
    """Sign one's own contract."""
    return _sign(party_of(person()))


@blueprint.get("/aziende/<uuid:company_id>/contratto-fatturazione")
@requires(*STUDIO)
def show_client(company_id: UUID) -> Answer:
    """The contract of a client."""
    return _page(company_id, {})


@blueprint.post("/aziende/<uuid:company_id>/contratto-fatturazione")
@requires(*STUDIO)
def sign_client(company_id: UUID) -> Answer:
    """Sign for a client that lets its studio write in the settings."""
    return _sign(company_id)


def _sign(party_id: UUID) -> Answer:
    if not request.form.get("read"):
        return _page(party_id, {"read": str(_("Per firmare conferma di aver letto il contratto."))}), 422
    try:
        with transaction() as session:
            language = formats.readers_language()
            fresh = sign_contract(session, party_id, request.form.get("version", ""), language, person())
    except ContractTextChanged:
        changed = _("Il testo del contratto è cambiato: rileggilo, poi firma.")
        return _page(party_id, {"read": str(changed)}), 409
    if fresh:
        flash(_("Contratto firmato. Ora puoi acquistare tutti i pacchetti."), "success")
    else:
        flash(_("Il contratto era già firmato: non è cambiato nulla."), "info")
    return redirect(_back()[0], 303)


def _page(party_id: UUID, errors: dict[str, str]) -> str:
    by = person()
    with transaction() as session:
        allowed = may_sign(session, party_id, by)
        party, signed = session.get_one(Party, party_id), signature_of(session, party_id)
    return render_template(
        "entitlements/contracts/contract.html",
        party=party,
        own=party_id == by.party_id,
        signed=signed,
        allowed=allowed,
        clauses=[_(clause) for clause in CLAUSES],
        version=VERSION,
        back_to=_back(),
        errors=errors,
    )


def _back() -> tuple[str, str]:
    """Where somebody came from: the cart, or the product in the catalogue."""
    if request.args.get("da") == CART.removeprefix("/"):
        return CART, str(_("Torna al carrello"))
    sku = text_arg("sku", 40)
    if not sku:
        return url_for("packs.index"), str(_("Vai ai pacchetti"))
    return f"{url_for('catalogue.show', sku=sku)}#offer-{sku.lower()}", str(_("Torna al prodotto"))
