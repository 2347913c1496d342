"""The page docs/pricing.md, executed: its inputs go into the code, its figures must come out digit for digit."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from pricing import (
    GIGABYTE,
    ActiveService,
    AnnualPrice,
    DayOfUse,
    ExtensionLine,
    ExtensionProposal,
    ExtensionRequest,
    LineKind,
    Money,
    OffPolicy,
    ProrationMode,
    TaxedNet,
    Tier,
    TierTable,
    VatRate,
    WantedItem,
    add_months,
    december_term,
    expected_bytes,
    gross_shares,
    half_up,
    is_filling,
    largest_remainder,
    months_ceil,
    net_per_unit,
    propose_extension,
    refund_share,
    suggested_units,
    total,
    twelve_month_term,
    vat_summaries,
)
from tests.pricing.values import ORDINARY

PAGE = Path(__file__).parents[2] / "docs" / "pricing.md"
ANNUAL = {"BASE": "29.90", "INC": "15", "DOC": "15", "ORD": "20", "WOO": "25", "SEAT": "9.90"}

Cells = Mapping[str, str]


def rounding(row: Cells) -> list[str]:
    return [str(half_up(int(row["Numerator"]), int(row["Denominator"])))]


def sharing(row: Cells) -> list[str]:
    shares = largest_remainder(int(row["Cents"]), [int(weight) for weight in row["Weights"].split()])
    return [" ".join(map(str, shares))]


def tiers(row: Cells) -> list[str]:
    pairs = (pair.split(": ") for pair in row["Tiers"].split(", "))
    table = TierTable(tuple(Tier(int(start), Money.from_text(unit)) for start, unit in pairs))
    quantity = int(row["Quantity"])
    better = table.better_quantity(quantity)
    return [str(table.unit_price(quantity)), str(table.line_net(quantity)), "–" if better is None else str(better)]


def unit_of_a_pack(row: Cells) -> list[str]:
    return [str(net_per_unit(Money.from_text(row["Pack"]), int(row["Units"])))]


def vat(row: Cells) -> list[str]:
    basis_points = Money.from_text(row["Rate"].removesuffix("%")).cents
    rate = VatRate(row["Rate"], basis_points, None if basis_points else "N4", "")
    lines = [TaxedNet(Money.from_text(net), rate) for net in row["Nets"].split()]
    (summary,) = vat_summaries(lines)
    return [str(summary.vat), str(summary.gross), " ".join(map(str, gross_shares(lines)))]


def refunds(row: Cells) -> list[str]:
    line, quantity, done = Money.from_text(row["Line"]), int(row["Quantity"]), 0
    amounts = []
    for units in map(int, row["Units given back, in order"].split()):
        amounts.append(str(refund_share(line, quantity, done, units)))
        done += units
    return [" ".join(amounts)]


def months(row: Cells) -> list[str]:
    return [str(months_ceil(date.fromisoformat(row["From"]), date.fromisoformat(row["To"])))]


def terms(row: Cells) -> list[str]:
    starts_on, rule = date.fromisoformat(row["Starts on"]), row["Rule"]
    fixed = rule.startswith("31 December ")
    assert fixed or rule == "12 months"
    term = december_term(starts_on, int(rule.split()[-1])) if fixed else twelve_month_term(starts_on)
    return [term.ends_on.isoformat(), term.last_day.isoformat()]


def charges(row: Cells) -> list[str]:
    price = AnnualPrice(Money.from_text(row["Price"]), int(row["Quantity"]))
    formula = price.between(*(date.fromisoformat(row[name]) for name in ("Anchor", "From", "To")))
    return [str(formula.part), str(formula.net), str(formula.rounding)]


def modes(row: Cells) -> list[str]:
    span = [date.fromisoformat(row[name]) for name in ("Anchor", "From", "To")]
    unit_net = Money.from_text(row["Price"])
    return [str(AnnualPrice(unit_net, 1, mode).between(*span).net) for mode in ProrationMode]


def _priced(text: str) -> tuple[str, AnnualPrice]:
    sku, _, quantity = text.partition(" × ")
    return sku, AnnualPrice(Money.from_text(ANNUAL[sku]), int(quantity or "1"))


def _active(cell: str) -> Iterator[ActiveService]:
    for place, text in enumerate(cell.split(", ")):
        what, _, day = text.rpartition(" ")
        ends_on = date.fromisoformat(day)
        sku, price = _priced(what)
        yield ActiveService(str(place), sku, price, ORDINARY, add_months(ends_on, -12), ends_on)


def _line(line: ExtensionLine) -> str:
    formula = line.formula
    quantity = f" × {formula.quantity}" if formula.quantity > 1 else ""
    in_full = line.kind is LineKind.ADD_ON and formula.part == formula.whole
    fraction = "" if in_full else f" {formula.part}/{formula.whole}"
    return f"{line.sku}{quantity}{fraction} {line.net}"


def extensions(row: Cells) -> list[str]:
    assert row["Case"]
    base, *others = _active(row["Active, with the day they end"])
    choice, _, policy = row["Choice"].partition(" ")
    off_policy = OffPolicy(policy) if choice == "OFF" else OffPolicy.TRUNCATE
    wanted = tuple(WantedItem(*_priced(text), ORDINARY, off_policy) for text in row["Bought"].split(", "))
    answer = propose_extension(ExtensionRequest(date.fromisoformat(row["Activated"]), base, tuple(others), wanted))
    assert isinstance(answer, ExtensionProposal)
    assert answer.toggle_shown == (row["Choice"] != "no choice")
    outcome = answer.off if choice == "OFF" else answer.on
    ends = [(line.sku, line.term.ends_on) for line in outcome.lines if line.kind is LineKind.ADD_ON]
    ends += [(end.sku, end.ends_on) for end in outcome.ends]
    return [
        "; ".join(map(_line, outcome.lines)),
        *map(str, (outcome.net, outcome.vat, outcome.gross)),
        "; ".join(f"{sku} {ends_on.isoformat()}" for sku, ends_on in ends),
        str(outcome.months_forfeited),
    ]


def _bytes(gigabytes: str) -> int:
    whole, _, decimals = gigabytes.partition(".")
    return int(whole + decimals.ljust(9, "0"))


def storage(row: Cells) -> list[str]:
    available, today = int(row["Available"]), date(2027, 1, 1)
    cells = (one.split() for one in row["In use, days ago"].split("; "))
    reports = [DayOfUse(today - timedelta(days=int(back)), _bytes(used)) for used, back in cells]
    expected = expected_bytes(reports)
    return [
        f"{expected // GIGABYTE}.{expected % GIGABYTE:09}",
        "yes" if is_filling(reports[-1].used_bytes, available) else "no",
        str(suggested_units(reports, available, int(row["Unit"]))),
    ]


# The first column of each table names the rule that computes its last columns.
RULES: dict[tuple[str, ...], Callable[[Cells], list[str]]] = {
    ("Numerator", "Denominator", "Rounded"): rounding,
    ("Cents", "Weights", "Shares"): sharing,
    ("Tiers", "Quantity", "Unit", "Net", "Better quantity"): tiers,
    ("Pack", "Units", "Each"): unit_of_a_pack,
    ("Rate", "Nets", "VAT", "Gross", "Gross of each line"): vat,
    ("Line", "Quantity", "Units given back, in order", "Amounts given back"): refunds,
    ("From", "To", "Months"): months,
    ("Available", "Unit", "In use, days ago", "In a year", "Filling up", "Suggested"): storage,
    ("Starts on", "Rule", "Ends on", "Last day"): terms,
    ("Price", "Quantity", "Anchor", "From", "To", "Months printed", "Charge", "Rounding"): charges,
    ("Price", "Anchor", "From", "To", "TELESCOPING", "MONTH_DAY", "DAY_ACT"): modes,
    (
        "Case",
        "Activated",
        "Active, with the day they end",
        "Bought",
        "Choice",
        "Lines",
        "Net",
        "VAT",
        "Gross",
        "Ends on",
        "Months lost",
    ): extensions,
}


class Inputs(dict[str, str]):
    """The cells of a row that remembers which of them the rule has read."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        super().__init__(cells)
        self.read: set[str] = set()

    def __getitem__(self, column: str) -> str:
        self.read.add(column)
        return super().__getitem__(column)


