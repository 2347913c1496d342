"""KeyContabilità demo: a small accounting program that is told of companies by the shop.

It stands in for the vendor's own software while trying the product out. It shares nothing with
the shop but the secret, and can be made to answer late, refuse, or lose its answer.
"""

from sandbox.accounting.application import build
from sandbox.accounting.settings import Config

__all__ = ["Config", "build"]
