"""What a check finds wrong or doubtful, without a word of Italian: the words are in `sentences`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about one field of a form.

    `field` is the flat name of the form field, `code` a key of `sentences.SENTENCES`, `values` the facts the
    sentence prints. What the person typed is never in `values` as it came: only counts and checked identifiers.
    """

    field: str
    code: str
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Findings:
    """Collects the values, errors and warnings of one form while its rules run."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []

    def take(self, name: str, outcome: str | Problem) -> str:
        """Keep a normalised value, or the error in its place; answer the value, empty after an error."""
        if isinstance(outcome, Problem):
            self.errors.append(outcome)
            return ""
        self.values[name] = outcome
        return outcome

    def refuse(self, name: str, code: str, /, **values: str) -> None:
        """Add an error and forget the value the field had."""
        self.values.pop(name, None)
        self.errors.append(Problem(name, code, values))

    def warn(self, name: str, code: str, /, **values: str) -> None:
        """Add a warning: the person is told, and may go on."""
        self.warnings.append(Problem(name, code, values))

    def failed(self, name: str) -> bool:
        """Whether the field already has an error, so that no second rule repeats it in other words."""
        return any(problem.field == name for problem in self.errors)
