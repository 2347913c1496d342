"""What is wrong in a catalogue file: each mistake with its line, its product and a sentence saying what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shop.catalogue.sentences import MISTAKES
from shop.catalogue.toml_lines import Path, line_for


class Refused:
    """What a reader answers instead of a value, once it has reported why."""


REFUSED = Refused()


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake; `product` is its SKU, or its place in the file when it has none, or empty outside products."""

    line: int
    product: str
    code: str
    values: Mapping[str, str]

    @property
    def sentence(self) -> str:
        """What to do, in Italian."""
        return MISTAKES[self.code] % self.values

    def __str__(self) -> str:
        where = f"riga {self.line}, prodotto {self.product}" if self.product else f"riga {self.line}"
        return f"{where}: {self.sentence}"


@dataclass(slots=True)
class Report:
    """The mistakes found so far, and what is needed to say where they are."""

    lines: Mapping[Path, int]
    products: Sequence[str]
    mistakes: list[Mistake] = field(default_factory=list)

    def refuse(self, path: Path, code: str, **values: object) -> Refused:
        """Report a mistake at `path`."""
        texts = {name: str(value) for name, value in values.items()}
        self.mistakes.append(Mistake(line_for(self.lines, path), self._product(path), code, texts))
        return REFUSED

    def in_order(self) -> tuple[Mistake, ...]:
        """The mistakes from the first line to the last."""
        return tuple(sorted(self.mistakes, key=lambda mistake: (mistake.line, mistake.code)))

    def _product(self, path: Path) -> str:
        if len(path) > 1 and path[0] == "product" and isinstance(path[1], int) and path[1] < len(self.products):
            return self.products[path[1]]
        return ""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of the file being read."""

    report: Report
    path: Path

    def at(self, key: str | int) -> "Spot":
        """The place one step further in."""
        return Spot(self.report, (*self.path, key))

    @property
    def key(self) -> str:
        """The nearest key around this place."""
        return next((part for part in reversed(self.path) if isinstance(part, str)), "")

    def refuse(self, code: str, **values: object) -> Refused:
        """Report a mistake at this place; its sentence may name the `key`."""
        return self.report.refuse(self.path, code, **{"key": self.key, **values})
