"""The extension on the cart page: both outcomes side by side, with price, formula and last day, before choosing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext

from foundation import formats
from pricing import Money, half_up, months_ceil
from shop.addons.additions import additions_to, missing_with
from shop.addons.purchases import EndOfService, OutcomeLines, Purchase
from shop.addons.service_lines import ServiceLine
from shop.cart_views import CartRow, CartView, Extension, dependents
from shop.catalogue import PriceBookView, Product
from shop.web.formula_words import agreement_named, in_words

_FEW_MONTHS = 1
_SCALE = 100


@dataclass(frozen=True, slots=True)
class Face:
    """One outcome: its total, its lines as (what, formula, value), the days, bars, and what is lost, if anything is."""

    gross_cents: int
    lines: tuple[tuple[str, str, int | str], ...]
    ends: tuple[tuple[str, str], ...]
    bars: tuple[tuple[str, tuple[tuple[int, int, str], ...]], ...]
    lost: str
    warning: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class ExtensionCard:
    """The choice of one company, with what stands at stake in a sentence."""

    company_id: UUID
    company: str
    extend: bool
    hint: str
    starts: str
    ends: str
    on: Face
    off: Face


@dataclass(frozen=True, slots=True)
class RenewalCard:
    """How many years a company's services are renewed for."""

    company_id: UUID
    company: str
    years: int
    most: int


