"""The checkout: one page, one button that obliges to pay, and one order however often it is pressed."""

from dataclasses import dataclass, replace
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements import keep_details
from foundation import formats
from foundation.access import requires
from foundation.database import transaction
from foundation.principal import Principal, current_principal
from foundation.settings import current_settings
from shop.orders.letters import whole_hours
from shop.orders.order_book import CARD, Order
from shop.orders.placing import (
    CartChanged,
    CartIsEmpty,
    CartNotFound,
    NotOrderable,
    Placement,
    TotalChanged,
    order_of_cart,
    place_order,
)
from shop.transfers import lock_store_credit, settle_free_order, spend_store_credit, store_credit_of
from shop.web import checkout_form
from shop.web.accounts.identification import signed_in
from shop.web.checkout_form import CheckedForm, CheckoutForm
from shop.web.paying import go_to_the_payment_page
from shop.web.roles import SHOPPERS
from shop.web.shopping import Shopping, shopper, shopping
from shop.web.summary_rows import rows_of

checkout = Blueprint("checkout", __name__)


@dataclass(frozen=True, slots=True)
class Refused:
    """No order yet: the form with its mistakes, the cart as it is now, and what changed meanwhile."""

    checked: CheckedForm
    found: Shopping
    changed: str = ""
    credit_cents: int = 0


@checkout.get("/cassa")
@requires(*SHOPPERS)
def show() -> Response | str:
    """The page before the obligation; a cart that became an order leads to that order."""
    with transaction() as session:
        placed = _placed(session, request.args.get("carrello", ""))
        found = shopping(session, shopper())
        credit = _credit(session)
    if placed is not None:
        return redirect(url_for("orders.show", number=placed.number))
    if not found.view.orderable or found.buyer.party is None:
        return redirect(url_for("cart.show"))
    person = signed_in()
    checked = checkout_form.prefilled(found.buyer.party, person.email if person else "")
    return _page(Refused(checked, found, credit_cents=credit))


@checkout.post("/cassa")
@requires(*SHOPPERS)
def place() -> Response | tuple[str, int]:
    """Place the order once, then lead to the payment page or to the transfer's instructions."""
    form = checkout_form.read(request.form)
    try:
        with transaction() as session:
            outcome = _confirm(session, form)
            if isinstance(outcome, Refused):
                outcome = replace(outcome, credit_cents=_credit(session))
    except (CartIsEmpty, CartNotFound):
        return redirect(url_for("cart.show"), 303)
    if isinstance(outcome, Refused):
        if not outcome.found.view.orderable:
            flash(_("Prima di pagare sistema le righe indicate."), "warning")
            return redirect(url_for("cart.show"), 303)
        return _page(outcome), 422
    if outcome.payment_method == CARD and outcome.state == "AWAITING_PAYMENT":
        return go_to_the_payment_page(outcome)
    return redirect(url_for("orders.show", number=outcome.number), 303)


def _confirm(session: Session, form: CheckoutForm) -> Order | Refused:
    """The order, placed now or before; or what must be put right first."""
    who, by = shopper(), current_principal()
    if form.cart_id is None or who.party_id is None or by is None:
        raise CartNotFound
    placed = order_of_cart(session, form.cart_id, who.party_id)
    if placed is not None:
        return placed
    found, checked = shopping(session, who), checkout_form.check(form)
    if checked.errors or checked.billing is None or not _may_order():
        return Refused(checked, found)
    if form.seen_gross_cents is None or form.seen_version is None:
        return Refused(checked, found, _("Prima di confermare guarda il totale."))
    placement = Placement(
        cart_id=form.cart_id,
        buyer_party_id=who.party_id,
        payment_method=form.method,
        billing=checked.billing,
        accepted_clauses=form.clauses,
        seen_gross_cents=form.seen_gross_cents,
        locale=formats.readers_language(),
        seen_version=form.seen_version,
        pay_at_once=spend_store_credit if form.use_credit else settle_free_order,
        credit=lock_store_credit if form.use_credit else None,
    )
    return _place(session, placement, Refused(checked, found), by)


def _place(session: Session, placement: Placement, otherwise: Refused, by: Principal) -> Order | Refused:
    try:
        order = place_order(session, placement, otherwise.found.buyer.facts, by)
    except TotalChanged as problem:
        language = formats.readers_language()
        before, now = formats.money(problem.seen_cents, language), formats.money(problem.now_cents, language)
        return replace(otherwise, changed=_("Il totale è cambiato: prima %(a)s, ora %(b)s.", a=before, b=now))
    except CartChanged:
        return replace(otherwise, changed=_("Il carrello è cambiato in un’altra finestra."))
    except NotOrderable:
        return otherwise
    if otherwise.checked.form.keep and by.role == "owner":
        keep_details(session, placement.buyer_party_id, placement.billing.buyer, by)
    return order


def _placed(session: Session, cart_id: str) -> Order | None:
    who = shopper()
    try:
        return order_of_cart(session, UUID(cart_id), who.party_id) if cart_id and who.party_id else None
    except ValueError:
        return None


def _credit(session: Session) -> int:
    """The store credit of whoever buys, in cents."""
    who = shopper()
    return store_credit_of(session, who.party_id) if who.party_id else 0


def _may_order() -> bool:
    """Only somebody whose e-mail is confirmed takes an obligation: the order and its coupons are announced there."""
    person = signed_in()
    return person is not None and person.email_confirmed


def _page(outcome: Refused) -> str:
    by, settings, person = current_principal(), current_settings(), signed_in()
    return render_template(
        "shop/checkout.html",
        checked=outcome.checked,
        form=outcome.checked.form,
        errors=dict(outcome.checked.errors),
        found=outcome.found,
        view=outcome.found.view,
        rows=rows_of(outcome.found.view.priced) if outcome.found.view.priced else [],
        changed=outcome.changed,
        credit_cents=outcome.credit_cents,
        may_order=_may_order(),
        email=person.email if person else "",
        may_keep=by is not None and by.role == "owner",
        hours=(whole_hours(settings.bank_transfer_release_after), whole_hours(settings.bank_transfer_sla)),
    )
