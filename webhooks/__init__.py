"""The letterbox: letters in (Stripe, the bank, provisioning) and letters out."""

__all__: list[str] = []
