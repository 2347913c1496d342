"""A bare application that renders the shared pieces and nothing else: no database, no settings, no rooms."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bs4 import BeautifulSoup
from flask import Flask, render_template, render_template_string
from flask_babel import Babel
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined

from foundation import formats

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 9, 15, 8, 42, tzinfo=UTC)
LINKS = {
    "home": "/",
    "cart": "/carrello",
    "sign_in": "/entra",
    "sign_out": "/esci",
    "support": "/assistenza",
    "guide": "/guida",
    "language": "/lingua",
    "terms": "/condizioni",
    "privacy": "/privacy",
    "accessibility": "/accessibilita",
}
NAV = (
    ("/catalogo", "Catalogo", "catalogue"),
    ("/ordini", "Ordini", "orders"),
    ("/coupon", "Coupon", "coupons"),
    ("/clienti", "Clienti", "companies"),
    ("/rinnovi", "Rinnovi", "renewals"),
)
ERRORS = {
    "": "La sessione è scaduta: controlla i dati e invia di nuovo.",
    "vat_number": "La Partita IVA non torna: una cifra è sbagliata.",
    "owner": "Scegli a chi va il credito.",
    "regime": "Scegli il regime fiscale.",
    "reason": "Il motivo ha al massimo 500 caratteri.",
    "clauses": "Per proseguire approva le clausole indicate.",
    "confirmation": "Scrivi ASSEGNA 3, così com’è.",
}


@dataclass(frozen=True)
class BareSeller:
    """The fields of the seller that templates print."""

    name: str = "Demo Software S.r.l."
    vat_number: str = "07643520567"
    address: str = "Via Esempio 1, 20121 Milano"
    pec: str = "demo@pec.example"
    email: str = "assistenza@demo.example"
    phone: str = "02 0000 0000"
    register_entry: str = "REA MI-0000000"
    share_capital: str = "cap. soc. 50.000 € i.v."


FRAME: dict[str, object] = {
    "principal": object(),
    "who": "Studio Ferraris & Conti",
    "nav": NAV,
    "cart_count": 2,
    "seller": BareSeller(),
    "simulator_in_use": True,
    "support_answer_hours": 24,
    "links": LINKS,
}


def bare_app(language: str = "it") -> Flask:
    """An application with templates, formats, translations and tokens, strict about unknown names."""
    app = Flask("bare", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(SECRET_KEY="bare", TESTING=True)
    app.jinja_env.undefined = StrictUndefined
    Babel(app, default_locale=language, locale_selector=lambda: language)
    CSRFProtect(app)
    formats.install(app)
    return app


def rendered(template: str, **context: object) -> str:
    """The text of a template inside a request, in the language named by `reader`, Italian unless said."""
    with bare_app(str(context.pop("reader", "it"))).test_request_context("/componenti"):
        return render_template(template, **context)


def piece(source: str, **context: object) -> BeautifulSoup:
    """A snippet of template source, parsed."""
    with bare_app().test_request_context("/componenti"):
        return BeautifulSoup(render_template_string(source, **context), "html.parser")


def gallery(errors: dict[str, str] | None = None, **frame: object) -> str:
    """The page with every piece, with or without mistakes in its form."""
    return rendered(
        "look/components.html",
        **{**FRAME, **frame},
        errors=errors or {},
        now=NOW,
        until=NOW + timedelta(days=6, hours=4),
        day_on=date(2027, 1, 1),
    )


def mail(kind: str) -> str:
    """The mail with every piece, as `html` or `txt`."""
    return rendered(
        f"look/mail.{kind}",
        title="Ordine ricevuto",
        reference="ORD-2026-000123",
        preheader="Fai il bonifico entro 7 giorni",
        action=("https://gettone.example/ordini/ORD-2026-000123", "Apri l’ordine"),
        seller=BareSeller(),
        support_url="https://gettone.example/assistenza",
        simulator_in_use=True,
    )
