"""Plays Stripe's part of the wire protocol, so that a payment works with no account at all."""

from sandbox.stripe.application import Simulator, build
from sandbox.stripe.configuration import BOTH, SNAPSHOT, THIN, Configuration
from sandbox.stripe.serving import Running, serve

__all__ = [
    "BOTH",
    "SNAPSHOT",
    "THIN",
    "Configuration",
    "Running",
    "Simulator",
    "build",
    "serve",
]
