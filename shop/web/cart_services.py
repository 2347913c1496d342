"""How a cart is bought: the extension switch, the years of a renewal, renewing in one press, the agreement's code."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements import CompanyNotFound
from foundation import clock
from foundation.access import public, requires
from foundation.database import transaction
from pricing import InvalidQuantity
from shop.addons.asking import companies_reached, services_of
from shop.cart_services import choose, name_agreement, renew_in_cart
from shop.catalogue import Refusal, current_price_book
from shop.catalogue.agreements import MOST_OF_A_CODE, agreement_for, typed_code
from shop.web.cart import cart_page, not_this_way
from shop.web.quantities import quantity_of
from shop.web.refusal_words import sentence
from shop.web.roles import SHOPPERS
from shop.web.shopping import Shopper, cart_to_change, shopper, shopping

cart_services = Blueprint("cart_services", __name__)
cart_services.register_error_handler(InvalidQuantity, not_this_way)


@cart_services.post("/carrello/aziende/<uuid:company_id>/estensione")
@requires(*SHOPPERS)
def extend(company_id: UUID) -> Response:
    """Extend the active services of a company, or leave them as they are (F004-11, F004-12)."""
    with transaction() as database:
        who = _reached(database, company_id)
        chosen = request.form.get("estensione", "") == "1"
        choose(database, cart_to_change(database, who), company_id, extend=chosen)
    return redirect(url_for("cart.show", _anchor=f"estensione-{company_id}"), 303)


@cart_services.post("/carrello/aziende/<uuid:company_id>/anni")
@requires(*SHOPPERS)
def years(company_id: UUID) -> Response:
    """For how many years the services of a company are renewed (F004-22)."""
    with transaction() as database:
        who = _reached(database, company_id)
        choose(database, cart_to_change(database, who), company_id, years=quantity_of(request.form))
    return redirect(url_for("cart.show"), 303)


@cart_services.post("/carrello/aziende/<uuid:company_id>/rinnovi")
@requires(*SHOPPERS)
def renew(company_id: UUID) -> Response:
    """Put the renewal of everything that runs for a company into the cart, or of the licences named."""
    named = set(request.form.getlist("licence"))
    with transaction() as database:
        who = _reached(database, company_id)
        company = services_of(database, who.party_id, [company_id], {})[company_id]
        wanted = [one for one in company.renewable if not named or str(one.licence_id) in named]
        book = current_price_book(database, clock.today())
        added = renew_in_cart(database, cart_to_change(database, who), book, company_id, wanted)
    if added:
        flash(ngettext("Nel carrello: %(num)s rinnovo.", "Nel carrello: %(num)s rinnovi.", added), "success")
    else:
        flash(_("Qui non c’è altro da rinnovare: controlla il carrello."), "info")
    return redirect(url_for("cart.show"), 303)


@cart_services.post("/carrello/convenzione")
@public
def agree() -> Response | tuple[str, int]:
    """Name the code of an agreement, or take it off with an empty one; a code that does not count is not kept."""
    code = typed_code(request.form.get("codice", ""))
    with transaction() as database:
        who = shopper()
        found = shopping(database, who)
        kinds = {row.product.kind for row in found.view.rows if row.product}
        answer = agreement_for(found.book.agreements, code, found.book.on, kinds)
        if not isinstance(answer, Refusal):
            name_agreement(database, cart_to_change(database, who), code)
    if isinstance(answer, Refusal):
        return cart_page(sentence(answer), request.form.get("codice", "")[:MOST_OF_A_CODE]), 422
    flash(_("Convenzione %(code)s applicata.", code=code) if code else _("Codice convenzione tolto."), "success")
    return redirect(url_for("cart.show"), 303)


def _reached(database: Session, company_id: UUID) -> Shopper:
    """Who shops, when the company is theirs to buy for. Raises CompanyNotFound."""
    who = shopper()
    if company_id not in companies_reached(database, who.party_id, [company_id]):
        raise CompanyNotFound(company_id)
    return who
