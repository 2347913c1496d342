"""Giving back the services that a case of an order had suspended: what that does, shown before the click (D10)."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from entitlements import SuspendedLicence
from foundation import formats
from foundation.access import requires
from foundation.database import transaction
from shop.orders.order_book import order_by_number
from shop.payments.lifted_cases import lift_cases, suspended_by_order
from shop.web.finance.reading import FINANCE, person

blueprint = Blueprint("desk_lifting", __name__, url_prefix="/desk/finanza/ordini/<number>/riattiva")


@blueprint.get("")
@requires(*FINANCE)
def ask(number: str) -> str:
    """What is suspended because of the order's payment, and what giving it back does."""
    with transaction() as session:
        order = order_by_number(session, number, None)
        effects = [_named(one) for one in suspended_by_order(session, order.id)]
    return render_template("finance/lift.html", order=order, effects=effects)


@blueprint.post("")
@requires(*FINANCE)
def do(number: str) -> Response:
    """Give it back; a second click changes nothing."""
    with transaction() as session:
        done = lift_cases(session, order_by_number(session, number, None, lock=True), person())
    flash(_("Servizi riattivati.") if done else _("Erano già attivi: non è cambiato nulla."), "success")
    return redirect(url_for("orders.show", number=number), 303)


def _named(one: SuspendedLicence) -> str:
    name = one.names.get(formats.readers_language()) or one.names["it"]
    what = f"{name} × {formats.number(one.quantity, formats.readers_language())}" if one.quantity > 1 else name
    return str(_("Torna attivo: %(what)s di %(company)s.", what=what, company=one.company_name))
