import re

from tests.house.source import PRODUCT, ROOT, keep, modules

CODE = re.compile(r"`([^`]+)`")
NAME = re.compile(r"[A-Za-z_]\w+")


def test_every_name_of_the_glossary_occurs_in_the_code() -> None:
    page = (ROOT / "docs" / "GLOSSARY.md").read_text()
    # Plans are data of the catalogue.
    texts = [module.text for module in modules(*PRODUCT)] + [(ROOT / "shop" / "demo_catalogue.toml").read_text()]
    written = set(NAME.findall("\n".join(texts)))
    wanted = {name for code in CODE.findall(page) for name in NAME.findall(code)}
    keep("docs/GLOSSARY.md is law for names: name there what the code has now.", sorted(wanted - written))


def test_no_row_of_the_glossary_stands_twice() -> None:
    rows = [line for line in (ROOT / "docs" / "GLOSSARY.md").read_text().splitlines() if line.startswith("| ")]
    keep(
        "One Italian word, one English noun: delete one of the two rows.",
        sorted({r for r in rows if rows.count(r) > 1}),
    )
