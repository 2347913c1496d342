"""What the accounting program is told when it starts."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.accounting.signatures import key_of

OUTCOMES = ("ok", "late", "late_refuse", "refuse", "lost", "error500", "timeout", "hang")
DEFAULT_RATES: Mapping[str, float] = {"late": 0.10, "refuse": 0.02, "lost": 0.02}


def check_rates(rates: Mapping[str, float]) -> None:
    """Refuse, with ValueError, unknown outcomes and shares that are not shares of one whole."""
    for name, share in rates.items():
        if name not in OUTCOMES or name == "ok":
            raise ValueError(f"unknown outcome {name!r}")
        if not 0 <= share <= 1:
            raise ValueError(f"the rate of {name!r} must lie between 0 and 1")
    if sum(rates.values()) > 1:
        raise ValueError("the rates add up to more than 1")


@dataclass(frozen=True)
class Config:
    """Where the program keeps its data, whom it talks to, and how it misbehaves.

    `data` is the sqlite file; `shop_url` the root of the shop, without a trailing slash; `secret`
    the `whsec_…` secret shared with the shop; `rates` the share of calls per unusual outcome;
    `delivering` False leaves the callbacks to `POST /_control/flush`, as tests like it.
    """

    data: Path
    shop_url: str
    secret: str
    rates: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_RATES))
    seed: int = 1
    studio: str = "CS-0001"
    user: str = "owner@studio-rossi.example"
    delivering: bool = True
    hang_seconds: float = 60.0
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        """Refuse nonsense at the start, not at the first call."""
        key_of(self.secret)
        check_rates(self.rates)
        parts = urlsplit(self.shop_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the shop address must be an http or https address")

    @property
    def key(self) -> bytes:
        """The bytes with which calls, callbacks and deep links are signed."""
        return key_of(self.secret)
