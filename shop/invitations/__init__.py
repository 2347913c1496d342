"""The shop's side of invitations: the price that is locked, the order of an invited client, its account (F003-14)."""

__all__: list[str] = []