def tables() -> list[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    found: list[tuple[tuple[str, ...], list[tuple[str, ...]]]] = []
    inside = False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        cells = tuple(cell.strip() for cell in line.strip("|").split("|"))
        if not inside:
            found.append((cells, []))
            inside = True
        elif set(cells) != {"---"}:
            found[-1][1].append(cells)
    return found


ROWS = [(header, row) for header, rows in tables() for row in rows]


def printed_and_computed(header: tuple[str, ...], row: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The last cells of a row, and what the rule of its table gives when fed with the first ones."""
    inputs = Inputs(dict(zip(header, row, strict=True)))
    figures = RULES[header](inputs)
    given = header[: -len(figures)]
    assert inputs.read == set(given), "a column of the page is neither read nor computed"
    return list(row[len(given) :]), figures


def test_every_table_of_the_page_has_a_rule_and_every_rule_a_table() -> None:
    headers = [header for header, _ in tables()]
    assert sorted(headers) == sorted(RULES)
    assert all(rows for _, rows in tables())


@pytest.mark.parametrize(("header", "row"), ROWS, ids=[f"{header[0]}: {' | '.join(row[:4])}" for header, row in ROWS])
def test_a_row_of_the_page_says_what_the_code_computes(header: tuple[str, ...], row: tuple[str, ...]) -> None:
    printed, computed = printed_and_computed(header, row)
    assert printed == computed


@pytest.mark.parametrize("header", RULES, ids=[header[0] for header in RULES])
def test_any_changed_digit_of_a_figure_on_the_page_is_noticed(header: tuple[str, ...]) -> None:
    changed = 0
    for page_header, row in ROWS:
        if page_header != header:
            continue
        given = len(header) - len(RULES[header](dict(zip(header, row, strict=True))))
        for column in range(given, len(row)):
            for digit in re.finditer(r"[0-9]", row[column]):
                other = str((int(digit.group()) + 1) % 10)
                cell = row[column][: digit.start()] + other + row[column][digit.end() :]
                printed, computed = printed_and_computed(header, (*row[:column], cell, *row[column + 1 :]))
                assert printed != computed
                changed += 1
    assert changed > 0


def test_the_page_shows_the_twelve_worked_examples() -> None:
    cases = [row[0] for header, row in ROWS if header[0] == "Case"]
    assert [case for case in cases if case.isdigit()] == [str(number) for number in range(1, 13)]


def test_the_sums_that_prose_mentions_are_the_ones_of_the_tables() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert f"seven packs at 33.33 are {total(gross_shares([TaxedNet(Money(3333) * 7, ORDINARY)]))}" in text
    assert f"would be\n{Money(half_up(3333 * 12200, 10_000)) * 7}" in text
