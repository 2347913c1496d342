"""The letterbox's endpoints. `install` is called once by the composition root."""

from flask import Flask
from flask_wtf import CSRFProtect

from webhooks.web import bank, provisioning, stripe

__all__ = ["install"]

BLUEPRINTS = (bank.blueprint, provisioning.blueprint, stripe.blueprint)


def install(app: Flask) -> None:
    """Add the endpoints letters arrive at; they carry signatures, so no browser's token is asked."""
    csrf: CSRFProtect = app.extensions["gettone.csrf"]
    for blueprint in BLUEPRINTS:
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint)
