"""What the frame of every page shows: who is signed in, the way around, the cart, the seller, the help."""

from typing import Any
from uuid import UUID

from flask import Flask, current_app, has_request_context, request, session
from flask_babel import gettext as _
from flask_babel import pgettext
from sqlalchemy.exc import SQLAlchemyError

from foundation.database import alone
from foundation.principal import Principal, current_principal
from foundation.settings import current_settings
from shop.carts import count_lines
from shop.web.accounts.active_company import active_company
from shop.web.accounts.coming_in import CART_KEY
from shop.web.accounts.identification import signed_in
from shop.web.accounts.web_session import browser_session
from shop.web.roles import SHOPPERS

LINKS = {
    "home": "/",
    "cart": "/carrello",
    "account": "/account",
    "picker": "/account/aziende",
    "sign_in": "/accedi",
    "sign_out": "/esci",
    "support": "/assistenza",
    "guide": "/guida",
    "language": "/lingua",
    "terms": "/condizioni",
    "privacy": "/privacy",
    "accessibility": "/accessibilita",
}

INVITED = "/invito/"
"""Pages of somebody who was invited: without shop, cart and sign-in, which are not for them yet."""

Nav = tuple[tuple[str, str, str], ...]


def install(app: Flask) -> None:
    """Give every template its frame."""
    app.context_processor(_frame)


def cart_of_browser() -> UUID | None:
    """The anonymous cart this browser collects in; None when it has none or somebody is signed in."""
    kept = session.get(CART_KEY)
    return UUID(kept) if kept and current_principal() is None else None


def _frame() -> dict[str, Any]:
    settings = current_settings()
    if not has_request_context():
        # A mail or a document is written by a job: nobody is signed in, but it names the seller as well.
        return {
            "seller": settings.seller,
            "simulator_in_use": settings.payment_simulator_in_use,
            "support_url": f"{settings.public_url}{LINKS['support']}",
        }
    principal = current_principal()
    invited = principal is None and request.path.startswith(INVITED)
    person = signed_in() if browser_session().missing is None else None
    return {
        "principal": principal,
        "who": (person.name if principal and principal.is_desk else person.party_name) if person else "",
        # They are told so before they begin what asks for a proof.
        "unproven": person is not None and not person.email_confirmed,
        "nav": () if invited else _nav(principal),
        "active_company": active_company() if person else None,
        "cart_count": None if invited else _cart_count(principal),
        "seller": settings.seller,
        "simulator_in_use": settings.payment_simulator_in_use,
        "sandbox_mailbox": settings.mailbox_url if settings.sandbox else "",
        "support_answer_hours": settings.support_answer_hours,
        "links": LINKS | {"sign_in": ""} if invited else LINKS,
        "here": _here(),
    }


def _here() -> str:
    """Where a choice of language comes back to: this page as it was asked for, also after its form was answered."""
    way = current_app.create_url_adapter(request)
    if request.method != "GET" and not (way and way.test(method="GET")):
        return LINKS["home"]
    return request.full_path if request.query_string else request.path


def _nav(principal: Principal | None) -> Nav:
    if principal is None:
        return (("/catalogo", _("Catalogo"), "catalogue"),)
    if principal.is_studio:
        return (
            ("/catalogo", _("Catalogo"), "catalogue"),
            ("/ordini", _("Ordini"), "orders"),
            ("/coupon", pgettext("più di uno", "Coupon"), "coupons"),
            ("/aziende", _("Clienti"), "companies"),
            ("/supporto", _("Supporto"), "support"),
        )
    if principal.is_company:
        return _nav_of_company(principal)
    desks = (
        (("support", "admin"), "/desk/attivazioni", _("Attivazioni"), "activations"),
        (("support", "admin"), "/desk/contratti", _("Contratti"), "contracts"),
        (("support", "admin"), "/desk/lavori", _("Lavori"), "jobs"),
        (("finance", "admin"), "/desk/finanza", _("Finanza"), "finance"),
        (("finance", "admin"), "/desk/compiti", _("Compiti"), "tasks"),
    )
    return tuple((url, label, key) for roles, url, label, key in desks if principal.is_one_of(roles))


def _nav_of_company(principal: Principal) -> Nav:
    """The people of a company look at its services; its owner buys for it and chooses its accountant."""
    own = ("/servizi", _("Servizi"), "services")
    if principal.role != "company_owner":
        return (own,)
    return (
        own,
        ("/catalogo", _("Catalogo"), "catalogue"),
        ("/ordini", _("Ordini"), "orders"),
        ("/commercialista", _("Commercialista"), "studios"),
    )


def _cart_count(principal: Principal | None) -> int | None:
    """The one query of the frame; a page that reports a failure must not fail on it."""
    if browser_session().missing is not None or (principal is not None and not principal.is_one_of(SHOPPERS)):
        return None
    own = principal.party_id if principal else None
    cart_id = cart_of_browser()
    if own is None and cart_id is None:
        return 0
    try:
        with alone() as connection:
            return count_lines(connection, own, cart_id)
    except SQLAlchemyError:
        return None
