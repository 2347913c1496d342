"""The cart: lines change by plain forms, totals come from the server, nothing needs a script."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements import COMPANY, CompanyNotFound, own_company_choices
from foundation import clock, formats
from foundation.access import public
from foundation.database import transaction
from pricing import InvalidQuantity
from shop.addons.asking import companies_reached
from shop.buyers import buyer_of
from shop.cart_views import CartRow, dependents, goes_to_a_wallet
from shop.carts import (
    MOST_LINES,
    CartLine,
    CartLineNotFound,
    CartTooLong,
    add_to_cart,
    change_line,
    find_cart,
    line_of,
    refresh_seen_prices,
    remove_line,
)
from shop.catalogue import PriceBookView, current_price_book
from shop.catalogue.offers import given_by
from shop.web import given_words, refusal_words
from shop.web.accounts.active_company import active_company
from shop.web.extension_cards import cards_of, names_of_dependents
from shop.web.formula_words import in_words
from shop.web.quantities import quantity_of, stepped
from shop.web.searching import typed
from shop.web.shopping import Shopper, Shopping, cart_to_change, shopper, shopping
from shop.web.summary_rows import rows_of

cart = Blueprint("cart", __name__)

REMOVED = "removed_line"
MOST_CHOICES = 50
MOST_TOGETHER = 5


@cart.errorhandler(InvalidQuantity)
@cart.errorhandler(CartTooLong)
def not_this_way(problem: InvalidQuantity | CartTooLong) -> Response:
    """What was typed cannot be taken: the page one came from says so, and everything else is as before."""
    if isinstance(problem, InvalidQuantity):
        flash(_("La quantità è un numero intero da 1 a %(most)s.", most=_figure(problem.maximum)), "error")
    else:
        flash(
            _("Il carrello contiene al massimo %(most)s righe: concludi l’ordine o togline.", most=MOST_LINES), "error"
        )
    page = "catalogue.show" if request.endpoint == "cart.add" else "cart.show"
    return redirect(url_for(page), 303)


@cart.get("/carrello")
@public
def show() -> str:
    """The cart with prices, hints, refusals and totals of this moment."""
    return cart_page()


def cart_page(code_error: str = "", code_typed: str = "") -> str:
    """The page; with what was typed as the code of an agreement, and why it was not taken (F004-26)."""
    who = shopper()
    search = typed("cerca", 80)
    with transaction() as database:
        found = shopping(database, who)
        choices = _choices(database, found, search)
    return render_template(
        "shop/cart.html",
        found=found,
        view=found.view,
        rows=rows_of(found.view.priced) if found.view.priced else [],
        choices=choices,
        searched=search,
        many_companies=bool(search) or len(choices) > MOST_CHOICES,
        removed=session.pop(REMOVED, None),
        cards=cards_of(found.view, found.book),
        goes_along=lambda row: names_of_dependents(found.view, row),
        formula=in_words,
        given_of=_given_by,
        reason=refusal_words.sentence,
        way_on=partial(refusal_words.way_on, back=refusal_words.CART),
        ways=lambda refusal, company_id: refusal_words.buttons(refusal, company_id, found.name_of),
        code_error=code_error,
        code_typed=code_typed,
    )


def _given_by(row: CartRow) -> list[str]:
    """What a line gives; a service line tells its own days beside it."""
    return given_words.sentences(given_by(row.product), dated=row.service is not None) if row.product else []


@cart.post("/carrello/righe")
@public
def add() -> Response:
    """Add packs; a button of the stepper only asks the catalogue again with another quantity."""
    who, sku = shopper(), request.form.get("sku", "")
    quantity = quantity_of(request.form)
    if stepped(request.form):
        anchor = request.form.get("anchor", "")[:80]
        return redirect(url_for("catalogue.show", sku=sku[:80], quantity=quantity, _anchor=anchor or None), 303)
    with transaction() as database:
        book = current_price_book(database, clock.today())
        for_party = _for_party(database, who, book, sku)
        cart = cart_to_change(database, who)
        line = add_to_cart(database, cart, book, sku, quantity, for_party)
        for other in filter(None, request.form.get("with", "").split(",")[:MOST_TOGETHER]):
            add_to_cart(database, cart, book, other, 1, for_party)
    name = book.product(sku).name(formats.readers_language())
    flash(_("Nel carrello: %(what)s, quantità %(quantity)s.", what=name, quantity=_figure(line.quantity)), "success")
    return _to_the_cart()


@cart.post("/carrello/righe/<uuid:line_id>")
@public
def change(line_id: UUID) -> Response:
    """Set how many and for whom; zero removes, and can be undone."""
    who, quantity = shopper(), quantity_of(request.form, least=0)
    with transaction() as database:
        own = _own_line(database, who, line_id)
        if quantity == 0:
            _remember(own)
        book = current_price_book(database, clock.today())
        for_party = _for_party(database, who, book, own.sku) if "for_party" in request.form else own.for_party_id
        change_line(database, cart_to_change(database, who), book, line_id, quantity=quantity, for_party_id=for_party)
    return redirect(url_for("cart.show"), 303)


@cart.post("/carrello/righe/<uuid:line_id>/rimuovi")
@public
def remove(line_id: UUID) -> Response:
    """Take a line out, and what works only together with it; the next page offers to put both back."""
    who = shopper()
    with transaction() as database:
        own = _own_line(database, who, line_id)
        view = shopping(database, who).view
        row = next(row for row in view.rows if row.line.id == own.id)
        along = dependents(view, row)
        _remember(own, [other.line.sku for other in along if other.line.renews_licence_id is None])
        cart = cart_to_change(database, who)
        for gone in (row, *along):
            remove_line(database, cart, gone.line.id)
    return redirect(url_for("cart.show"), 303)


@cart.post("/carrello/prezzi")
@public
def acknowledge() -> Response:
    """The buyer has seen the new prices."""
    who = shopper()
    with transaction() as database:
        book = current_price_book(database, clock.today())
        refresh_seen_prices(database, cart_to_change(database, who), book)
    return redirect(url_for("cart.show"), 303)


def _to_the_cart() -> Response:
    """The cart as a page of its own, also when only a part of the catalogue was asked for."""
    if "HX-Request" in request.headers:
        return Response(headers={"HX-Redirect": url_for("cart.show")})
    return redirect(url_for("cart.show"), 303)


def _figure(count: int) -> str:
    return formats.number(count, formats.readers_language())


def _own_line(database: Session, who: Shopper, line_id: UUID) -> CartLine:
    found = find_cart(database, who.party_id, who.cart_id)
    if found is None:
        raise CartLineNotFound
    return line_of(database, found, line_id)


def _remember(line: CartLine, along: Sequence[str] = ()) -> None:
    if line.renews_licence_id is not None:
        # A renewal is put back where it came from: by "Rinnova" beside the company.
        return
    session[REMOVED] = {
        "sku": line.sku,
        "quantity": line.quantity,
        "for_party": str(line.for_party_id) if line.for_party_id else "",
        "with": ",".join(along),
    }


def _active_client(database: Session, who: Shopper) -> str:
    """The client somebody works on, while the buyer may buy for it; empty without one."""
    active = active_company()
    if active is None or who.party_id is None:
        return ""
    return str(active.id) if active.id in companies_reached(database, who.party_id, [active.id]) else ""


def _for_party(database: Session, who: Shopper, book: PriceBookView, sku: str) -> UUID | None:
    """Whom it is for (D20): a company the buyer may buy for, or None for the pool. A company buys its own services.

    Where the form does not say, it is the company somebody works on (F002-07).
    """
    product = book.product(sku)
    buyer = buyer_of(database, who.party_id).party
    if buyer is not None and buyer.kind == COMPANY:
        return buyer.id if product.is_service else None
    chosen = request.form.get("for_party", _active_client(database, who))
    if not chosen or not (product.is_service or goes_to_a_wallet(product)):
        return None
    try:
        company_id = UUID(chosen)
    except ValueError:
        abort(404)
    if company_id not in companies_reached(database, who.party_id, [company_id]):
        raise CompanyNotFound(company_id)
    return company_id


def _choices(database: Session, found: Shopping, search: str) -> list[tuple[UUID, str]]:
    """The companies a line may be for, only asked for when a line has the choice."""
    buyer = found.buyer.party
    if buyer is None or buyer.kind == COMPANY or not any(row.has_a_choice for row in found.view.rows):
        return []
    return own_company_choices(database, buyer.id, search, MOST_CHOICES + 1)
