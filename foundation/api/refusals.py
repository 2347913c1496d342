"""What the shared part of the API refuses before a service is asked, and how each refusal is told (RFC 9457)."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _

from foundation.problems import FieldProblem, Told


class MalformedJson(Exception):
    """The body is no JSON this API reads: broken, too deep, a key given twice, NaN or Infinity; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotJson(Exception):
    """The body is not declared as JSON."""


class InvalidFields(Exception):
    """Fields that do not fit the schema, every one with its pointer."""

    def __init__(self, fields: Sequence[FieldProblem]) -> None:
        super().__init__(", ".join(f"{field.pointer}: {field.code}" for field in fields))
        self.fields = tuple(fields)


class KeyMissing(Exception):
    """A POST that has an effect came without an Idempotency-Key, or with one that cannot be stored."""


class KeyInUse(Exception):
    """The first request with this Idempotency-Key is still running."""


class KeyReused(Exception):
    """The Idempotency-Key belongs to another request."""


class Stale(Exception):
    """The object is no longer what If-Match says the client saw; `etag` is what it is now."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


class TooManyRequests(Exception):
    """The token's requests of this minute are used up; `seconds` until the next window."""

    def __init__(self, seconds: int) -> None:
        super().__init__(str(seconds))
        self.seconds = seconds


_MALFORMED = {
    "broken": lambda: _("Il corpo della richiesta non è JSON valido."),
    "duplicate_key": lambda: _("Nel corpo della richiesta una chiave è ripetuta."),
    "not_a_number": lambda: _("NaN e Infinity non sono numeri JSON."),
    "too_deep": lambda: _("Il corpo della richiesta è annidato troppo a fondo."),
}

TABLE: Mapping[type[Exception], Told] = {
    MalformedJson: Told(
        400, "malformed-json", lambda told: _MALFORMED[told.code](), members=lambda told: {"code": told.code}
    ),
    NotJson: Told(415, "unsupported-media-type", lambda _told: _("Il corpo va inviato come application/json.")),
    InvalidFields: Told(
        422, "validation", lambda _told: _("Alcuni dati non vanno bene."), fields=lambda told: told.fields
    ),
    KeyMissing: Told(
        400,
        "idempotency-key-required",
        lambda _told: _("Serve l’intestazione Idempotency-Key: da 1 a 255 caratteri visibili."),
    ),
    KeyInUse: Told(
        409,
        "idempotency-key-in-use",
        lambda _told: _("La prima richiesta con questa chiave è ancora in corso."),
        retry_after=lambda _told: 1,
    ),
    KeyReused: Told(
        422, "idempotency-key-reused", lambda _told: _("Questa Idempotency-Key appartiene a un’altra richiesta.")
    ),
    Stale: Told(
        412,
        "precondition-failed",
        lambda _told: _("Nel frattempo è cambiato: rileggilo e riprova."),
        members=lambda told: {"etag": told.etag},
    ),
    TooManyRequests: Told(
        429,
        "too-many-requests",
        lambda _told: _("Troppe richieste: riprova tra poco."),
        members=lambda told: {"retry_after_seconds": told.seconds},
    ),
}
