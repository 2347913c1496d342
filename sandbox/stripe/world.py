"""The simulated account: what every part of the simulator works on."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sandbox.stripe.clock import Clock
from sandbox.stripe.configuration import Configuration
from sandbox.stripe.store import Store


@dataclass(frozen=True)
class Request:
    """The API call in progress, as its events name it."""

    id: str | None = None
    idempotency_key: str | None = None


_NOBODY = Request()
_request: ContextVar[Request] = ContextVar("request", default=_NOBODY)


class World:
    """State, time and settings of one simulator, and the bell that wakes its postman."""

    def __init__(self, configuration: Configuration) -> None:
        """Open the state; nothing runs yet."""
        self.configuration = configuration
        self.store = Store(configuration.data)
        self.clock = Clock(self.store)
        self.webhook = configuration.webhook
        self.public_url = configuration.public_url or "http://127.0.0.1:8011"
        self.ring: Callable[[], None] = lambda: None

    def real_time(self) -> float:
        """Return the unmoved time, which signatures and delivery gaps need."""
        return time.time()

    @property
    def request(self) -> Request:
        """Return the API call in progress; an empty one for everything a person does."""
        return _request.get()

    @contextmanager
    def on_behalf_of(self, request: Request) -> Iterator[None]:
        """Name the API call that causes the events of the block."""
        token = _request.set(request)
        try:
            yield
        finally:
            _request.reset(token)
