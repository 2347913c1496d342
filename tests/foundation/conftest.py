"""A database whose rows are really committed, for what a rolled-back transaction cannot show."""

from tests.committed import committed_app, committed_url

__all__ = ["committed_app", "committed_url"]
