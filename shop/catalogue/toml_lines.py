"""Where each value of a TOML text begins: `tomllib` reads values without lines, and a mistake needs its line."""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Keys and places from the top, such as `("product", 3, "gives", "kind")`."""

_DEEPEST = 12
"""A catalogue is never deeper; beyond it only the lines of the outer values are kept."""

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]*")
_STRINGS = {
    '"""': re.compile(r'"""(?:\\.|[^\\])*?"""(?:"{0,2})', re.DOTALL),
    "'''": re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL),
    '"': re.compile(r'"(?:\\.|[^"\\\n])*"'),
    "'": re.compile(r"'[^'\n]*'"),
}


def lines_of(text: str) -> Mapping[Path, int]:
    """The line, from 1, on which every table, key and member of an array begins.

    The text must be valid TOML (`tomllib` has accepted it): what is not is left where it stands.
    """
    return _Walk(text).lines


def line_for(lines: Mapping[Path, int], path: Path) -> int:
    """The line of `path`, or of the nearest thing around it; 1 for the whole file."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Walk:
    """One walk over a text from its first character to its last."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line_ends = [place for place, character in enumerate(text) if character == "\n"]
        self._members: dict[Path, int] = {}
        self.lines: dict[Path, int] = {}
        self._walk()

    def _walk(self) -> None:
        table: Path = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            table = self._header() if self._sees("[") else self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> Path:
        start = self._at
        of_many = self._text.startswith("[[", start)
        self._at += 2 if of_many else 1
        key = self._key()
        self._at += 2 if of_many else 1
        path = self._inside_latest(key[:-1]) + key[-1:] if of_many else self._inside_latest(key)
        if of_many:
            place = self._members.get(path, 0)
            self._members[path] = place + 1
            path += (place,)
        self._note(path, start)
        return path

    def _inside_latest(self, key: Path) -> Path:
        """The path a header names: inside the latest member of every array of tables on its way."""
        path: Path = ()
        for part in key:
            path += (part,)
            if path in self._members:
                path += (self._members[path] - 1,)
        return path

    def _pair(self, table: Path) -> Path:
        start = self._at
        path = table + self._key()
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._note(path, start)
        self._value(path)
        return table

    def _key(self) -> Path:
        parts: list[str | int] = []
        while True:
            self._skip(_SPACE)
            parts.append(self._key_part())
            self._skip(_SPACE)
            if not self._sees("."):
                return tuple(parts)
            self._at += 1

    def _key_part(self) -> str:
        if self._sees('"') or self._sees("'"):
            return str(tomllib.loads(f"key = {self._string()}")["key"])
        return self._skip(BARE_KEY)

    def _value(self, path: Path) -> None:
        if self._sees("["):
            self._array(path)
        elif self._sees("{"):
            self._inline_table(path)
        elif self._sees('"') or self._sees("'"):
            self._string()
        else:
            self._skip(_SCALAR)

    def _array(self, path: Path) -> None:
        self._at += 1
        place = 0
        self._skip(_BLANK)
        while self._at < len(self._text) and not self._sees("]"):
            self._note((*path, place), self._at)
            self._value((*path, place))
            place += 1
            self._after_member()
        self._at += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        self._skip(_BLANK)
        while self._at < len(self._text) and not self._sees("}"):
            self._pair(path)
            self._after_member()
        self._at += 1

    def _after_member(self) -> None:
        self._skip(_BLANK)
        if self._sees(","):
            self._at += 1
        self._skip(_BLANK)

    def _string(self) -> str:
        quotes = self._text[self._at : self._at + 3]
        return self._skip(_STRINGS[quotes if quotes in _STRINGS else quotes[:1]])

    def _sees(self, character: str) -> bool:
        return self._text.startswith(character, self._at)

    def _skip(self, what: re.Pattern[str]) -> str:
        found = what.match(self._text, self._at)
        taken = found.group() if found else self._text[self._at : self._at + 1]
        self._at += len(taken)
        return taken

    def _note(self, path: Path, start: int) -> None:
        line = bisect_left(self._line_ends, start) + 1
        for length in range(1, min(len(path), _DEEPEST) + 1):
            self.lines.setdefault(path[:length], line)
