"""Formulas in words: "29,90 € × 8/12", never a rounded monthly price (M28)."""

from flask_babel import gettext as _
from flask_babel import ngettext

from foundation import formats
from foundation.database import JsonObject
from pricing import Counted, Formula, Money

_MONTHS = 12


def agreement_named(code: str) -> str:
    """What the row of a discount is called (F004-26)."""
    return str(_("Convenzione %(code)s", code=code))


def in_words(formula: Formula) -> str:
    """How the price of a line sold by the year is made, in the reader's language."""
    language = formats.readers_language()
    words = formats.money(formula.unit_net.cents, language)
    if formula.quantity > 1:
        words += f" × {formats.number(formula.quantity, language)}"
    return words + _part(formula) + _rounding(formula, language)


def part_in_words(quantity: int, unit_net_cents: int, net_cents: int, term: JsonObject | None) -> str:
    """What an ordered line's quantity times price is multiplied by, and the cent of its rounding; "" where nothing is.

    `term` is what the line keeps of its formula, `net_cents` its price before what an agreement takes off.
    """
    if term is None:
        return ""
    part, whole, counted = _fraction_kept(term)
    if not part:
        return ""
    formula = Formula(Money(unit_net_cents), quantity, part, whole, counted, Money(net_cents))
    return _part(formula) + _rounding(formula, formats.readers_language())


def _fraction_kept(term: JsonObject) -> tuple[int, int, Counted]:
    if "counted" in term:
        return term["part"], term["whole"], Counted(term["counted"])
    # Orders placed before the fraction was kept say only their months or years; of days they say nothing.
    return term["months"] or _MONTHS * (term["years"] or 0), _MONTHS, Counted.MONTHS


def _part(formula: Formula) -> str:
    whole_years = formula.counted is Counted.MONTHS and formula.part % _MONTHS == 0 and formula.whole == _MONTHS
    if whole_years and formula.part != _MONTHS:
        return f" × {ngettext('%(num)s anno', '%(num)s anni', formula.part // _MONTHS)}"
    if whole_years and not formula.rounding:
        return ""
    if formula.counted is Counted.DAYS:
        return f" × {_('%(part)s/%(whole)s giorni', part=formula.part, whole=formula.whole)}"
    return f" × {formula.part}/{formula.whole}"


def _rounding(formula: Formula, language: str) -> str:
    if not formula.rounding:
        return ""
    cents = formats.money(abs(formula.rounding.cents), language)
    return f" + {cents}" if formula.rounding.cents > 0 else f" − {cents}"
