"""The Italian words of invitations: states, stages of the funnel, and the client's way from order to company."""

from flask import Flask
from flask_babel import gettext as _

from entitlements import CompanyPurchase, invitations
from foundation.database import JsonObject
from shop.orders.order_book import BANK_TRANSFER, Order

KINDS = {
    "SENT": "sent",
    "OPENED": "opened",
    "IN_PROGRESS": "form_in_progress",
    "ORDERED": "order_placed",
    "PAID": "paid",
    "CREATED": "company_provisioned",
    "EXPIRED": "warning",
    "REVOKED": "neutral",
    "DECLINED": "neutral",
    "BOUNCED": "bounced",
}
"""The shape each state is shown with."""


def install(app: Flask) -> None:
    """Give every template these words as filters."""
    app.add_template_filter(invitation_word, "invitation_word")
    app.add_template_filter(invitation_kind, "invitation_kind")


def invitation_word(state: str) -> str:
    """An invitation's state."""
    known: dict[str, str] = {
        "SENT": _("Inviato"),
        "OPENED": _("Aperto"),
        "IN_PROGRESS": _("In compilazione"),
        "ORDERED": _("Ordinato"),
        "PAID": _("Pagato"),
        "CREATED": _("Azienda creata"),
        "EXPIRED": _("Scaduto"),
        "REVOKED": _("Revocato"),
        "DECLINED": _("Rifiutato"),
        "BOUNCED": _("E-mail respinta"),
    }
    return known.get(state, state)


def invitation_kind(state: str) -> str:
    """The shape of an invitation's state."""
    return KINDS.get(state, "neutral")


def stage_words() -> dict[str, str]:
    """The stages of the funnel."""
    return {
        "sent": _("Inviati"),
        "opened": _("Aperti"),
        "in_progress": _("Compilati"),
        "ordered": _("Ordinati"),
        "created": _("Aziende create"),
    }


def event_words() -> dict[str, str]:
    """What happened to an invitation, as its history tells it."""
    return {
        "invitation.sent": _("Inviato"),
        "invitation.opened": _("Aperto dal cliente"),
        "invitation.in_progress": _("Dati in compilazione"),
        "invitation.ordered": _("Ordinato"),
        "invitation.paid": _("Pagato"),
        "invitation.accepted": _("Azienda creata e collegata"),
        "invitation.expired": _("Scaduto"),
        "invitation.revoked": _("Revocato"),
        "invitation.declined": _("Rifiutato dal cliente"),
        "invitation.reported": _("Il cliente ha scritto"),
        "invitation.asked_again": _("Il cliente chiede un nuovo invito"),
        "invitation.bounced": _("E-mail respinta"),
        "invitation.forgotten": _("Dati del cliente cancellati"),
    }


def client_steps(
    invitation: invitations.Invitation, order: Order, purchase: CompanyPurchase | None
) -> list[JsonObject]:
    """What happened, what is awaited and what comes, as the client reads it; at most one step is now."""
    by_transfer = order.payment_method == BANK_TRANSFER
    waits = _("Bonifico in attesa") if by_transfer else _("Pagamento in attesa")
    steps: list[JsonObject] = [{"title": _("Ordinato"), "stage": "done", "at": order.placed_at}]
    if order.paid_at is None:
        steps.append({"title": waits, "stage": "now"})
        steps.append({"title": _("Azienda creata e collegata"), "stage": "next"})
        return steps
    steps.append({"title": _("Pagato"), "stage": "done", "at": order.paid_at})
    if invitation.state == "CREATED":
        at = purchase.changed_at if purchase else None
        steps.append({"title": _("Azienda creata e collegata"), "stage": "done", "at": at})
        steps.append({"title": _("Accesso inviato via e-mail"), "stage": "now"})
    elif purchase is None:
        steps.append({"title": _("Creazione dopo la finestra del bonifico"), "stage": "now"})
    elif purchase.state == "WAITING":
        steps.append({"title": _("Dati da correggere"), "stage": "now"})
    elif purchase.state == "VOIDED":
        steps.append({"title": _("Importo restituito"), "stage": "done", "at": purchase.changed_at})
    else:
        steps.append({"title": _("Creazione dell’azienda in corso"), "stage": "now"})
    return steps
