"""The shared part of the JSON API: strict reading, problems, pages, entity tags, idempotency, rates, description."""

from flask import Flask

from foundation.api import description, manual
from foundation.api.answers import moment, text, whole
from foundation.api.area import Area
from foundation.api.description import add_area
from foundation.api.manual import explain
from foundation.api.once import claimed, effect_begun, kept, once
from foundation.api.paging import PageQuery, PageShape, asked_place, cursor_to, page_of, place_of
from foundation.api.problem_types import ProblemType
from foundation.api.refusals import InvalidFields
from foundation.api.replies import expect_unchanged, instant, may_match, reply, tagged_reply
from foundation.api.shapes import (
    Choice,
    Flag,
    Identifier,
    Inner,
    Instant,
    Many,
    QueryWhole,
    Shape,
    Text,
    Whole,
    day,
    field_problem,
    last_day,
)

__all__ = [
    "Area",
    "Choice",
    "Flag",
    "Identifier",
    "Inner",
    "Instant",
    "InvalidFields",
    "Many",
    "PageQuery",
    "PageShape",
    "ProblemType",
    "QueryWhole",
    "Shape",
    "Text",
    "Whole",
    "add_area",
    "asked_place",
    "claimed",
    "cursor_to",
    "day",
    "effect_begun",
    "expect_unchanged",
    "explain",
    "field_problem",
    "install",
    "instant",
    "kept",
    "last_day",
    "may_match",
    "moment",
    "once",
    "page_of",
    "place_of",
    "reply",
    "tagged_reply",
    "text",
    "whole",
]


def install(app: Flask) -> None:
    """Make the application ready for areas; the rooms add theirs afterwards."""
    description.install(app)
    manual.install(app)
