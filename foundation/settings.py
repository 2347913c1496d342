"""Settings: read once from the environment into a frozen value, refused with a clear list when they make no sense."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeVar

from foundation.current import this_app
from foundation.settings_refusals import SANDBOX_CLIENT_SECRET, SANDBOX_SECRET_KEY, SANDBOX_WEBHOOK_SECRET, refusals

Value = TypeVar("Value")
Mode = Literal["sandbox", "production"]

__all__ = [
    "SANDBOX_SECRET_KEY",
    "SANDBOX_WEBHOOK_SECRET",
    "Seller",
    "Settings",
    "SettingsRefused",
    "current_settings",
    "parse_duration",
]

STRIPE_LIVE_BASE = "https://api.stripe.com"
_DURATION = re.compile(r"^([0-9]{1,9})(s|m|h|d)$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class SettingsRefused(Exception):
    """The environment makes no sense; `problems` says what, one sentence per setting."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells: printed in the footer, on documents and in the bank-transfer instructions."""

    name: str
    vat_number: str
    address: str
    iban: str
    bic: str
    pec: str
    email: str
    phone: str
    register_entry: str
    share_capital: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the program may be told from outside; durations are `timedelta`, secrets never appear in `repr`."""

    mode: Mode
    database_url: str | None
    secret_key: str
    public_url: str
    stripe_api_key: str
    stripe_api_base: str
    stripe_webhook_secrets: tuple[str, ...]
    bank_webhook_secrets: tuple[str, ...]
    provisioning_url: str
    provisioning_secret: str
    invoicing_url: str
    invoicing_client_id: str
    invoicing_client_secret: str
    smtp_url: str
    mail_sender: str
    bank_transfer_release_after: timedelta
    bank_transfer_sla: timedelta
    order_reminders: tuple[timedelta, ...]
    order_expires_after: timedelta
    order_transfer_grace: timedelta
    invitation_valid_for: timedelta
    invitation_reminders: tuple[timedelta, ...]
    invitation_data_kept: timedelta
    invitations_per_day: int
    bank_payer_blanked_after: timedelta
    manual_confirmation_four_eyes: int
    checkout_session_lifetime: timedelta
    session_lifetime: timedelta
    desk_idle_after: timedelta
    desk_session_lifetime: timedelta
    support_answer_hours: int
    sepa_debit: bool
    shop_env: str
    trusted_proxies: int
    metrics_token: str
    payer_key: str
    accounting_app_url: str
    mailbox_url: str
    seller: Seller

    def __repr__(self) -> str:
        """Name the mode only: a settings object printed in a log must not carry a secret."""
        return f"Settings(mode={self.mode!r}, public_url={self.public_url!r})"

    @property
    def sandbox(self) -> bool:
        """Whether the clock may be moved and the stand-ins may be used."""
        return self.mode == "sandbox"

    @property
    def livemode(self) -> bool:
        """Whether Stripe moves real money with our key."""
        return self.stripe_api_key.startswith(("sk_live_", "rk_live_"))

    @property
    def payment_simulator_in_use(self) -> bool:
        """Whether a stand-in plays Stripe's part (every page then says so)."""
        return self.stripe_api_base.rstrip("/") != STRIPE_LIVE_BASE

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies carry the `__Host-` prefix and `Secure`."""
        return self.public_url.startswith("https://")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Build from `environment`. Raises SettingsRefused naming every setting that makes no sense."""
        reader = _Reader(environment)
        settings = _read(cls, reader)
        reader.problems.extend(refusals(settings, environment))
        if reader.problems:
            raise SettingsRefused(tuple(reader.problems))
        return settings


