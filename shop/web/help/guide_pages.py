"""/guida: a small set of articles and a search that needs no script."""

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import abort, current_app, render_template, request
from markupsafe import Markup

from foundation.access import public
from foundation.formats import readers_language
from shop.web.help.blueprint import pages

ARTICLES = Path(__file__).resolve().parents[3] / "templates" / "help" / "articles"
_LONGEST_SEARCH = 100
_TITLE_WEIGHT = 5


@dataclass(frozen=True, slots=True)
class Article:
    """One answer: its address, its title and its body in the reader's language, and the words it is found by."""

    slug: str
    title: str
    body: Markup
    title_words: str
    words: str

    @property
    def beginning(self) -> str:
        """Its first sentence, for the list."""
        return self.body.striptags().partition(". ")[0].rstrip(".") + "."


@pages.get("/guida")
@public
def guide() -> str:
    """All articles, or those that hold every word searched for."""
    wanted = request.args.get("q", "")[:_LONGEST_SEARCH]
    return render_template("help/guide.html", wanted=wanted, articles=_found(wanted))


@pages.get("/guida/<slug>")
@public
def article(slug: str) -> str:
    """One article."""
    known = next((one for one in _articles(readers_language()) if one.slug == slug), None)
    return render_template("help/article.html", article=known) if known else abort(404)


def _found(wanted: str) -> list[Article]:
    everything = _articles(readers_language())
    words = _fold(wanted).split()
    if not words:
        return list(everything)
    fitting = [one for one in everything if all(_stem(word) in one.words for word in words)]
    return sorted(fitting, key=lambda one: -_weight(one, words))


def _weight(one: Article, words: list[str]) -> int:
    return sum(one.words.count(_stem(word)) + _TITLE_WEIGHT * (_stem(word) in one.title_words) for word in words)


def _stem(word: str) -> str:
    """Italian plurals differ in the last letter: "fattura" finds "fatture"."""
    return word[:-1] if len(word) > 4 else word  # noqa: PLR2004 - shorter words lose their meaning


@cache
def _articles(language: str) -> tuple[Article, ...]:  # noqa: ARG001 - the key of the cache: gettext reads it from the request
    return tuple(_read(path) for path in sorted(ARTICLES.glob("*.html")))


def _read(path: Path) -> Article:
    module = current_app.jinja_env.get_template(f"help/articles/{path.name}").make_module({})
    title = str(getattr(module, "title"))  # noqa: B009 - the template sets it
    body = Markup(str(module).strip())  # noqa: S704 - a template of ours, escaped where it was made
    slug = path.stem.partition("-")[2]
    return Article(slug, title, body, _fold(title), _fold(f"{title} {body.striptags()}"))


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
