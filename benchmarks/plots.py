"""Plots as SVG, drawn here: where the processor's time goes, and how long the slowest wait."""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, LEFT, ROW, BAR = 760, 210, 30, 18
_COLOURS = ("#0b5cad", "#c2571a", "#3f7f3f", "#7a4fa3", "#5f6b76")
_TEXT = 'font-family="system-ui, sans-serif" font-size="12" fill="#1f2933"'
_PLOT_HEIGHT, _MARGIN = 260, 50

Bars = Sequence[tuple[str, Mapping[str, float]]]
Curves = Mapping[str, Sequence[tuple[float, float]]]


def stacked_bars(title: str, unit: str, bars: Bars) -> str:
    """One bar per row, a piece per part; the scale is that of the longest bar."""
    parts = list(dict.fromkeys(part for _, pieces in bars for part in pieces))
    longest = max((sum(pieces.values()) for _, pieces in bars), default=1.0) or 1.0
    scale = (WIDTH - LEFT - 90) / longest
    drawn = [_legend(parts)]
    for place, (name, pieces) in enumerate(bars):
        top, x = 60 + place * ROW, float(LEFT)
        drawn.append(f'<text x="{LEFT - 8}" y="{top + 13}" text-anchor="end" {_TEXT}>{escape(name)}</text>')
        for part, value in pieces.items():
            colour = _COLOURS[parts.index(part) % len(_COLOURS)]
            drawn.append(
                f'<rect x="{x:.1f}" y="{top}" width="{value * scale:.1f}" height="{BAR}" fill="{colour}">'
                f"<title>{escape(part)}: {value:.2f} {unit}</title></rect>"
            )
            x += value * scale
        drawn.append(f'<text x="{x + 6:.1f}" y="{top + 13}" {_TEXT}>{sum(pieces.values()):.1f} {unit}</text>')
    return _svg(title, 70 + len(bars) * ROW, drawn)


def curves(title: str, unit: str, lines: Curves) -> str:
    """Lines over percentiles: x is the share of answers, y how long they took at most."""
    points = [point for line in lines.values() for point in line]
    if not points:
        return _svg(title, 100, [])
    highest = max(y for _, y in points) * 1.05
    low, high = min(x for x, _ in points), max(x for x, _ in points)
    drawn = [_legend(list(lines)), _axes(highest, low, high, unit)]
    for place, line in enumerate(lines.values()):
        at = " ".join(f"{_x(x, low, high):.1f},{_y(y, highest):.1f}" for x, y in line)
        colour = _COLOURS[place % len(_COLOURS)]
        drawn.append(f'<polyline points="{at}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return _svg(title, _PLOT_HEIGHT + 2 * _MARGIN, drawn)


def _axes(highest: float, low: float, high: float, unit: str) -> str:
    drawn = []
    for step in range(5):
        value = highest * step / 4
        y = _y(value, highest)
        drawn.append(f'<line x1="{_MARGIN}" x2="{WIDTH - 20}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d5dbe1"/>')
        drawn.append(f'<text x="{_MARGIN - 6}" y="{y + 4:.1f}" text-anchor="end" {_TEXT}>{value:.0f}</text>')
    for share in (low, 75.0, 90.0, 95.0, high):
        x = _x(share, low, high)
        bottom = _PLOT_HEIGHT + _MARGIN + 18
        drawn.append(f'<text x="{x:.1f}" y="{bottom}" text-anchor="middle" {_TEXT}>p{share:g}</text>')
    return "".join(drawn) + f'<text x="{_MARGIN - 6}" y="{_MARGIN - 8}" text-anchor="end" {_TEXT}>{unit}</text>'


def _x(share: float, low: float, high: float) -> float:
    return _MARGIN + (share - low) / ((high - low) or 1) * (WIDTH - _MARGIN - 30)


def _y(value: float, highest: float) -> float:
    return _MARGIN + _PLOT_HEIGHT * (1 - value / (highest or 1))


def _legend(names: Sequence[str]) -> str:
    drawn, x = [], float(LEFT)
    for place, name in enumerate(names):
        drawn.append(f'<rect x="{x:.0f}" y="34" width="12" height="12" fill="{_COLOURS[place % len(_COLOURS)]}"/>')
        drawn.append(f'<text x="{x + 17:.0f}" y="44" {_TEXT}>{escape(name)}</text>')
        x += 35 + 7 * len(name)
    return "".join(drawn)


def _svg(title: str, height: int, drawn: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
    back = f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    said = f'<text x="16" y="22" {_TEXT} font-weight="600">{escape(title)}</text>'
    return "\n".join([head, back, said, *drawn, "</svg>", ""])
