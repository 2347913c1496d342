"""How a refused letter is told: the types of problems of the letterbox, with their pages (RFC 9457)."""

from collections.abc import Mapping

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from foundation.api import ProblemType, field_problem
from foundation.problems import Told
from foundation.webhook_signatures import SignatureRefused
from webhooks.stripe_signatures import NotBelieved
from webhooks.unreadable import Unreadable


class LetterTooLarge(Exception):
    """The letter has more bytes than any letter of its kind."""


TYPES: Mapping[str, ProblemType] = {
    "letter-not-believed": ProblemType(
        400,
        _("La lettera non è credibile"),
        _("Firmala con il segreto in vigore, entro cinque minuti, sugli stessi byte che invii."),
    ),
    "letter-unreadable": ProblemType(
        400,
        _("La lettera non si può leggere"),
        _("La firma è buona; `errors` elenca ogni campo con il suo puntatore JSON. Correggi e rimanda."),
    ),
    "letter-too-large": ProblemType(413, _("La lettera è troppo grande"), _("Una lettera ha al massimo 20.000 byte.")),
}

_NOT_BELIEVED = Told(400, "letter-not-believed", lambda _told: gettext("La firma della lettera manca o non va bene."))

TABLE: Mapping[type[Exception], Told] = {
    SignatureRefused: _NOT_BELIEVED,
    NotBelieved: _NOT_BELIEVED,
    Unreadable: Told(
        400,
        "letter-unreadable",
        lambda _told: gettext("Alcuni dati non vanno bene."),
        fields=lambda told: [field_problem(pointer, code) for pointer, code in told.codes.items()],
    ),
    LetterTooLarge: Told(413, "letter-too-large", lambda _told: gettext("La richiesta è troppo grande.")),
}
