"""The shop's types of problems: what each means, and those that programs are told with pointers."""

from collections.abc import Mapping

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from entitlements import IllegalSeatStep, NoFreeSeat
from foundation.api import ProblemType
from foundation.problems import FieldProblem, Told
from shop.accounts.seat_people import WorksHereAlready
from shop.orders.placing import TermsNotAccepted
from shop.payments.checkout import NotPayable
from shop.payments.gateway import GatewayRefused, GatewayUnavailable

TABLE: Mapping[type[Exception], Told] = {
    TermsNotAccepted: Told(
        422,
        "terms-not-accepted",
        lambda _told: gettext("Per ordinare accetta le condizioni e approva le clausole indicate."),
        fields=lambda told: [
            FieldProblem("/accepted_clauses", clause, gettext("Va accettata.")) for clause in told.missing
        ],
        members=lambda told: {"missing": list(told.missing)},
    ),
    GatewayUnavailable: Told(
        503,
        "payment-gateway-unavailable",
        lambda _told: gettext(
            "Il pagamento con carta non risponde. Ripeti con la stessa chiave, o scegli il bonifico."
        ),
    ),
    GatewayRefused: Told(
        502,
        "payment-gateway-refused",
        lambda _told: gettext("Il pagamento con carta è stato rifiutato. Scegli il bonifico o contatta l’assistenza."),
    ),
    NoFreeSeat: Told(
        409,
        "no-free-seat",
        lambda told: (
            gettext("Le utenze sono sospese: nessuno si aggiunge finché non sono di nuovo attive.")
            if told.suspended
            else gettext("Tutte le utenze sono occupate: liberane una o aggiungine altre.")
        ),
        members=lambda told: {"bought": told.bought},
    ),
    IllegalSeatStep: Told(
        409,
        "illegal-seat-step",
        lambda _told: gettext("L’utenza ora non lo permette: leggi il suo stato."),
        members=lambda told: {"state": told.state},
    ),
    WorksHereAlready: Told(
        409, "works-here-already", lambda _told: gettext("Questa persona ha già un accesso all’azienda.")
    ),
    NotPayable: Told(
        409,
        "not-payable",
        lambda _told: gettext("Quest’ordine ora non aspetta un pagamento di questo tipo."),
        members=lambda told: {"state": told.state},
    ),
}

TYPES: Mapping[str, ProblemType] = {
    "terms-not-accepted": ProblemType(
        422,
        _("Mancano clausole da accettare"),
        _("`missing` elenca le clausole: ripeti con tutte in `accepted_clauses`."),
    ),
    "payment-gateway-unavailable": ProblemType(
        503,
        _("Il pagamento con carta non risponde"),
        _("L’ordine è al sicuro: ripeti la stessa richiesta con la stessa chiave e lo ritrovi."),
    ),
    "payment-gateway-refused": ProblemType(
        502, _("Il pagamento con carta è rifiutato"), _("Scegli il bonifico o contatta l’assistenza.")
    ),
    "not-payable": ProblemType(
        409, _("L’ordine ora non si paga così"), _("`state` dice perché: non aspetta un pagamento, o è in arrivo.")
    ),
    "no-free-seat": ProblemType(
        409, _("Tutte le utenze sono occupate"), _("Libera un’utenza, o acquistane altre: `bought` dice quante sono.")
    ),
    "seat-not-found": ProblemType(404, _("Utenza non trovata"), _("Leggi le utenze da /api/v1/companies/{id}/seats.")),
    "illegal-seat-step": ProblemType(
        409,
        _("L’utenza non lo permette"),
        _("`state` dice come sta: prima di liberarla va disattivata."),
    ),
    "works-here-already": ProblemType(
        409, _("La persona ha già un accesso"), _("Cercala tra le utenze: forse è disattivata e va riattivata.")
    ),
    "no-catalogue": ProblemType(503, _("Il catalogo non è pubblicato"), _("Riprova tra poco.")),
    "unknown-product": ProblemType(404, _("Prodotto sconosciuto"), _("Leggi i codici da /api/v1/catalogue.")),
    "amount-too-large": ProblemType(422, _("Il totale è troppo grande"), _("Riduci le quantità o dividi l’acquisto.")),
    "not-orderable": ProblemType(
        409,
        _("Non tutto si può ordinare"),
        _("`errors` elenca tutti i motivi con il puntatore alla riga, `refusals` con il prodotto; `code` è stabile."),
    ),
    "total-changed": ProblemType(
        409, _("Il totale è cambiato"), _("Chiedi un nuovo preventivo e conferma il suo totale.")
    ),
    "order-not-found": ProblemType(404, _("Ordine non trovato"), _("Controlla il numero: forse non è tuo.")),
    "illegal-order-step": ProblemType(
        409,
        _("Lo stato dell’ordine non lo permette"),
        _("Leggi lo stato dell’ordine: un ordine pagato non si annulla."),
    ),
    "invitation-not-found": ProblemType(
        404, _("Invito non trovato"), _("Controlla l’identificativo: forse non è del tuo studio.")
    ),
    "illegal-invitation-step": ProblemType(
        409,
        _("Lo stato dell’invito non lo permette"),
        _("Leggi lo stato: dopo l’ordine del cliente l’invito non si rimanda e non si revoca."),
    ),
    "address-is-reached": ProblemType(
        409,
        _("L’indirizzo riceve la posta"),
        _("Si corregge solo dopo BOUNCED: per un’altra persona manda un nuovo invito."),
    ),
    "invitation-forgotten": ProblemType(
        409, _("I dati del cliente sono stati cancellati"), _("Manda un nuovo invito.")
    ),
    "too-many-invitations": ProblemType(
        429, _("Troppi inviti in un giorno"), _("`left` dice quanti ne restano oggi: riprova domani.")
    ),
    "invitation-sent-too-often": ProblemType(
        429,
        _("Invito rimandato troppe volte in un giorno"),
        _("Aspetta i secondi di Retry-After; un altro invito si manda subito."),
    ),
    "purchase-not-waiting": ProblemType(
        409,
        _("Non c’è nulla da correggere"),
        _("L’azienda è in creazione, esiste già, o l’importo è stato restituito."),
    ),
    "no-bank-account": ProblemType(
        503, _("I dati per il bonifico non sono pronti"), _("Paga con carta o contatta l’assistenza.")
    ),
}
