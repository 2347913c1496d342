"""The registry of jobs: a name, the function that does it, and how patiently it is tried again."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

JobFunction = Callable[..., None]

_registry: dict[str, "JobDefinition"] = {}

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(hours=1)
_DOUBLINGS = 12


class JobUnknown(Exception):
    """Nobody registered a job of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class RetryLater(Exception):
    """The job could not be done yet; try again after `pause` (real time), without counting it as an error."""

    def __init__(self, reason: str, pause: timedelta | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """A job's name, function and number of tries before it goes to the dead letters."""

    name: str
    run: JobFunction
    tries: int

    def pause_after(self, attempt: int) -> timedelta:
        """Real time to wait after the `attempt`-th failure (from 1)."""
        return pause_after(attempt)


def pause_after(attempt: int) -> timedelta:
    """Real time to wait after the `attempt`-th failure (from 1): doubling from 2 s to 1 h, a tenth more or less."""
    doubled = FIRST_PAUSE * (1 << min(attempt - 1, _DOUBLINGS))
    spread = random.uniform(0.9, 1.1)  # noqa: S311 - spreading load, not a secret
    return min(doubled, LONGEST_PAUSE) * spread


def job(name: str, tries: int = 40) -> Callable[[JobFunction], JobFunction]:
    """Register a function as the job `name`. It is an edge: it opens its own transactions.

    Raises ValueError when another function has that name.
    """

    def register(function: JobFunction) -> JobFunction:
        known = _registry.get(name)
        if known is not None and known.run is not function:
            raise ValueError(name)
        _registry[name] = JobDefinition(name, function, tries)
        return function

    return register


def registered_jobs() -> Mapping[str, JobDefinition]:
    """Every job known to this program, by name."""
    return MappingProxyType(_registry)
