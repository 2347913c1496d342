"""How the pages speak of an automatic renewal: the card, the day, and why nothing was charged."""

from flask_babel import gettext as _

from foundation import formats
from shop.renewals.letters import card_name
from shop.renewals.saved_cards import SavedCard
from shop.renewals.standing import RenewalStanding


def card(saved: SavedCard) -> str:
    """A card as a person knows it."""
    return str(_("%(brand)s che finisce con %(last4)s", brand=card_name(saved.brand or ""), last4=saved.last4))


def expiry(saved: SavedCard) -> str:
    """The last month of a card."""
    return f"{saved.exp_month:02d}/{saved.exp_year}"


def expires_before(standing: RenewalStanding) -> bool:
    """Whether the card ends before the renewal it is to pay."""
    saved, quote = standing.card, standing.quote
    if saved is None or quote is None or saved.exp_year is None or saved.exp_month is None:
        return False
    return (saved.exp_year, saved.exp_month) < (quote.renews_on.year, quote.renews_on.month)


def sentence(standing: RenewalStanding) -> str:
    """When it renews, with which card, and for how much."""
    saved, quote = standing.card, standing.quote
    if saved is None or quote is None:
        return ""
    language = formats.readers_language()
    return str(
        _(
            "Si rinnova da solo il %(day)s con la carta %(card)s: %(amount)s, IVA inclusa, per un anno.",
            day=formats.day(quote.renews_on, language),
            card=card(saved),
            amount=formats.money(quote.gross_cents, language),
        )
    )
