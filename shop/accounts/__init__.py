"""Accounts: people who sign in, whom they act for, their server-side sessions and API tokens."""

__all__: list[str] = []
