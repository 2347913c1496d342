"""Types of problems: what each stable `type` means and what the client does about it, one small page each."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class ProblemType:
    """What a type of problem means and what to do about it, in the reader's language."""

    status: int
    title: LazyString
    advice: LazyString


SHARED: Mapping[str, ProblemType] = {
    "malformed-json": ProblemType(
        400,
        _("Il corpo non è JSON leggibile"),
        _("Invia un oggetto JSON in UTF-8, senza chiavi ripetute, senza NaN né Infinity. `code` dice che cosa manca."),
    ),
    "bad-request": ProblemType(400, _("La richiesta non è leggibile"), _("Controlla indirizzo e intestazioni.")),
    "idempotency-key-required": ProblemType(
        400,
        _("Manca l’intestazione Idempotency-Key"),
        _("Metti in ogni POST una chiave nuova, per esempio un UUID, e riusala solo per ripetere la stessa richiesta."),
    ),
    "token-required": ProblemType(
        401,
        _("Serve un token valido"),
        _("Invia `Authorization: Bearer …` con un token creato nelle impostazioni e non revocato."),
    ),
    "role-refused": ProblemType(
        403, _("Il ruolo non basta"), _("Usa un token del ruolo giusto: la guida dice quali ruoli accetta ogni metodo.")
    ),
    "not-found": ProblemType(
        404,
        _("Qui non c’è nulla, o non è tuo"),
        _("Controlla l’identificativo. Ciò che è di altri e ciò che non esiste hanno la stessa risposta."),
    ),
    "method-not-allowed": ProblemType(
        405, _("Metodo non accettato"), _("L’intestazione Allow elenca i metodi accettati.")
    ),
    "idempotency-key-in-use": ProblemType(
        409,
        _("La prima richiesta è ancora in corso"),
        _("Aspetta i secondi di Retry-After e ripeti la stessa richiesta con la stessa chiave."),
    ),
    "precondition-failed": ProblemType(
        412, _("Nel frattempo è cambiato"), _("Rileggi l’oggetto e ripeti con il suo nuovo ETag.")
    ),
    "request-entity-too-large": ProblemType(
        413, _("La richiesta è troppo grande"), _("Il corpo può avere al massimo 256 KiB.")
    ),
    "unsupported-media-type": ProblemType(
        415, _("Il corpo non è dichiarato come JSON"), _("Invia `Content-Type: application/json`.")
    ),
    "validation": ProblemType(
        422,
        _("Alcuni dati non vanno bene"),
        _("`errors` elenca ogni campo con il suo puntatore JSON. Nulla è cambiato: correggi e ripeti."),
    ),
    "idempotency-key-reused": ProblemType(
        422,
        _("La chiave appartiene a un’altra richiesta"),
        _("Una chiave vale per una sola richiesta: usane una nuova."),
    ),
    "too-many-requests": ProblemType(
        429, _("Troppe richieste"), _("Aspetta i secondi di Retry-After. Le intestazioni RateLimit avvisano prima.")
    ),
    "internal-error": ProblemType(
        500,
        _("Qualcosa è andato storto"),
        _("Nulla è andato perso. Ripeti; se continua, dai `instance` all’assistenza."),
    ),
    "unavailable": ProblemType(
        503, _("Il servizio non è raggiungibile"), _("Ripeti dopo i secondi di Retry-After, con la stessa chiave.")
    ),
}
