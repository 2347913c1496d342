"""Figures: rounds of interleaved legs, their medians, and the table that is printed."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, the figure with its unit, the aim and the floor in words."""

    name: str
    figure: str
    aim: str = ""
    floor: str = ""
    verdict: str = ""


def interleaved(legs: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Run every leg once per round, so that whatever else the machine does falls on all of them alike."""
    taken: dict[str, list[float]] = {name: [] for name in legs}
    for _ in range(rounds):
        for name, leg in legs.items():
            taken[name].append(leg())
    return taken


def median(values: list[float]) -> float:
    """The middle of the values."""
    return statistics.median(values)


def judged(name: str, value: float, aim: float, floor: float, *, more_is_better: bool, unit: str = "") -> Row:
    """A row with its verdict: aim met, floor met, or missed."""
    good = value >= aim if more_is_better else value <= aim
    bearable = value >= floor if more_is_better else value <= floor
    sign = "≥" if more_is_better else "≤"
    verdict = "aim" if good else "floor" if bearable else "MISSED"
    return Row(name, f"{value:.3g}{unit}", f"{sign} {aim:g}{unit}", f"{sign} {floor:g}{unit}", verdict)


def table(rows: list[Row]) -> str:
    """The rows as a table for a terminal and for Markdown alike."""
    head = Row("leg", "median", "aim", "floor", "met")
    cells = [(r.name, r.figure, r.aim, r.floor, r.verdict) for r in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(5)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
