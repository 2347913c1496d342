"""How the program misbehaves: told, hinted by the company's name, or drawn from the seed."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sandbox.accounting.settings import OUTCOMES, Config, check_rates

MAGIC_WORDS = {"RIFIUTA": "refuse", "TARDI": "late", "PERSA": "lost"}
SHORTEST_DELAY, LONGEST_DELAY = 5.0, 20.0


class BadControl(Exception):
    """An instruction to `/_control` that makes no sense; `reason` says which."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Control:
    """What was ordered through `/_control`; it outlives a restart.

    `next` and `next_patch` are used up, one outcome a call; `callback_delay` None means 5-20
    seconds drawn from the seed; `down` answers 503 to every call and holds callbacks back.
    """

    next: list[str]
    next_patch: list[str]
    rates: dict[str, float]
    callback_delay: float | None
    hang_seconds: float
    down: bool


def read(db: sqlite3.Connection, config: Config) -> Control:
    """Return the orders in force, the configured values where nothing was ordered."""
    ordered = {row["name"]: json.loads(row["value"]) for row in db.execute("SELECT * FROM control")}
    return Control(
        next=ordered.get("next", []),
        next_patch=ordered.get("next_patch", []),
        rates=ordered.get("rates", dict(config.rates)),
        callback_delay=ordered.get("callback_delay"),
        hang_seconds=ordered.get("hang_seconds", config.hang_seconds),
        down=ordered.get("down", False),
    )


def order(db: sqlite3.Connection, config: Config, orders: dict[str, Any]) -> None:
    """Take new orders; those not named stay, `reset: true` first forgets them all."""
    if orders.get("reset") is True:
        db.execute("DELETE FROM control")
    for name, value in orders.items():
        if name not in _CHECKS:
            raise BadControl(f"unknown order {name!r}")
        checked = _CHECKS[name](name, value)
        if name == "rates":
            checked = _rates({**read(db, config).rates, **checked})
        if name != "reset":
            _write(db, name, checked)


def choose(db: sqlite3.Connection, config: Config, company_id: str, company_name: str, attempt: int) -> str:
    """Return the outcome of a new company's call: ordered, else named, else drawn.

    `attempt` counts the earlier calls with the same key, so that a drawn failure passes on a
    later attempt while a whole run stays the same for the same seed.
    """
    ordered = _take(db, "next")
    if ordered:
        return ordered
    named = _named(company_name)
    if named:
        return named
    rest = _draw(config.seed, company_id, str(attempt))
    for outcome, share in read(db, config).rates.items():
        if rest < share:
            return outcome
        rest -= share
    return "ok"


def choose_for_change(db: sqlite3.Connection) -> str:
    """Return the outcome of a PATCH: ordered, else `ok`."""
    return _take(db, "next_patch") or "ok"


def delay(db: sqlite3.Connection, config: Config, company_id: str) -> float:
    """Return after how many seconds a late company is ready."""
    ordered = read(db, config).callback_delay
    if ordered is not None:
        return ordered
    return SHORTEST_DELAY + _draw(config.seed, company_id, "delay") * (LONGEST_DELAY - SHORTEST_DELAY)


def _named(company_name: str) -> str | None:
    found = [outcome for word, outcome in MAGIC_WORDS.items() if word in company_name]
    if {"refuse", "late"} <= set(found):
        return "late_refuse"
    return found[0] if found else None


def _draw(seed: int, *parts: str) -> float:
    digest = sha256(":".join((str(seed), *parts)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _take(db: sqlite3.Connection, name: str) -> str | None:
    row = db.execute("SELECT value FROM control WHERE name = ?", (name,)).fetchone()
    queue: list[str] = json.loads(row["value"]) if row else []
    if not queue:
        return None
    _write(db, name, queue[1:])
    return queue[0]


def _write(db: sqlite3.Connection, name: str, value: object) -> None:
    db.execute("INSERT OR REPLACE INTO control VALUES (?, ?)", (name, json.dumps(value)))


def _object(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadControl(f"{name} must be an object")
    return value


def _rates(value: dict[str, Any]) -> dict[str, float]:
    try:
        check_rates(value)
    except (TypeError, ValueError) as error:
        raise BadControl(str(error)) from error
    return value


def _outcomes(name: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(one in OUTCOMES for one in value):
        raise BadControl(f"{name} must be a list of {', '.join(OUTCOMES)}")
    return value


def _seconds(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise BadControl(f"{name} must be a number of seconds")
    return float(value)


def _delay(name: str, value: object) -> float | None:
    return None if value is None else _seconds(name, value)


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise BadControl(f"{name} must be true or false")
    return value


_CHECKS: dict[str, Callable[[str, object], Any]] = {
    "next": _outcomes,
    "next_patch": _outcomes,
    "rates": _object,
    "callback_delay": _delay,
    "hang_seconds": _seconds,
    "down": _flag,
    "reset": _flag,
}
