"""JSON with one spelling per value, and a reader of stored JSON that names the place of the first fault."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from pricing.errors import MalformedQuote

JsonValue: TypeAlias = "bool | int | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
JsonObject: TypeAlias = Mapping[str, JsonValue]


def canonical_json(value: JsonValue) -> str:
    """The one text of a value: sorted keys, no spaces, no escapes beyond JSON's own. Equal values, equal text.

    A float raises `MalformedQuote` with its place: no figure of this package is one, and stores rewrite them.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def own_copy(value: JsonObject) -> JsonObject:
    """The same value in plain JSON types, which nobody else can change behind our back.

    What `canonical_json` refuses is refused here, at the same place.
    """
    copied: JsonObject = _plain(value)
    return copied


_ATOMS = frozenset({str, int, bool, type(None)})


def _plain(value: Any, *way: str | int) -> Any:  # noqa: ANN401 - JSON of any shape, every order passes here
    kind = type(value)
    if kind in _ATOMS:
        return value
    if isinstance(value, dict):
        if set(map(type, value)) - {str}:
            raise MalformedQuote(_pointer(way))
        return {key: one if type(one) in _ATOMS else _plain(one, *way, key) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member, *way, place) for place, member in enumerate(value)]
    if isinstance(value, str | int):
        # A kind of text or number of somebody's own, such as an enumeration: what JSON makes of it.
        return json.loads(json.dumps(value))
    raise MalformedQuote(_pointer(way))


def _pointer(way: tuple[str | int, ...]) -> str:
    return "".join(f"/{step}" for step in way)


def differences(left: JsonValue, right: JsonValue) -> tuple[str, ...]:
    """Places where two plain values differ, as JSON pointers: the deepest object or array that differs as a whole."""
    if json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True):
        return ()
    return _places(left, right, "")


def _places(left: JsonValue, right: JsonValue, pointer: str) -> tuple[str, ...]:
    pairs: list[tuple[str, JsonValue, JsonValue]] = []
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        pairs = [(f"{pointer}/{key}", left[key], right[key]) for key in sorted(left)]
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = [(f"{pointer}/{place}", *pair) for place, pair in enumerate(zip(left, right, strict=True))]
    elif type(left) is not type(right) or left != right:
        return (pointer,)
    return tuple(place for pointer, one, other in pairs for place in _places(one, other, pointer))


@dataclass(frozen=True, slots=True)
class Reading:
    """One place of a stored JSON document, read with its expected type or refused as `MalformedQuote` there."""

    value: JsonValue
    pointer: str = ""

    def at(self, key: str) -> "Reading":
        """The member `key` of an object; an absent one is refused."""
        place = f"{self.pointer}/{key}"
        if not isinstance(self.value, Mapping) or key not in self.value:
            raise MalformedQuote(place)
        return Reading(self.value[key], place)

    def object(self) -> JsonObject:
        """An object."""
        if not isinstance(self.value, Mapping):
            raise MalformedQuote(self.pointer)
        return self.value

    def items(self) -> tuple["Reading", ...]:
        """The members of an array."""
        if isinstance(self.value, str) or not isinstance(self.value, Sequence):
            raise MalformedQuote(self.pointer)
        return tuple(Reading(member, f"{self.pointer}/{place}") for place, member in enumerate(self.value))

    def integer(self) -> int:
        """A whole number, never a truth value."""
        if type(self.value) is not int:
            raise MalformedQuote(self.pointer)
        return self.value

    def text(self) -> str:
        """A text."""
        if not isinstance(self.value, str):
            raise MalformedQuote(self.pointer)
        return self.value

    def text_or_none(self) -> str | None:
        """A text, or null."""
        return None if self.value is None else self.text()

    def day(self) -> date:
        """An ISO date."""
        try:
            return date.fromisoformat(self.text())
        except ValueError as error:
            raise MalformedQuote(self.pointer) from error

    def decimal(self) -> Decimal:
        """An exact decimal number written as a text."""
        try:
            return Decimal(self.text())
        except InvalidOperation as error:
            raise MalformedQuote(self.pointer) from error
