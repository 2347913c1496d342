"""Refusals: what finance may not do with a transfer, each with a stable code."""


class AllocationRefused(Exception):
    """So much cannot be allocated, credited or sent back there; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ConfirmationRefused(Exception):
    """A transfer cannot be confirmed by hand like this; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SecondPersonNeeded(Exception):
    """Whoever asked for this cannot approve it as well (four eyes)."""


class DecisionNotFound(Exception):
    """No such decision waits, or somebody took it before."""
