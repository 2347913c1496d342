"""A page keeps a place between two marks, which a run writes anew."""

from pathlib import Path

END = "<!-- to here -->"


def begin(program: str) -> str:
    """How the line before the place of `make bench` or `make torture` begins."""
    return f"<!-- make {program} writes from here"


def around(page: Path, program: str) -> tuple[str, str, str]:
    """What stands before the place, its mark included, in it, and after it, from its mark on.

    Raises ValueError when there is no such page, or no place in it.
    """
    if not page.is_file():
        raise ValueError(f"there is no page {page}")
    before, mark, rest = page.read_text().partition(begin(program))
    line, _, rest = rest.partition("\n")
    former, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"{page} has no place for what was measured: {begin(program)} … {END}")
    return f"{before}{mark}{line}\n", former, f"{end}{after}"
