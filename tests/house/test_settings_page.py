import ast
import re

from tests.house.source import ROOT, keep, modules

# Each line is a row of a table: | `ONE`, `OTHER` | what it means |
ROW = re.compile(r"^\| (`[A-Z_*]+`(?:, `[A-Z_*]+`)*) \|", re.MULTILINE)
READERS = {"text", "parsed", "duration", "count", "switch", "several"}


def test_every_setting_that_is_read_is_in_the_table_of_the_readme() -> None:
    table = (ROOT / "README.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    told = [name.strip("`*") for row in ROW.findall(table) for name in row.split(", ")]
    unsaid = [
        f"{module.at(call)} {name.value!s}"
        for module in modules("foundation")
        if str(module.path) == "foundation/settings.py"
        for called, call in module.calls()
        if called.startswith("reader.") and called.removeprefix("reader.") in READERS
        for name in call.args[:1]
        if isinstance(name, ast.Constant) and not any(_means(one, str(name.value)) for one in told)
    ]
    keep("Say in README's table what the setting means and its default.", unsaid)


def _means(told: str, name: str) -> bool:
    """Whether a row speaks of this setting; one that ends with _ speaks of all that begin so (`SELLER_*`)."""
    return name.startswith(told) if told.endswith("_") else name == told
