"""What no environment may say: contradictions anywhere, and in production every default, stand-in and short secret."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from foundation.webhook_signatures import secret_is_sound

if TYPE_CHECKING:
    from foundation.settings import Settings

SANDBOX_SECRET_KEY = "sandbox-only-secret-key-sandbox-only"  # noqa: S105 - refused in production below
SANDBOX_WEBHOOK_SECRET = "whsec_c2FuZGJveC1vbmx5LXNlY3JldC1zYW5kYm94"  # noqa: S105 - refused in production below
SANDBOX_CLIENT_SECRET = "sandbox-only-client-secret-of-invoicing"  # noqa: S105 - refused in production below
SHORTEST_SECRET = 32
# Nobody may forget to say these in production: their defaults point at the sandbox's stand-ins.
_TO_BE_SAID = ("STRIPE_API_KEY", "PROVISIONING_URL", "SMTP_URL", "MAIL_SENDER", "SELLER_IBAN", "SELLER_VAT_NUMBER")
_DEVELOPMENT = ("FLASK_DEBUG", "DEBUG", "GETTONE_FAULT")
_OFF = frozenset({"", "0", "false"})


def refusals(settings: "Settings", environment: Mapping[str, str]) -> Iterator[str]:
    """One sentence per thing that makes no sense, naming the setting and never a secret."""
    yield from _contradictions(settings)
    if settings.mode == "production":
        yield from _of_production(settings)
        yield from (f"{name} is missing: its default is the sandbox's." for name in _missing(environment))
        yield from (f"{name} is for development." for name in _DEVELOPMENT if _is_on(environment, name))


def _contradictions(settings: "Settings") -> Iterator[str]:
    if settings.livemode and settings.payment_simulator_in_use:
        yield "STRIPE_API_KEY is a live key, but STRIPE_API_BASE is not Stripe: a live key never leaves for elsewhere."
    for name, address, schemes in (
        ("PUBLIC_URL", settings.public_url, ("http", "https")),
        ("STRIPE_API_BASE", settings.stripe_api_base, ("http", "https")),
        ("PROVISIONING_URL", settings.provisioning_url, ("http", "https")),
        ("SMTP_URL", settings.smtp_url, ("smtp", "smtps")),
    ):
        if not _is_address(address, schemes):
            yield f"{name} is not an address such as {schemes[-1]}://shop.example."
    if settings.invoicing_url and not _is_address(settings.invoicing_url, ("http", "https")):
        yield "INVOICING_URL is not an address such as https://invoices.example."
    if settings.bank_transfer_sla < settings.bank_transfer_release_after:
        yield "BANK_TRANSFER_SLA is shorter than BANK_TRANSFER_RELEASE_AFTER: every transfer would breach it."
    if not settings.secret_key.strip():
        yield "SECRET_KEY is empty."


def _of_production(settings: "Settings") -> Iterator[str]:
    if settings.secret_key == SANDBOX_SECRET_KEY:
        yield "SECRET_KEY is the sandbox default."
    yield from _short_secrets(settings)
    for name, kept in (
        ("STRIPE_WEBHOOK_SECRETS", settings.stripe_webhook_secrets),
        ("BANK_WEBHOOK_SECRETS", settings.bank_webhook_secrets),
        ("PROVISIONING_SECRET", (settings.provisioning_secret,)),
    ):
        yield from _wrong_secrets(name, kept)
    if settings.invoicing_url and settings.invoicing_client_secret == SANDBOX_CLIENT_SECRET:
        yield "INVOICING_CLIENT_SECRET is the sandbox default."
    if settings.payment_simulator_in_use:
        yield "STRIPE_API_BASE is not Stripe: the simulator never runs in production."
    if not settings.secure_cookies:
        yield "PUBLIC_URL is not https."
    if settings.database_url is None:
        yield "DATABASE_URL is missing."
    if settings.seller.name == "Demo Software S.r.l.":
        yield "SELLER_NAME is the demo's."


def _short_secrets(settings: "Settings") -> Iterator[str]:
    said = {"SECRET_KEY": settings.secret_key, "PAYER_KEY": settings.payer_key}
    if settings.metrics_token:
        said["METRICS_TOKEN"] = settings.metrics_token
    yield from (
        f"{name} is shorter than {SHORTEST_SECRET} characters."
        for name, value in said.items()
        if len(value) < SHORTEST_SECRET
    )


def _wrong_secrets(name: str, kept: tuple[str, ...]) -> Iterator[str]:
    if not any(kept):
        yield f"{name}: a webhook secret is missing."
    if SANDBOX_WEBHOOK_SECRET in kept:
        yield f"{name} holds the sandbox default."
    # Stripe's secrets only look like those of Standard Webhooks: what follows whsec_ is no base64.
    if name == "STRIPE_WEBHOOK_SECRETS":
        sound = all(len(secret) >= SHORTEST_SECRET for secret in kept)
    else:
        sound = all(secret_is_sound(secret) for secret in kept)
    if not sound:
        yield f"{name} holds a secret that is too short or no whsec_ with the base64 of 24 to 64 bytes."


def _missing(environment: Mapping[str, str]) -> list[str]:
    return [name for name in _TO_BE_SAID if not environment.get(name, "").strip()]


def _is_on(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").strip().lower() not in _OFF


def _is_address(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
