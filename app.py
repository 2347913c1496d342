"""The composition root: settings, extensions, rooms and stand-ins come together here. Nothing imports this file."""

import gc

# First of all: a start makes a million things that stay, and looking for rubbish among them costs a tenth of it; the
# collector begins once the application stands. A request makes some thousands, most of which go without it.
gc.disable()
gc.set_threshold(50_000)

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from flask import Flask
from flask_babel import Babel
from flask_wtf import CSRFProtect

from entitlements import HttpInvoicing, HttpProvisioner, Invoicing, Provisioner
from foundation import addresses, formats, translations
from foundation.database import database, engine_options
from foundation.mail import Mailer, SmtpMailer
from foundation.settings import Settings
from shop import PaymentGateway, StripeGateway

# Modules whose import registers jobs and due rules by name.
JOBS = ("foundation.housekeeping", "entitlements.jobs", "shop.jobs", "webhooks.jobs")
# Modules with `install(app)`: sign-in, error pages, headers, metrics; then the rooms' pages, API and commands.
PARTS = (
    "foundation.web",
    "foundation.commands",
    "foundation.doctor",
    "foundation.api",
    "entitlements.commands",
    "shop.commands",
    "webhooks.commands",
    "foundation.command_refusals",
    "shop.web",
    "entitlements.web",
    "webhooks.web",
)


@dataclass(frozen=True, slots=True)
class Outside:
    """The ports to the outside world; tests and demos pass their own, nobody patches. No invoicing: not offered."""

    gateway: PaymentGateway
    provisioner: Provisioner
    mailer: Mailer
    invoicing: Invoicing | None = None


def create_app(environment: Mapping[str, str] | None = None, outside: Outside | None = None) -> Flask:
    """Build the application from an environment. Raises SettingsRefused when it makes no sense."""
    settings = Settings.from_environment(os.environ if environment is None else environment)
    app = Flask(__name__, template_folder="templates", static_folder="static")
    app.extensions["gettone.settings"] = settings
    _configure(app, settings)
    _connect_outside(app, outside or _real_outside(settings))
    database.init_app(app)
    babel = Babel(app, locale_selector=formats.language, default_locale="it", default_timezone="Europe/Rome")
    translations.install(app, babel)
    app.extensions["gettone.csrf"] = CSRFProtect(app)
    formats.install(app)
    addresses.install(app)
    for name in (*JOBS, *PARTS):
        part = importlib.import_module(name)
        if hasattr(part, "install"):
            part.install(app)
    _leave_out_of_collections()
    return app


@cache
def _leave_out_of_collections() -> None:
    """Once per process: what stands at its start stays to its end, so no garbage collection looks at it again.

    Without it a long quote makes the collector walk through every module: a hundred lines cost half as much again.
    """
    gc.freeze()
    gc.enable()


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url or _private_server(),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings),
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=512 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=settings.secure_cookies,
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.url_map.strict_slashes = False


def _private_server() -> str:
    # Imported here because only a clone without a database of its own needs it.
    from foundation.postgres import ensure_running  # noqa: PLC0415
    from foundation.postgres_place import default_directory  # noqa: PLC0415

    return ensure_running(default_directory())


def _real_outside(settings: Settings) -> Outside:
    return Outside(
        gateway=StripeGateway(settings.stripe_api_key, settings.stripe_api_base),
        provisioner=HttpProvisioner(settings.provisioning_url, settings.provisioning_secret),
        mailer=SmtpMailer(settings.smtp_url),
        invoicing=_invoicing(settings),
    )


def _invoicing(settings: Settings) -> Invoicing | None:
    if not settings.invoicing_url:
        return None
    return HttpInvoicing(settings.invoicing_url, settings.invoicing_client_id, settings.invoicing_client_secret)


def _connect_outside(app: Flask, outside: Outside) -> None:
    app.extensions["gettone.gateway"] = outside.gateway
    app.extensions["gettone.provisioner"] = outside.provisioner
    app.extensions["gettone.mailer"] = outside.mailer
    app.extensions["gettone.invoicing"] = outside.invoicing


__all__ = ["Outside", "create_app"]
