"""The jobs of the letterbox: importing this module registers them."""

from webhooks import bank_letters, janitor, provisioning_letters, stripe_letters  # noqa: F401 - they register theirs
