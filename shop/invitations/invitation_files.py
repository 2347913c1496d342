"""Files of invitations: many at once from a CSV, every row checked before anything is sent (F003-14)."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

MOST_ROWS = 200
LONGEST_FILE = 200_000
COLUMNS = ("nome", "email", "tipo", "messaggio")
"""The columns of the file, in Italian as the studio reads them: client's name, address, product code, message."""

EXAMPLE = ("Officina Brambilla S.r.l.", "info@brambilla.example.it", "", "")


@dataclass(frozen=True, slots=True)
class FileRow:
    """One line of the file as written; `line` counts from 2, below the heading."""

    line: int
    values: Mapping[str, str]


class FileRefused(Exception):
    """The file as a whole cannot be read; `why` is EMPTY, TOO_LONG, TOO_MANY, HEADING or NOT_TEXT."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def decode(raw: bytes) -> str:
    """The text of a file as spreadsheets save it: UTF-8, or Windows' own. Raises FileRefused."""
    if len(raw) > LONGEST_FILE:
        raise FileRefused("TOO_LONG")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefused("NOT_TEXT")


def read_rows(text: str) -> list[FileRow]:
    """The rows of a file, separated by semicolons or commas; empty lines are skipped. Raises FileRefused."""
    if len(text) > LONGEST_FILE:
        raise FileRefused("TOO_LONG")
    if "\x00" in text:
        raise FileRefused("NOT_TEXT")
    heading = text.partition("\n")[0]
    separator = ";" if heading.count(";") >= heading.count(",") else ","
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=separator))
    except csv.Error:
        raise FileRefused("NOT_TEXT") from None
    if not lines:
        raise FileRefused("EMPTY")
    names = [name.strip().lower().lstrip("\ufeff") for name in lines[0]]
    if not {"nome", "email"} <= set(names):
        raise FileRefused("HEADING")
    rows = [
        FileRow(number, {name: value for name, value in zip(names, line, strict=False) if name in COLUMNS})
        for number, line in enumerate(lines[1:], start=2)
        if any(value.strip() for value in line)
    ]
    if not rows:
        raise FileRefused("EMPTY")
    if len(rows) > MOST_ROWS:
        raise FileRefused("TOO_MANY")
    return rows


def template_file(sku: str) -> str:
    """A file to begin with: the heading and one example row."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerow([EXAMPLE[0], EXAMPLE[1], sku, EXAMPLE[3]])
    return "\ufeff" + out.getvalue()
