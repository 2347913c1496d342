"""A database whose rows are really committed, for races over wallets and the ledger."""

from tests.committed import committed_app, committed_url

__all__ = ["committed_app", "committed_url"]
