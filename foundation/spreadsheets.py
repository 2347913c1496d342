"""Cells for spreadsheets: what a stranger typed stays text when a person opens the file."""

# A cell that begins like a formula would be computed by the spreadsheet: an apostrophe makes it text again.
# Full-width signs and what a spreadsheet strips before it looks count as well.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def neutral(cell: str) -> str:
    """A text no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) or cell.lstrip().startswith(_FORMULA_STARTS) else cell
