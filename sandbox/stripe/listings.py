"""Lists as the API gives them: newest first, paged by cursor, filtered by name."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.stripe.errors import invalid, missing, not_played
from sandbox.stripe.jsons import Json
from sandbox.stripe.world import World

LONGEST_PAGE = 100
_PAGING = ("limit", "starting_after", "ending_before", "expand")
_BOUNDS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass(frozen=True)
class Listing:
    """One list of the API: its objects and the SQL each filter stands for."""

    url: str
    kind: str
    label: str
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Question:
    clauses: list[str]
    values: list[Any]

    def add(self, clause: str, *values: Any) -> None:  # noqa: ANN401 - any SQL value
        self.clauses.append(clause)
        self.values.extend(values)


def page(world: World, listing: Listing, params: Json, *extra: tuple[str, list[Any]]) -> Json:
    """Return one page of a list; ``extra`` are further SQL conditions with their values."""
    question = _Question(["kind = ?"], [listing.kind])
    for clause, values in extra:
        question.add(clause, *values)
    for name, value in params.items():
        if name not in _PAGING:
            _filter(question, listing, name, value)
    limit = page_size(params)
    backwards = _cursor(world, question, listing, params)
    rows = world.store.rows(
        f"SELECT body FROM objects WHERE {' AND '.join(question.clauses)}"  # noqa: S608 - our own clauses
        f" ORDER BY seq {'ASC' if backwards else 'DESC'} LIMIT ?",
        (*question.values, limit + 1),
    )
    found = [json.loads(row["body"]) for row in rows[:limit]]
    if backwards:
        found.reverse()
    return {"object": "list", "url": listing.url, "has_more": len(rows) > limit, "data": found}


def page_size(params: Json) -> int:
    """Return how many objects a page has: 10 unless asked, 1 to 100."""
    limit = int(params.get("limit", 10))
    if not 1 <= limit <= LONGEST_PAGE:
        raise invalid(f"Invalid limit: must be between 1 and {LONGEST_PAGE}.", "limit")
    return limit


def _filter(question: _Question, listing: Listing, name: str, value: Any) -> None:  # noqa: ANN401
    if name == "created":
        bounds = value if isinstance(value, dict) else {"gte": value, "lte": value}
        for bound, second in bounds.items():
            question.add(f"created {_BOUNDS[bound]} ?", second)
    elif name in listing.filters:
        question.add(listing.filters[name], value)
    else:
        raise not_played(name)


def _cursor(world: World, question: _Question, listing: Listing, params: Json) -> bool:
    """Apply the cursor; return True when the page is read towards newer objects."""
    for name, comparison in (("starting_after", "<"), ("ending_before", ">")):
        identifier = params.get(name)
        if identifier is None:
            continue
        rows = world.store.rows("SELECT seq FROM objects WHERE id = ? AND kind = ?", (identifier, listing.kind))
        if not rows:
            raise missing(listing.label, identifier, name, status=400)
        question.add(f"seq {comparison} ?", rows[0]["seq"])
    return "ending_before" in params


def body_filter(name: str) -> str:
    """Return the SQL of a filter on a field of the object itself."""
    return f"json_extract(body, '$.{name}') = ?"


def note_filter(name: str) -> str:
    """Return the SQL of a filter on something Stripe knows but does not show."""
    return f"json_extract(note, '$.{name}') = ?"
