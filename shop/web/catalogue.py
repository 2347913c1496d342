"""The catalogue page: what is on sale, for whom, at which price, and what each product gives."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, render_template, request
from flask_babel import gettext as _
from flask_babel import pgettext

from entitlements import party_names
from foundation import clock, formats
from foundation.access import public
from foundation.database import looking
from foundation.principal import current_principal
from shop.buyers import buyer_of, facts_for_company
from shop.catalogue import SERVICES, Offer, OfferGroup, PriceBookView, current_price_book, offers_for
from shop.web import given_words, refusal_words
from shop.web.roles import SHOPPERS
from shop.web.shopping import looker

catalogue = Blueprint("catalogue", __name__)

_SMALL_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the stepper was set to before the page was asked again."""

    sku: str
    quantity: int


@catalogue.get("/catalogo")
@public
def show() -> str:
    """What is on sale, ineligible products with every reason (D18); 0 dead ends."""
    company_id = _company()
    with looking() as session:
        buyer = buyer_of(session, looker())
        book = current_price_book(session, clock.today())
        facts = facts_for_company(session, buyer, company_id)
        company = party_names(session, {company_id})[company_id] if company_id else ""
    principal = current_principal()
    return render_template(
        "shop/catalogue.html",
        groups=_for_a_company(offers_for(book, facts)) if company_id else offers_for(book, facts),
        buyer=buyer.party,
        company_id=company_id,
        company=company,
        may_shop=principal is None or principal.is_one_of(SHOPPERS),
        chosen=_chosen(),
        titles=_titles(),
        gives=given_words.sentences,
        common_end=common_end,
        ends_on=given_words.ends_on,
        reason=refusal_words.sentence,
        way_on=refusal_words.way_on,
        ways=lambda refusal, sku: refusal_words.buttons(refusal, company_id, _names(book), together_with=sku),
    )


def _names(book: PriceBookView) -> Callable[[str], str]:
    language = formats.readers_language()
    return lambda sku: book.by_sku[sku].name(language) if sku in book.by_sku else sku


def _company() -> UUID | None:
    """The company that services are looked at for; a nonsense id is nobody's."""
    try:
        return UUID(request.args["azienda"]) if request.args.get("azienda") else None
    except ValueError:
        abort(404)


def _for_a_company(groups: tuple[OfferGroup, ...]) -> tuple[OfferGroup, ...]:
    """Only what one company may have: its services, first those it lacks a base for."""
    return tuple(group for group in groups if group.kind in SERVICES)


def _chosen() -> Chosen:
    typed = request.args.get("quantity", "")
    quantity = int(typed) if _SMALL_NUMBER.fullmatch(typed) else 1
    return Chosen(request.args.get("sku", ""), max(1, quantity))


def _titles() -> dict[str, str]:
    """Headings of the groups; a kind without one is shown under its products' own names."""
    return {
        "coupon_pack": pgettext("più di uno", "Coupon"),
        "company_licence": _("Licenze che compra il cliente"),
        "invoice_pack": _("Pacchetti fatture elettroniche"),
        "credit": _("Credito prepagato"),
        "base_service": _("Servizi di base"),
        "addon": _("Moduli"),
        "seats": _("Utenti"),
        "storage": _("Spazio"),
    }


def common_end(group: OfferGroup) -> Offer | None:
    """One offer that speaks for its group, when everything in the group ends on the same day."""
    ends = {given_words.ends_on(offer.gives) for offer in group.offers}
    return group.offers[0] if len(ends) == 1 and None not in ends else None
