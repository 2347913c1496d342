"""Why something cannot be bought, as a sentence with a way on: no dead ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from shop.catalogue import Refusal
from shop.catalogue.agreements import REASONS as AGREEMENT_REASONS

CATALOGUE, CART = "catalogo", "carrello"
"""The pages that show refusals."""

_ON_THIS_PAGE = frozenset(
    {
        *("TOO_MANY", "TOO_MANY_YEARS", "COMPANY_NOT_YOURS", "TOTAL_TOO_LARGE", "CHOOSE_A_COMPANY", "ONE_BASE_SERVICE"),
        *AGREEMENT_REASONS,
        *(
            "MORE_THAN_THE_LOT",
            "SEATS_IN_USE",
            "STORAGE_IN_USE",
            "NOT_THE_PAYER",
            "CANNOT_BE_RENEWED",
            "REPLACED_ALREADY",
            "ONLY_BY_INVITATION",
        ),
    }
)
_BY_RENEWING = frozenset(
    {"BASE_ALREADY_ACTIVE", "MODULE_ALREADY_ACTIVE", "RENEW_BASE_FIRST", "OUTLASTS_BASE", "REQUIRES_LONGER"}
)


@dataclass(frozen=True, slots=True)
class Button:
    """A way on that is one press: what is sent where, and what it does."""

    url: str
    label: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WayOn:
    """What to do about a refusal: an address and what following it does."""

    url: str
    label: str


def sentence(refusal: Refusal) -> str:
    """The reason in the reader's language."""
    return str(_(refusal.sentence))


def way_on(refusal: Refusal, sku: str = "", company_id: UUID | None = None, back: str = CATALOGUE) -> WayOn | None:
    """Where a buyer goes from here; None when the sentence already says what to do on this very page.

    `sku` and `company_id` say what was refused and for whom; `back` which page the way leads back to.
    """
    if refusal.code in _ON_THIS_PAGE | _BY_RENEWING:
        return None
    if refusal.code == "PAYMENT_OVERDUE":
        return WayOn(url_for("orders.index"), _("Vedi gli ordini"))
    if refusal.code == "CONTRACT_NOT_SIGNED":
        return WayOn(_contract(sku, company_id, back), _("Leggi e firma il contratto"))
    if refusal.code == "NOT_FOR_STUDIO":
        return WayOn(url_for("invitation_sending.new"), _("Invita l’azienda"))
    if refusal.code in {"REQUIRES_ANOTHER", "NOT_AVAILABLE_FOR_SERVICE", "NOT_SOLD"}:
        return WayOn(url_for("catalogue.show"), _("Torna al catalogo"))
    return WayOn("/assistenza", _("Contatta l’assistenza"))


def _contract(sku: str, company_id: UUID | None, back: str) -> str:
    """The contract of whoever the product is for, and the way back to the product (F003-19)."""
    asked: dict[str, Any] = {"sku": sku or None, "da": back if back != CATALOGUE else None}
    if company_id is None:
        return url_for("contracts.show", **asked)
    return url_for("contracts.show_client", company_id=company_id, **asked)


def buttons(
    refusal: Refusal, company_id: UUID | None, name_of: Callable[[str], str], together_with: str = ""
) -> list[Button]:
    """What one press does about a refusal: add what is missing (F004-02), or renew what ends too early.

    `together_with` is a product that is not in the cart yet and goes in with what it needs.
    """
    if company_id is None:
        return []
    if refusal.code == "REQUIRES_ANOTHER":
        return [_adding(sku, company_id, name_of, together_with) for sku in refusal.skus]
    if refusal.code not in _BY_RENEWING:
        return []
    renew = url_for("cart_services.renew", company_id=company_id)
    if refusal.code == "REQUIRES_LONGER":
        return [Button(renew, _("Rinnova %(what)s", what=name_of(sku)), {"sku": sku}) for sku in refusal.skus]
    return [Button(renew, _("Rinnova i servizi attivi"), {})]


def _adding(sku: str, company_id: UUID, name_of: Callable[[str], str], together_with: str) -> Button:
    fields = {"sku": sku, "quantity": "1", "for_party": str(company_id)}
    if not together_with:
        return Button(url_for("cart.add"), _("Aggiungi %(what)s", what=name_of(sku)), fields)
    label = _("Aggiungi insieme a %(what)s", what=name_of(sku))
    return Button(url_for("cart.add"), label, fields | {"with": together_with})
