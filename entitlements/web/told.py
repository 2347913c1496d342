"""How this room's errors are told: status, stable type, sentence. Those of reason codes are domain law (D18)."""

from flask import Flask
from flask_babel import gettext as _

from entitlements.activation import CouponNotAvailable
from entitlements.companies import CompanyAlreadyExists, CompanyNotFound
from entitlements.connections.directory import NotInDirectory
from entitlements.connections.handovers import NobodyToHandOver, PayerHasChanged
from entitlements.connections.linking import Blocked, LinkNotFound
from entitlements.connections.people import AddressNotProven
from entitlements.connections.proposal_states import IllegalProposalStep
from entitlements.connections.proposals import NotYoursToSettle, ProposalNotFound
from entitlements.contracts.signatures import ContractTextChanged, MayNotSign
from entitlements.coupons.coupon_states import IllegalCouponStep
from entitlements.coupons.stock import CouponNotFound
from entitlements.parties import StudioAlreadyRegistered
from entitlements.provisioning.give_up import RequestClosed, VendorUndecided
from entitlements.wallets import ReferenceReused
from foundation.problems import Told, tell


def install(app: Flask) -> None:
    """Register the tables."""
    tell(app, _CONNECTIONS)
    tell(
        app,
        {
            CouponNotFound: Told(404, "coupon-not-found", lambda _p: not_owned()),
            CouponNotAvailable: Told(409, "coupon-not-available", why_not_available),
            IllegalCouponStep: Told(409, "coupon-not-available", lambda _p: not_available()),
            CompanyNotFound: Told(404, "company-not-found", lambda _p: _("Qui non c’è nulla, o non è tuo.")),
            CompanyAlreadyExists: Told(409, "company-already-exists", lambda _p: company_exists()),
            StudioAlreadyRegistered: Told(
                409, "studio-already-registered", lambda _p: _("Uno studio con questo codice fiscale è già registrato.")
            ),
            RequestClosed: Told(409, "request-closed", lambda _p: _("La richiesta è già chiusa.")),
            VendorUndecided: Told(409, "vendor-undecided", why_undecided),
            ReferenceReused: Told(
                409, "reference-reused", lambda _p: _("Questo riferimento è già stato usato per un’altra quantità.")
            ),
        },
    )


_CONNECTIONS = {
    LinkNotFound: Told(404, "link-not-found", lambda _p: _("Non siete collegati, o non lo siete più.")),
    ProposalNotFound: Told(404, "proposal-not-found", lambda _p: _("Qui non c’è nulla, o non è tuo.")),
    Blocked: Told(
        409,
        "studio-not-available",
        lambda _p: _("Questo commercialista non può seguirti adesso. Scegline un altro, oppure contattalo."),
    ),
    NotInDirectory: Told(
        404, "not-in-directory", lambda _p: _("Questo commercialista non è nell’elenco, o non lo è più.")
    ),
    AddressNotProven: Told(
        409,
        "address-not-proven",
        lambda _p: _("Conferma prima il tuo indirizzo: il link è nella tua posta."),
        # The account's page sends the link once more.
        way_on=lambda: ("/account", _("Vai al tuo account")),
    ),
    IllegalProposalStep: Told(
        409, "proposal-closed", lambda _p: _("Questa proposta è già chiusa: riapri la pagina per vedere come è finita.")
    ),
    NotYoursToSettle: Told(
        409, "not-yours-to-settle", lambda _p: _("Qui risponde l’altra parte. Tu puoi solo ritirare la richiesta.")
    ),
    PayerHasChanged: Told(
        409, "payer-changed", lambda _p: _("Nel frattempo paga qualcun altro: riapri la pagina e proponi di nuovo.")
    ),
    MayNotSign: Told(
        409,
        "may-not-sign",
        lambda _p: _("L’azienda non ti lascia scrivere nelle sue impostazioni: chiedile di firmare, o il permesso."),
    ),
    ContractTextChanged: Told(
        409,
        "contract-text-changed",
        lambda _p: _("Il testo del contratto è cambiato: rileggilo, poi firma."),
        members=lambda told: {"version": told.version},
    ),
    NobodyToHandOver: Told(
        409, "nobody-pays", lambda _p: _("Questa azienda non ha ancora una licenza: non c’è nulla da passare.")
    ),
}


def not_owned() -> str:
    """COUPON_NOT_OWNED."""
    return str(_("Questo coupon non è tra quelli in possesso del tuo studio."))


def not_available() -> str:
    """COUPON_NOT_AVAILABLE."""
    return str(_("Questo coupon è già stato assegnato, è scaduto o è stato annullato."))


def why_not_available(problem: CouponNotAvailable) -> str:
    """COUPON_NOT_AVAILABLE, and for a coupon that a case holds what that means."""
    if problem.state == "HELD":
        return str(_("Questo coupon è sospeso: c’è una verifica in corso sul suo pagamento. Scrivi all’assistenza."))
    return not_owned() if problem.state == "NOT_OWNED" else not_available()


def company_exists() -> str:
    """A live company has this tax code; whose it is stays untold (M6)."""
    return str(_("Un’azienda con questo codice fiscale è già attiva: non si può attivare di nuovo."))


def why_undecided(problem: VendorUndecided) -> str:
    """Why nobody may give up now."""
    if problem.why == "working":
        return str(
            _("Il programma sta ancora creando l’azienda: non si può rinunciare adesso. Riprova tra qualche minuto.")
        )
    return str(
        _(
            "Il programma non risponde, quindi non sappiamo se l’azienda esiste: non si può rinunciare adesso. "
            "Riproviamo da soli."
        )
    )
