"""Figures: rounds of interleaved legs, their medians, and the table that is printed."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

ROUNDS = 7

Figures = Mapping[str, float]
Leg = Callable[[], Figures]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, the figure with its unit, the aim and the floor in words."""

    name: str
    figure: str
    aim: str = ""
    floor: str = ""
    verdict: str = ""


class Taken:
    """Every figure of every round, by name."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}

    def rounds(self, legs: Sequence[Leg], rounds: int) -> None:
        """Run every leg once per round, so that whatever else the machine does falls on all of them alike."""
        for _ in range(rounds):
            for leg in legs:
                for name, value in leg().items():
                    self._values.setdefault(name, []).append(value)

    def median(self, name: str) -> float:
        """The middle of the values taken."""
        return statistics.median(self._values[name])

    def ratio(self, name: str, other: str) -> float:
        """The median of the ratios of two figures, round by round."""
        pairs = zip(self._values[name], self._values[other], strict=True)
        return statistics.median(value / against for value, against in pairs)

    def __contains__(self, name: str) -> bool:
        return name in self._values


def judged(
    name: str, value: float, bounds: tuple[float, float], unit: str = "", *, more_is_better: bool = False
) -> Row:
    """A row with its verdict by `bounds`, the aim and the floor: aim met, floor met, or missed."""
    aim, floor = bounds
    good = value >= aim if more_is_better else value <= aim
    bearable = value >= floor if more_is_better else value <= floor
    sign = "≥" if more_is_better else "≤"
    verdict = "aim" if good else "floor" if bearable else "MISSED"
    return Row(name, f"{value:.3g}{unit}", f"{sign} {aim:g}{unit}", f"{sign} {floor:g}{unit}", verdict)


def told(name: str, value: float, unit: str = "") -> Row:
    """A row that nothing was promised of."""
    return Row(name, f"{value:.3g}{unit}")


def table(rows: Sequence[Row]) -> str:
    """The rows as a table for a terminal and for Markdown alike."""
    head = Row("leg", "median", "aim", "floor", "met")
    cells = [(r.name, r.figure, r.aim, r.floor, r.verdict) for r in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(5)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
