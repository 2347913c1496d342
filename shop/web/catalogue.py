"""The catalogue page: what is on sale, for whom, at which price, and what each product gives."""

import re
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_babel import pgettext

from foundation import clock
from foundation.access import public
from foundation.database import looking
from foundation.principal import current_principal
from shop.buyers import buyer_of
from shop.catalogue import Offer, OfferGroup, current_price_book, offers_for
from shop.web import given_words, refusal_words
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
    with looking() as session:
        buyer = buyer_of(session, looker())
        book = current_price_book(session, clock.today())
    principal = current_principal()
    return render_template(
        "shop/catalogue.html",
        groups=offers_for(book, buyer.facts),
        buyer=buyer.party,
        may_shop=principal is None or principal.is_studio,
        chosen=_chosen(),
        titles=_titles(),
        gives=given_words.sentences,
        common_end=common_end,
        ends_on=given_words.ends_on,
        reason=refusal_words.sentence,
        way_on=refusal_words.way_on,
    )


def _chosen() -> Chosen:
    typed = request.args.get("quantity", "")
    quantity = int(typed) if _SMALL_NUMBER.fullmatch(typed) else 1
    return Chosen(request.args.get("sku", ""), max(1, quantity))


def _titles() -> dict[str, str]:
    """Headings of the groups; a kind without one is shown under its products' own names."""
    return {
        "coupon_pack": pgettext("più di uno", "Coupon"),
        "invoice_pack": _("Pacchetti fatture elettroniche"),
        "credit": _("Credito prepagato"),
        "base_service": _("Servizi di base"),
        "addon": _("Moduli"),
        "seats": _("Utenti"),
    }


def common_end(group: OfferGroup) -> Offer | None:
    """One offer that speaks for its group, when everything in the group ends on the same day."""
    ends = {given_words.ends_on(offer.gives) for offer in group.offers}
    return group.offers[0] if len(ends) == 1 and None not in ends else None