class _Reader:
    """Reads one setting at a time and collects what is wrong instead of stopping at the first."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self.environment.get(name, "").strip() or default

    def parsed(self, name: str, default: str, parse: Callable[[str], Value], expected: str) -> Value:
        raw = self.text(name, default)
        try:
            return parse(raw)
        except ValueError:
            self.problems.append(f"{name}={raw!r} is not {expected}.")
            return parse(default)

    def duration(self, name: str, default: str) -> timedelta:
        return self.parsed(name, default, parse_duration, "a duration such as 30m, 12h or 7d")

    def count(self, name: str, default: str) -> int:
        return self.parsed(name, default, _natural, "a whole number, zero or more")

    def switch(self, name: str, default: str) -> bool:
        return self.parsed(name, default, _switch, "one of 0, 1, true, false")

    def several(self, name: str, default: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.text(name, default).split(",") if part.strip())


def parse_duration(text: str) -> timedelta:
    """Read `30m`, `12h`, `7d`. Raises ValueError for anything else."""
    found = _DURATION.match(text.strip())
    if found is None:
        raise ValueError(text)
    try:
        return timedelta(**{_UNITS[found.group(2)]: int(found.group(1))})
    except OverflowError:
        raise ValueError(text) from None


def _durations(text: str) -> tuple[timedelta, ...]:
    return tuple(sorted(parse_duration(part) for part in text.split(",") if part.strip()))


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _switch(text: str) -> bool:
    known = {"0": False, "false": False, "1": True, "true": True}
    if text.lower() not in known:
        raise ValueError(text)
    return known[text.lower()]


def _mode(text: str) -> Mode:
    if text == "sandbox":
        return "sandbox"
    if text == "production":
        return "production"
    raise ValueError(text)


def _read(cls: type[Settings], reader: _Reader) -> Settings:
    return cls(
        mode=reader.parsed("MODE", "sandbox", _mode, "sandbox or production"),
        database_url=reader.text("DATABASE_URL", "") or None,
        secret_key=reader.text("SECRET_KEY", SANDBOX_SECRET_KEY),
        public_url=reader.text("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/"),
        stripe_api_key=reader.text("STRIPE_API_KEY", "sk_test_sandbox"),
        stripe_api_base=reader.text("STRIPE_API_BASE", "http://127.0.0.1:8011").rstrip("/"),
        stripe_webhook_secrets=reader.several("STRIPE_WEBHOOK_SECRETS", SANDBOX_WEBHOOK_SECRET),
        bank_webhook_secrets=reader.several("BANK_WEBHOOK_SECRETS", SANDBOX_WEBHOOK_SECRET),
        provisioning_url=reader.text("PROVISIONING_URL", "http://127.0.0.1:8012").rstrip("/"),
        provisioning_secret=reader.text("PROVISIONING_SECRET", SANDBOX_WEBHOOK_SECRET),
        invoicing_url=reader.text("INVOICING_URL", "").rstrip("/"),
        invoicing_client_id=reader.text("INVOICING_CLIENT_ID", "gettone"),
        invoicing_client_secret=reader.text("INVOICING_CLIENT_SECRET", SANDBOX_CLIENT_SECRET),
        smtp_url=reader.text("SMTP_URL", "smtp://127.0.0.1:8025"),
        mail_sender=reader.text("MAIL_SENDER", "Gettone <non-rispondere@gettone.example>"),
        bank_transfer_release_after=reader.duration("BANK_TRANSFER_RELEASE_AFTER", "12h"),
        bank_transfer_sla=reader.duration("BANK_TRANSFER_SLA", "24h"),
        order_reminders=reader.parsed("ORDER_REMINDERS", "2d,5d", _durations, "durations such as 2d,5d"),
        order_expires_after=reader.duration("ORDER_EXPIRES_AFTER", "7d"),
        order_transfer_grace=reader.duration("ORDER_TRANSFER_GRACE", "3d"),
        invitation_valid_for=reader.duration("INVITATION_VALID_FOR", "30d"),
        invitation_reminders=reader.parsed("INVITATION_REMINDERS", "7d,21d", _durations, "durations such as 7d,21d"),
        invitation_data_kept=reader.duration("INVITATION_DATA_KEPT", "30d"),
        invitations_per_day=reader.count("INVITATIONS_PER_DAY", "200"),
        bank_payer_blanked_after=reader.duration("BANK_PAYER_BLANKED_AFTER", "30d"),
        manual_confirmation_four_eyes=reader.count("MANUAL_CONFIRMATION_FOUR_EYES", "100000"),
        checkout_session_lifetime=reader.duration("CHECKOUT_SESSION_LIFETIME", "23h"),
        session_lifetime=reader.duration("SESSION_LIFETIME", "30d"),
        desk_idle_after=reader.duration("DESK_IDLE_AFTER", "30m"),
        desk_session_lifetime=reader.duration("DESK_SESSION_LIFETIME", "12h"),
        support_answer_hours=reader.count("SUPPORT_ANSWER_HOURS", "24"),
        sepa_debit=reader.switch("STRIPE_SEPA_DEBIT", "0"),
        shop_env=reader.text("SHOP_ENV", "sandbox"),
        trusted_proxies=reader.count("TRUSTED_PROXIES", "0"),
        metrics_token=reader.text("METRICS_TOKEN", ""),
        payer_key=reader.text("PAYER_KEY", reader.text("SECRET_KEY", SANDBOX_SECRET_KEY)),
        accounting_app_url=reader.text("ACCOUNTING_APP_URL", "http://127.0.0.1:8012"),
        mailbox_url=reader.text("MAILBOX_URL", "http://127.0.0.1:8013"),
        seller=_read_seller(reader),
    )


def _read_seller(reader: _Reader) -> Seller:
    return Seller(
        name=reader.text("SELLER_NAME", "Demo Software S.r.l."),
        vat_number=reader.text("SELLER_VAT_NUMBER", "07643520567"),
        address=reader.text("SELLER_ADDRESS", "Via Esempio 1, 20121 Milano"),
        iban=reader.text("SELLER_IBAN", "IT60X0542811101000000123456"),
        bic=reader.text("SELLER_BIC", "BLOPIT22"),
        pec=reader.text("SELLER_PEC", "demo@pec.example"),
        email=reader.text("SELLER_EMAIL", "assistenza@demo.example"),
        phone=reader.text("SELLER_PHONE", "02 0000 0000"),
        register_entry=reader.text("SELLER_REGISTER_ENTRY", "REA MI-0000000"),
        share_capital=reader.text("SELLER_SHARE_CAPITAL", "cap. soc. 50.000 € i.v."),
    )


def current_settings() -> Settings:
    """The settings of the running application (needs an application context)."""
    settings = this_app().extensions["gettone.settings"]
    assert isinstance(settings, Settings)  # noqa: S101 - narrows the type of an untyped registry
    return settings
