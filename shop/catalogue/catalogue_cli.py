"""`flask catalogue check|import|export`: the price book on the command line; every verb may be repeated.

Exit codes: 0 done, 1 refused, 2 wrong usage (which is click's own).
"""

import json
from dataclasses import asdict
from typing import BinaryIO, NoReturn, TextIO

import click

from foundation.database import transaction
from shop.catalogue.checks import MAXIMUM_CHARACTERS, Catalogue, check_catalogue
from shop.catalogue.imports import CatalogueImport, export_document, import_catalogue
from shop.catalogue.mistakes import Mistake
from shop.catalogue.price_book import NoPriceBook
from shop.catalogue.toml_file import catalogue_to_toml

_MOST_BYTES = 4 * MAXIMUM_CHARACTERS
_NO_PRICE_BOOK = "Nessun listino da esportare: importane uno con «catalogue import FILE»."


@click.group("catalogue", help="Check, import and export the catalogue.")
def catalogue_commands() -> None:
    """The group that the program adds to `flask`."""


_file = click.argument("file", type=click.File("rb"))
_as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


@catalogue_commands.command("check")
@_file
@_as_json
def check(file: BinaryIO, *, as_json: bool) -> None:
    """Check FILE and explain each mistake with its line; nothing changes."""
    catalogue = _checked(file, as_json=as_json)
    count = len(catalogue.products)
    said = {"mistakes": [], "products": count, "valid_from": catalogue.valid_from_on.isoformat()}
    _say(said, f"Il catalogo è corretto: {count} prodotti, in vigore dal {said['valid_from']}.", as_json=as_json)


@catalogue_commands.command("import")
@_file
@_as_json
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
def import_file(file: BinaryIO, *, as_json: bool, dry_run: bool) -> None:
    """Import FILE as a new version of the price book; the same file again changes nothing."""
    catalogue = _checked(file, as_json=as_json)
    with transaction() as session:
        done = import_catalogue(session, catalogue, dry_run=dry_run)
    _say({**asdict(done), "dry_run": dry_run}, _in_words(done, dry_run=dry_run), as_json=as_json)


@catalogue_commands.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True, atomic=True), default="-")
@click.option("--version", type=click.IntRange(min=1), help="One version, instead of the one in force today.")
@_as_json
def export(file: TextIO, version: int | None, *, as_json: bool) -> None:
    """Write the price book to FILE (or the screen), as `import` reads it again; JSON goes to the screen alone."""
    try:
        with transaction() as session:
            document = export_document(session, version)
    except NoPriceBook:
        _refuse({"mistakes": [], "code": "no_price_book"}, [_NO_PRICE_BOOK], as_json=as_json)
    if as_json and file.name == "-":
        file.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        return
    file.write(catalogue_to_toml(document))
    if as_json:
        click.echo(json.dumps({"file": file.name, "products": len(document["product"])}, ensure_ascii=False))


def _checked(file: BinaryIO, *, as_json: bool) -> Catalogue:
    """The catalogue of a file without mistakes; else say them all and end with 1."""
    content = file.read(_MOST_BYTES + 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        _refuse_mistakes((Mistake(line, "", "not_utf8", {}),), as_json=as_json)
    result = check_catalogue(text)
    if result.catalogue is None:
        _refuse_mistakes(result.mistakes, as_json=as_json)
    return result.catalogue


def _in_words(done: CatalogueImport, *, dry_run: bool) -> str:
    if not done.created:
        return f"Niente di nuovo: la versione {done.version} del listino contiene già questo catalogo."
    counts = f"{len(done.added)} prodotti nuovi, {len(done.changed)} cambiati, {len(done.removed)} tolti"
    verb = "Nascerebbe" if dry_run else "È nata"
    return f"{verb} la versione {done.version} del listino: {counts}."


def _say(data: dict[str, object], sentence: str, *, as_json: bool) -> None:
    click.echo(json.dumps(data, ensure_ascii=False) if as_json else sentence)


def _refuse_mistakes(mistakes: tuple[Mistake, ...], *, as_json: bool) -> NoReturn:
    listed = [
        {"line": mistake.line, "product": mistake.product or None, "code": mistake.code, "sentence": mistake.sentence}
        for mistake in mistakes
    ]
    _refuse({"mistakes": listed}, [str(mistake) for mistake in mistakes], as_json=as_json)


def _refuse(data: dict[str, object], sentences: list[str], *, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False))
    for sentence in () if as_json else sentences:
        click.echo(sentence, err=True)
    raise SystemExit(1)
