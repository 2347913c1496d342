"""How the errors of invitations are told: status, stable type, sentence."""

from datetime import timedelta

from flask import Flask
from flask_babel import gettext as _

from entitlements import PurchaseNotWaiting, invitations
from foundation.problems import Told, tell


def install(app: Flask) -> None:
    """Register the table."""
    tell(
        app,
        {
            invitations.InvitationNotFound: Told(
                404, "invitation-not-found", lambda _told: _("Questo invito non c’è, o non è del tuo studio.")
            ),
            invitations.IllegalInvitationStep: Told(409, "illegal-invitation-step", why_not),
            invitations.InvitationForgotten: Told(409, "invitation-forgotten", lambda _told: forgotten()),
            invitations.AddressIsReached: Told(
                409,
                "address-is-reached",
                lambda _told: _("Questo indirizzo riceve la posta: per un’altra persona manda un nuovo invito."),
            ),
            invitations.TooManyInvitations: Told(
                429, "too-many-invitations", too_many, members=lambda told: {"left": told.left}
            ),
            invitations.SentTooOften: Told(
                429,
                "invitation-sent-too-often",
                lambda _told: _("Hai già rimandato questo invito più volte: riprova domani."),
                retry_after=lambda told: -(-told.wait // timedelta(seconds=1)),
            ),
            PurchaseNotWaiting: Told(
                409,
                "purchase-not-waiting",
                lambda _told: _("Non c’è nulla da correggere: guarda lo stato dell’ordine."),
            ),
        },
    )


def why_not(problem: invitations.IllegalInvitationStep) -> str:
    """Why an invitation stays as it is."""
    if problem.state in {"ORDERED", "PAID", "CREATED"}:
        return str(_("Il cliente ha già ordinato: l’invito non si cambia più."))
    return str(_("Lo stato dell’invito non lo permette: se serve, mandane uno nuovo."))


def forgotten() -> str:
    """The client's data were deleted."""
    return str(_("I dati del cliente sono stati cancellati: manda un nuovo invito."))


def too_many(problem: invitations.TooManyInvitations) -> str:
    """The daily bound."""
    return str(_("Hai raggiunto il limite di inviti per oggi: ne restano %(left)s. Riprova domani.", left=problem.left))
