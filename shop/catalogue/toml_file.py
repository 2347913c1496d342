"""Writing a catalogue as TOML: what `catalogue export` prints and `catalogue import` reads back unchanged."""

import json
from collections.abc import Iterator
from typing import Any

from foundation.database import JsonObject
from shop.catalogue.toml_lines import BARE_KEY

_DAY_KEYS = frozenset({"valid_from", "last_day"})
_TOP = ("valid_from", "note", "extension_scope")
_ARRAYS = ("vat", "family", "coupon_type", "agreement", "product")
_KEYS = (
    *("sku", "code", "family", "kind", "sold", "it", "en", "name", "description", "basis_points", "nature", "kinds"),
    *("from", "net", "tiers", "vat", "buyers", "max_quantity", "requires", "available_for", "eligibility"),
    *("off_policy", "proration_mode", "expiry_display", "max_years", "by", "after", "setup", "notice"),
    *(
        "valid_from",
        "units",
        "coupon_type",
        "code_prefix",
        "product",
        "plan",
        "access_mode",
        "limits",
        "term",
        "last_day",
    ),
)
_ORDER = {key: place for place, key in enumerate(_KEYS)}


def catalogue_to_toml(document: JsonObject) -> str:
    """The document of a checked catalogue as the text of a file."""
    parts = ["\n".join(_pair(key, document[key]) for key in _TOP if key in document)]
    for key in _ARRAYS:
        parts += ["\n".join(_table(key, member)) for member in document.get(key, ())]
    return "\n\n".join(parts) + "\n"


def _table(name: str, member: JsonObject) -> Iterator[str]:
    yield f"[[{name}]]"
    nested = {"gives", "prices"}
    yield from (_pair(key, value) for key, value in _in_order(member) if key not in nested)
    if "gives" in member:
        yield f"[{name}.gives]"
        yield from (_pair(key, value) for key, value in _in_order(member["gives"]))
    for price in member.get("prices", ()):
        yield f"[[{name}.prices]]"
        yield from (_pair(key, value) for key, value in _in_order(price))


def _in_order(table: JsonObject) -> list[tuple[str, Any]]:
    """Keys as a person writes them: the database keeps no order of its own."""
    return sorted(table.items(), key=lambda pair: (_ORDER.get(pair[0], len(_ORDER)), pair[0]))


def _pair(key: str, value: object) -> str:
    written = str(value) if key in _DAY_KEYS else _value(value)
    return f"{_key(key)} = {written}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON escapes what TOML escapes, in the same way.
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(key)} = {_value(member)}" for key, member in _in_order(value))
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_value(member) for member in value)}]"
    return str(value)


def _key(key: str) -> str:
    return key if BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
