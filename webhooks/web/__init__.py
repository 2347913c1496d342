"""The letterbox's endpoints. `install` is called once by the composition root."""

from flask import Flask
from flask_wtf import CSRFProtect

from foundation.api import explain
from foundation.problems import tell
from webhooks.web import bank, provisioning, stripe
from webhooks.web.problems import TABLE, TYPES

__all__ = ["install"]

BLUEPRINTS = (bank.blueprint, provisioning.blueprint, stripe.blueprint)


def install(app: Flask) -> None:
    """Add the endpoints letters arrive at; they carry signatures, so no browser's token is asked."""
    tell(app, TABLE)
    explain(app, TYPES)
    csrf: CSRFProtect = app.extensions["gettone.csrf"]
    for blueprint in BLUEPRINTS:
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint)
