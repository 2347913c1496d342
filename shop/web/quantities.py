"""Quantities as a person sends them: typed, or by the buttons of the stepper, which work without scripts."""

import re

from werkzeug.datastructures import MultiDict

from pricing import MAXIMUM_QUANTITY, InvalidQuantity

_FIGURES = re.compile(r"[0-9]{1,9}", re.ASCII)


def quantity_of(form: MultiDict[str, str], least: int = 1) -> int:
    """The quantity a form asks for, `less` or `more` counted in. Raises InvalidQuantity below `least`."""
    typed = form.get("quantity", "").strip()
    if not _FIGURES.fullmatch(typed):
        raise InvalidQuantity(0, MAXIMUM_QUANTITY)
    wanted = int(typed) + ("more" in form) - ("less" in form)
    if not least <= wanted <= MAXIMUM_QUANTITY:
        raise InvalidQuantity(wanted, MAXIMUM_QUANTITY)
    return wanted


def stepped(form: MultiDict[str, str]) -> bool:
    """Whether a button of the stepper was pressed, not the form's own button."""
    return "less" in form or "more" in form
