import ast
import re
from collections.abc import Iterator

from tests.house.source import PRODUCT, ROOT, SHIPPED, Module, files, keep, modules

FEWEST_WORDS = 4
# The Italian words of the glossary that have an English name of their own in the code.
ITALIAN_WORDS = """
    acconto agevolato anagrafica assegna attiva azienda bonifico carrello catalogo causale cliente codice collegamento
    commercialista convenzione credito decorrenza denominazione disdetta documento evadere fattura fiscale forfettario
    importo indirizzo invito iva licenza limite ordine pacchetto pagamento partita prezzo quantita rateo ricarica
    rimborso rinnovo saldo scadenza sconto sede servizio soprannome spazio storno tariffa utente utenza
"""
ITALIAN = frozenset(ITALIAN_WORDS.split())
CATALOGUE_SKU = re.compile(r"""^\s*sku\s*=\s*["']([^"']+)["']""", re.MULTILINE)


def _names(module: Module) -> Iterator[tuple[ast.AST, str]]:
    for node in module.nodes:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, node.name
        elif isinstance(node, ast.arg):
            yield node, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node, node.attr


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def _tests() -> Iterator[tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for module in modules("tests"):
        for function in module.functions():
            if module.path.name.startswith("test_") and function.name.startswith("test_"):
                yield module, function


def test_names_in_the_code_are_english() -> None:
    italian = [
        f"{module.at(node)} {name}"
        for module in modules(*SHIPPED, "migrations", "tests")
        for node, name in _names(module)
        if _words(name) & ITALIAN
    ]
    keep("docs/GLOSSARY.md gives the English noun for every Italian word.", italian)


def test_every_test_is_named_by_a_sentence() -> None:
    terse = [
        f"{module.at(test)} {test.name}" for module, test in _tests() if len(test.name.split("_")) - 1 < FEWEST_WORDS
    ]
    keep("Say in the name what must be true, as in test_paying_twice_grants_once.", terse)


def test_every_test_can_fail() -> None:
    empty = [f"{module.at(test)} {test.name}" for module, test in _tests() if not _can_fail(test)]
    keep("A test without an assert proves nothing: state what must be true afterwards.", empty)


def test_everything_public_says_what_it_means() -> None:
    silent = [
        f"{module.at(node)} {node.name}"
        for module in modules(*PRODUCT)
        for node in module.tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    keep("A public docstring gives meaning, units, errors and the rule id of the sources.", silent)


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(module.path) for module in modules(*PRODUCT) if ast.get_docstring(module.tree) is None]
    keep("Begin the file with a sentence on what it is for.", silent)


def test_no_product_of_the_catalogue_is_written_into_the_code() -> None:
    catalogues = [path for path in files() if path.suffix == ".toml" and path.name != "pyproject.toml"]
    skus = {sku for path in catalogues for sku in CATALOGUE_SKU.findall((ROOT / path).read_text())}
    named = [
        f"{module.at(node)} {node.value}"
        for module in modules(*PRODUCT)
        for node in module.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in skus
    ]
    keep("What a product does is data in the catalogue: ask for its kind or its grant, not for its SKU.", named)


def _can_fail(test: ast.AST) -> bool:
    for node in ast.walk(test):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rsplit(".", 1)[-1].lstrip("_")
            if called == "raises" or called.startswith(("assert", "check", "expect", "keep", "run_state_machine")):
                return True
    return False


def test_every_decision_has_a_number_of_its_own() -> None:
    records = [path.name[:4] for path in files() if path.parts[:2] == ("docs", "decisions") and path.name[0].isdigit()]
    twice = sorted({number for number in records if records.count(number) > 1})
    keep("Give the record the next free number, in its name and in its title.", twice)


def test_every_decision_is_listed_under_its_title() -> None:
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text()
    records = [path for path in files() if path.parts[:2] == ("docs", "decisions") and path.name[0].isdigit()]
    titles = {path: (ROOT / path).read_text().partition("\n")[0].removeprefix("# ")[5:] for path in records}
    unlisted = [str(path) for path, title in titles.items() if f"[{path.name[:4]}]({path.name}) {title}" not in listed]
    keep("Give the record its line in docs/decisions/README.md: number, link, title.", unlisted)
