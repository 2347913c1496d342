import ast
from collections.abc import Iterator

from foundation.logs import FIELDS
from tests.house.source import PRODUCT, Module, keep, modules

# A failure is handed over whole; the log itself makes `error` and `frames` of it.
TAKEN_APART = {"exc_info"}


def _told(module: Module) -> Iterator[tuple[ast.keyword, str]]:
    """What each line of the log is told, by name: `log().info("…", name=…)` and `note(name=…)`."""
    for called, call in module.calls():
        of_a_line = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "log()"
        if of_a_line or called == "note":
            yield from ((word, word.arg) for word in call.keywords if word.arg)


def test_every_field_a_line_is_told_is_one_the_log_writes() -> None:
    lost = [
        f"{module.at(word)} {name}"
        for module in modules(*PRODUCT)
        for word, name in _told(module)
        if name not in FIELDS | TAKEN_APART
    ]
    keep("The log leaves out what foundation.logs.FIELDS does not name: name it there, or use a field it has.", lost)


def test_lines_are_written_by_the_log_that_knows_its_fields() -> None:
    others = [
        f"{module.at(node)} {ast.unparse(node)}"
        for module in modules(*PRODUCT)
        for node in module.nodes
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"current_app.logger", "app.logger"}
    ]
    keep("Use foundation.logs.log(): Flask's own logger writes none of the fields it is given.", others)
