"""A stand-in for an invoicing service: people consent in the browser, programs read their companies (OAuth 2, PKCE)."""

from sandbox.invoicing.application import build
from sandbox.invoicing.consents import Consents

__all__ = ["Consents", "build"]
