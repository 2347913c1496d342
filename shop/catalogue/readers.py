"""Readers of single values of a catalogue file: each answers the value in plain JSON, or reports a mistake."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import TypeAlias

from pricing import InexactAmount, Money
from shop.catalogue.mistakes import Refused, Spot

Reader: TypeAlias = Callable[[Spot, object], object]

HIGHEST_PRICE = Money.from_text("1000000.00")
_LONGEST_SHOWN = 40
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def shown(value: object) -> str:
    """A value as a sentence quotes it: never longer than a line, and never with a line of its own."""
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def text(maximum: int) -> Reader:
    """A text for people, without blanks around it and without invisible characters."""

    def read(spot: Spot, value: object) -> object:
        if not isinstance(value, str):
            return spot.refuse("not_a_text")
        if not value.strip():
            return spot.refuse("text_empty")
        if len(value) > maximum:
            return spot.refuse("text_too_long", maximum=maximum)
        if any(unicodedata.category(character) in _INVISIBLE for character in value):
            return spot.refuse("text_characters")
        return value.strip()

    return read


def code(pattern: str, shape: str) -> Reader:
    """An identifier; `shape` says in Italian which characters it may have."""
    compiled = re.compile(pattern)

    def read(spot: Spot, value: object) -> object:
        if not isinstance(value, str):
            return spot.refuse("not_a_text")
        if compiled.fullmatch(value) is None:
            return spot.refuse("not_a_code", written=shown(value), shape=shape)
        return value

    return read


def one_of(known: Collection[str], mistake: str = "not_one_of") -> Reader:
    """One of the known texts."""

    def read(spot: Spot, value: object) -> object:
        if not isinstance(value, str):
            return spot.refuse("not_a_text")
        if value not in known:
            return spot.refuse(mistake, written=shown(value), known=", ".join(known))
        return value

    return read


def months_or(rules: Collection[str], maximum: int) -> Reader:
    """One of the rules, or a number of months such as `12 months`."""

    def read(spot: Spot, value: object) -> object:
        if not isinstance(value, str):
            return spot.refuse("not_a_text")
        months = re.fullmatch(r"([1-9][0-9]{0,2}) months", value, re.ASCII)
        if value in rules or (months is not None and int(months.group(1)) <= maximum):
            return value
        return spot.refuse("term_unknown", written=shown(value), known=", ".join((*rules, "12 months")))

    return read


def whole(minimum: int, maximum: int) -> Reader:
    """A whole number between two others, both included."""

    def read(spot: Spot, value: object) -> object:
        if type(value) is not int:
            return spot.refuse("not_whole")
        if not minimum <= value <= maximum:
            return spot.refuse("out_of_range", written=shown(value), minimum=minimum, maximum=maximum)
        return value

    return read


def switch(spot: Spot, value: object) -> object:
    """True or false."""
    return value if isinstance(value, bool) else spot.refuse("not_a_switch")


def day(spot: Spot, value: object) -> object:
    """A civil day, answered in ISO form."""
    if isinstance(value, datetime) or not isinstance(value, date):
        return spot.refuse("not_a_day")
    return value.isoformat()


def price(spot: Spot, value: object) -> object:
    """A net price written as a text, answered with two decimals; never a number, which would be a float."""
    if not isinstance(value, str):
        return spot.refuse("price_not_text")
    try:
        amount = Money.from_text(value)
    except InexactAmount:
        return spot.refuse("price_not_exact", written=shown(value))
    if not 0 < amount.cents <= HIGHEST_PRICE.cents:
        return spot.refuse("price_out_of_range", written=amount, maximum=HIGHEST_PRICE)
    return amount.to_text()


def listing(member: Reader, maximum: int) -> Reader:
    """A list, each member read by `member`; never empty, and no text twice."""

    def read(spot: Spot, value: object) -> object:
        if not isinstance(value, list):
            return spot.refuse("not_a_list")
        if not value:
            return spot.refuse("empty")
        if len(value) > maximum:
            return spot.refuse("too_many", maximum=maximum)
        seen: set[str] = set()
        for place, item in enumerate(value):
            if isinstance(item, str) and item in seen:
                spot.at(place).refuse("repeated_member", written=shown(item))
            seen.update({item} if isinstance(item, str) else ())
        return [member(spot.at(place), item) for place, item in enumerate(value)]

    return read


def counts(maximum_keys: int, maximum: int) -> Reader:
    """A table of names and whole numbers, such as limits."""
    key, number = code(r"[a-z][a-z0-9_]{0,39}", "lettere minuscole, cifre e _"), whole(0, maximum)

    def read(spot: Spot, value: object) -> object:
        if not isinstance(value, dict):
            return spot.refuse("not_a_table")
        if len(value) > maximum_keys:
            return spot.refuse("too_many", maximum=maximum_keys)
        for name in value:
            key(spot.at(name), name)
        return {name: number(spot.at(name), count) for name, count in value.items()}

    return read


def accepted(answer: object) -> bool:
    """Whether a reader answered a value."""
    return not isinstance(answer, Refused)


def table(required: Mapping[str, Reader], optional: Mapping[str, Reader]) -> Reader:
    """A table with these keys and no others; the answer holds the keys that could be read."""
    readers = {**required, **optional}

    def read(spot: Spot, value: object) -> object:
        if not isinstance(value, dict):
            return spot.refuse("not_a_table")
        for key in value:
            if key not in readers:
                _unknown_key(spot, key, readers)
        for key in required:
            if key not in value:
                spot.refuse("missing", missing=key)
        answers = {key: reader(spot.at(key), value[key]) for key, reader in readers.items() if key in value}
        return {key: answer for key, answer in answers.items() if accepted(answer)}

    return read


def _unknown_key(spot: Spot, key: str, readers: Mapping[str, Reader]) -> None:
    near = difflib.get_close_matches(key, readers, n=1)
    if near:
        spot.at(key).refuse("unknown_key_near", key=shown(key), near=near[0])
    else:
        spot.at(key).refuse("unknown_key", key=shown(key), known=", ".join(readers))