@dataclass(frozen=True, slots=True)
class AdditionCard:
    """What else a company could buy together with what is in the cart; open where it buys its first base (F004-05)."""

    company_id: UUID
    company: str
    first: bool
    products: tuple[tuple[Product, str], ...]


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards of a cart, in the order of its companies."""

    renewals: tuple[RenewalCard, ...]
    extensions: tuple[ExtensionCard, ...]
    additions: tuple[AdditionCard, ...]


def cards_of(view: CartView, book: PriceBookView) -> Cards:
    """What the cart page asks and offers, company by company; nothing where there is nothing to choose."""
    purchases = view.priced.purchases if view.priced else ()
    names = {row.line.for_party_id: row.company or "" for row in view.rows}
    renewals = tuple(_renewal(one, names, view.rows) for one in purchases if one.renewals)
    additions = tuple(_addition(book, one, names) for one in purchases if additions_to(book, one))
    return Cards(renewals, tuple(_extension(one, view.contents.agreement_code) for one in view.extensions), additions)


def how_it_is_made(line: ServiceLine) -> str:
    """The formula in words; nothing where it is the price itself."""
    return "" if line.net == line.unit_net and not line.formula.rounding else in_words(line.formula)


def names_of_dependents(view: CartView, row: CartRow) -> str:
    """What goes with a line when it is taken out, by name; empty when nothing does."""
    language = formats.readers_language()
    return ", ".join(other.product.name(language) for other in dependents(view, row) if other.product)


def _renewal(purchase: Purchase, names: Mapping[UUID | None, str], rows: Sequence[CartRow]) -> RenewalCard:
    company_id = purchase.company.company_id
    renewed = [row for row in rows if row.line.for_party_id == company_id and row.line.renews_licence_id is not None]
    most = min(row.product.rules.maximum_years for row in renewed if row.product)
    return RenewalCard(company_id, names.get(company_id, ""), purchase.company.choice.years, most)


def _addition(book: PriceBookView, purchase: Purchase, names: Mapping[UUID | None, str]) -> AdditionCard:
    company_id = purchase.company.company_id
    products = tuple((one, ",".join(missing_with(one, purchase))) for one in additions_to(book, purchase))
    return AdditionCard(company_id, names.get(company_id, ""), purchase.company.running.base is None, products)


def _extension(one: Extension, code: str | None) -> ExtensionCard:
    purchase = one.purchase
    starts_on = purchase.company.on
    new_end = max(end.ends_on for end in purchase.on.ends)
    return ExtensionCard(
        company_id=one.company_id,
        company=one.company,
        extend=purchase.company.choice.extend,
        hint=_hint(purchase, new_end),
        starts=formats.day(starts_on, formats.readers_language()),
        ends=_last(new_end),
        on=_face(purchase, purchase.on, one.gross_on, _discount(code, one.taken_on)),
        off=_face(purchase, purchase.off, one.gross_off, _discount(code, one.taken_off)),
    )


def _hint(purchase: Purchase, new_end: date) -> str:
    base = purchase.request.base
    if base is None:
        return ""
    name = next(_named(end) for end in purchase.on.ends if end.sku == base.sku)
    return str(
        _(
            "%(base)s scade il %(day)s, quello che aggiungi durerebbe fino al %(until)s. Scegli come allinearli.",
            base=name,
            day=_last(base.ends_on),
            until=_last(new_end),
        )
    )


def _discount(code: str | None, taken: Money) -> list[tuple[str, str, int]]:
    """The row of an agreement, where it takes anything off."""
    return [(agreement_named(code), "", -taken.cents)] if code and taken else []


def _face(purchase: Purchase, outcome: OutcomeLines, gross: Money, discount: Sequence[tuple[str, str, int]]) -> Face:
    lines = [(_line_name(line), how_it_is_made(line), line.net.cents) for line in outcome.lines]
    new_end = max(end.ends_on for end in purchase.on.ends)
    return Face(
        gross_cents=gross.cents,
        lines=(*lines, *discount),
        ends=tuple(_ends(outcome)),
        bars=tuple(_bars(purchase, outcome, new_end)),
        lost=_lost(outcome),
        warning=_warning(outcome),
    )


def _ends(outcome: OutcomeLines) -> list[tuple[str, str]]:
    """Every last day with the services that have it; one row when they all end together."""
    named: dict[date, list[str]] = {}
    for end in outcome.ends:
        named.setdefault(end.ends_on, []).append(_named(end))
    if len(named) == 1:
        return [(str(_("Tutto scade il")), _last(day)) for day in named]
    return [
        (ngettext("%(what)s scade il", "%(what)s scadono il", len(names), what=_listed(names)), _last(day))
        for day, names in sorted(named.items())
    ]


def _listed(names: Sequence[str]) -> str:
    """Names in a sentence: the last after "e"."""
    *most, last = names
    return f"{', '.join(most)} {_('e')} {last}" if most else last


def _bars(
    purchase: Purchase, outcome: OutcomeLines, new_end: date
) -> list[tuple[str, tuple[tuple[int, int, str], ...]]]:
    """A bar per kind of service from today to the last end of all, in hundredths: used, added, lost."""
    kinds = {"base_service": _("Base"), "addon": _("Moduli"), "seats": _("Utenti"), "storage": _("Spazio")}
    anew = {"addon": _("Moduli nuovi"), "seats": _("Utenti nuovi"), "storage": _("Spazio nuovo")}
    start = purchase.company.on
    most = max(1, (new_end - start).days)
    lost = {line.place: line.months_forfeited for line in outcome.lines if line.place is not None}

    def at(day: date) -> int:
        return min(_SCALE, max(0, half_up((day - start).days * _SCALE, most)))

    running = {end.kind for end in outcome.ends if end.place is None}
    bars = []
    for end in outcome.ends:
        before = at(end.ends_before) if end.ends_before else at(end.ends_on)
        parts = [(0, before, "on")]
        if at(end.ends_on) > before:
            parts.append((before, at(end.ends_on) - before, "extended"))
        if end.place is not None and lost.get(end.place):
            parts.append((at(end.ends_on), _SCALE - at(end.ends_on), "lost"))
        beside = end.place is not None and end.kind in running
        bars.append((anew[end.kind] if beside else kinds[end.kind], tuple(parts)))
    # Modules that run over the same days are one bar.
    return list(dict.fromkeys(bars))


def _lost(outcome: OutcomeLines) -> str:
    months = outcome.months_forfeited
    if not months:
        return ""
    names = _listed([_line_name(line) for line in outcome.lines if line.months_forfeited])
    return str(
        ngettext(
            "%(what)s: non usi %(num)s mese già pagato.",
            "%(what)s: non usi %(num)s mesi già pagati.",
            months,
            what=names,
        )
    )


def _warning(outcome: OutcomeLines) -> tuple[str, str] | None:
    """A full price that buys a month or less is said aloud before it is chosen."""
    language = formats.readers_language()
    for line in outcome.lines:
        months = months_ceil(line.term.starts_on, line.term.ends_on)
        if not line.months_forfeited or months > _FEW_MONTHS:
            continue
        each = Money(half_up(line.net.cents, 12))
        return (
            str(_("Paghi un anno, usi un mese.")),
            str(
                _(
                    "%(what)s scade il %(day)s: %(paid)s al mese invece di %(usual)s.",
                    what=_line_name(line),
                    day=_last(line.term.ends_on),
                    paid=formats.money(line.net.cents, language),
                    usual=formats.money(each.cents, language),
                )
            ),
        )
    return None


def _line_name(line: ServiceLine) -> str:
    return line.names.get(formats.readers_language()) or line.names["it"]


def _named(end: EndOfService) -> str:
    name = end.names.get(formats.readers_language()) or end.names["it"]
    return f"{name} × {end.quantity}" if end.quantity > 1 else name


def _last(ends_on: date) -> str:
    return formats.last_day(ends_on, formats.readers_language())
