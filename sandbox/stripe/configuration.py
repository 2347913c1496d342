"""What a simulator is started with."""

from dataclasses import dataclass

API_VERSION = "2026-10-28.endive"

SNAPSHOT = "snapshot"
THIN = "thin"
BOTH = "both"


@dataclass(frozen=True)
class Configuration:
    """One simulator: where it keeps its state, and where and how it sends events.

    Times are seconds. ``balance_delay`` is how long a fresh charge stays without its balance
    transaction, because at Stripe the fee is known a moment after the success.
    """

    data: str = ":memory:"
    webhook_url: str | None = None
    webhook_secrets: tuple[str, ...] = ()
    event_kind: str = SNAPSHOT
    enabled_events: tuple[str, ...] = ("*",)
    default_payment_methods: tuple[str, ...] = ("card",)
    public_url: str | None = None
    balance_delay: float = 1.0
    webhook_timeout: float = 10.0
    background: bool = True

    def __post_init__(self) -> None:
        """Raise ValueError for an event kind that does not exist and for an empty secret."""
        if self.event_kind not in (SNAPSHOT, THIN, BOTH):
            raise ValueError(f"event_kind must be snapshot, thin or both, not {self.event_kind!r}")
        if any(not secret.strip() for secret in self.webhook_secrets):
            raise ValueError("an empty webhook secret signs nothing")
        if self.webhook_url and not self.webhook_secrets:
            raise ValueError("a webhook address without a secret would receive unsigned events")
