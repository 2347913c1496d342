"""What a simulator is started with."""

from dataclasses import dataclass

API_VERSION = "2026-10-28.endive"

SNAPSHOT = "snapshot"
THIN = "thin"
BOTH = "both"


@dataclass(frozen=True)
class Webhook:
    """The shop's endpoint: where events go, what signs them and in which form they are sent.

    ``url`` None delivers nothing. ``sign_offset`` moves the time of the signature, in seconds, to
    let a test send what is stale or comes from the future.
    """

    url: str | None = None
    secrets: tuple[str, ...] = ()
    event_kind: str = SNAPSHOT
    enabled_events: tuple[str, ...] = ("*",)
    sign_offset: float = 0.0

    def __post_init__(self) -> None:
        """Raise ValueError for an event kind that does not exist and for a secret that signs nothing."""
        if self.event_kind not in (SNAPSHOT, THIN, BOTH):
            raise ValueError(f"event_kind must be snapshot, thin or both, not {self.event_kind!r}")
        if any(not secret.strip() for secret in self.secrets):
            raise ValueError("an empty webhook secret signs nothing")
        if self.url and not self.secrets:
            raise ValueError("a webhook address without a secret would receive unsigned events")

    def forms_of(self, kind: str) -> tuple[str, ...]:
        """Return the forms in which an event of this type is sent; none when nobody wants it."""
        if self.url is None or not ("*" in self.enabled_events or kind in self.enabled_events):
            return ()
        return (SNAPSHOT, THIN) if self.event_kind == BOTH else (self.event_kind,)


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

    @property
    def webhook(self) -> Webhook:
        """Return the endpoint; ValueError for one that cannot work."""
        return Webhook(self.webhook_url, self.webhook_secrets, self.event_kind, self.enabled_events)

    def __post_init__(self) -> None:
        """Raise ValueError for an endpoint that cannot work."""
        _ = self.webhook
