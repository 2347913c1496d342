"""What makes the activation form answer while it is filled in: choices in words, checks on leaving a field.

The attributes ask the step's own address; without scripts the same form, sent whole, says the same.
"""

import json
from collections.abc import Mapping

from flask import request
from flask_babel import gettext as _


def choices(known: Mapping[str, str], first: str, *, codes: bool = False) -> list[tuple[str, str]]:
    """Options of a select in the reader's language, `first` standing for no choice."""
    return [("", first), *((code, f"{code} {_(label)}" if codes else _(label)) for code, label in known.items())]


def on_leave(field: str, *, whole: bool = False, quiet: bool = False, **more: str) -> dict[str, str]:
    """Attributes of a control that is checked and kept when it is left.

    `whole` renews all fields, where one may fill the others; `quiet` renews only the doubts.
    """
    attributes = {
        "hx-post": request.path,
        "hx-trigger": "change",
        "hx-vals": json.dumps({"intent": "check", "checked": field}),
        "hx-select-oob": "#saved" if whole else "#doubts,#saved",
        "hx-target": "#fields" if whole else "closest .g-field",
        "hx-select": "#fields" if whole else f".g-field:has(#{field})",
        "hx-swap": "none" if quiet else "outerMorph",
    }
    return attributes | more
