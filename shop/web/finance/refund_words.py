"""What a refund does, in words, before it is done (D10): which rights end, which stay, how the money goes back."""

from collections.abc import Iterator

from flask_babel import gettext as _
from flask_babel import ngettext

from foundation import formats
from foundation.settings import current_settings
from shop.orders.order_book import OrderLine
from shop.payments.refund_plans import BY_BANK, BY_CARD, TO_CREDIT, LineLeft, Refundable, RefundWish


def way_word(way: str) -> str:
    """How money goes back."""
    words = {BY_CARD: _("Sulla carta"), BY_BANK: _("Con bonifico"), TO_CREDIT: _("Come credito residuo")}
    return str(words.get(way, way))


def request_state(state: str) -> tuple[str, str]:
    """A request's state as (family of the shape, word)."""
    words = {"DONE": ("done", _("Rimborsato")), "REFUSED": ("error", _("Rifiutato da Stripe"))}
    found = words.get(state, ("waiting", _("In corso")))
    return found[0], str(found[1])


def left_said(left: LineLeft) -> str:
    """How a line stands: what is unused and what is used, or what it began."""
    if left.is_service:
        started, longer = _("servizio attivato con quest’ordine"), _("proroga o rinnovo di un servizio")
        return str(started if left.starts_service else longer)
    if left.purchase:
        return _company_said(left.purchase)
    return str(_("non usato: %(unused)s · usato: %(used)s", unused=unused_said(left), used=in_use_said(left)))


def _company_said(purchase: str) -> str:
    words = {
        "WAITING": _("azienda pagata, non ancora creata"),
        "CREATING": _("azienda in creazione"),
        "VOIDED": _("azienda che non si crea più"),
    }
    return str(words.get(purchase, _("azienda creata")))


def unused_said(left: LineLeft) -> str:
    """What is unused of a line: 7 coupons, 80 invoices, 20 credits, 50,00 € of credit."""
    return _counted(left, left.unused)


def in_use_said(left: LineLeft) -> str:
    """What is in use of a line."""
    return _counted(left, left.in_use)


def _counted(left: LineLeft, count: int) -> str:
    number = formats.number(count, formats.readers_language())
    if left.meter == "credit_cents":
        return str(_("%(amount)s di credito", amount=formats.money(count, formats.readers_language())))
    if left.meter == "credits":
        return str(ngettext("%(number)s credito", "%(number)s crediti", count, number=number))
    if left.meter:
        return str(ngettext("%(number)s fattura", "%(number)s fatture", count, number=number))
    return str(ngettext("%(number)s coupon", "%(number)s coupon", count, number=number))


def line_name(line: OrderLine) -> str:
    """A line's product in the reader's language."""
    return str(line.names.get(formats.readers_language()) or line.names["it"])


def effects_of(known: Refundable, wish: RefundWish, amount_cents: int) -> list[str]:
    """Everything that happens when this refund is done, one sentence each."""
    return [
        *_rights(known, wish, amount_cents),
        _money(wish.way, amount_cents),
        _("Il cliente riceve una mail. Tra i compiti si apre la nota di credito da emettere."),
        _("Da %(sum)s in su serve una seconda persona.", sum=_euro(current_settings().manual_confirmation_four_eyes)),
        _("Non si torna indietro."),
    ]


def _rights(known: Refundable, wish: RefundWish, amount_cents: int) -> Iterator[str]:
    line = known.line(wish.unused_of_line) if wish.unused_of_line else None
    if line is not None:
        yield from _ending(line)
        if line.in_use:
            yield _("Quanto è già usato non si rimborsa e resta com’è: %(what)s.", what=in_use_said(line))
    elif amount_cents < known.left_cents:
        yield _("Coupon, pacchetti e licenze dell’ordine restano come sono: torna solo l’importo.")
    else:
        for one in known.lines:
            yield from _ending(one)
        yield from _used(known, wish)


def _ending(left: LineLeft) -> Iterator[str]:
    if left.purchase == "WAITING":
        yield _("L’azienda di «%(name)s» non si crea più.", name=line_name(left.line))
    elif left.unused and left.meter:
        yield _("Non si può più usare: %(what)s di «%(name)s».", what=unused_said(left), name=line_name(left.line))
    elif left.unused:
        yield _(
            "Si annullano e non si attivano più: %(what)s di «%(name)s».",
            what=unused_said(left),
            name=line_name(left.line),
        )


def _used(known: Refundable, wish: RefundWish) -> Iterator[str]:
    """What becomes of rights in use when all the money is back: suspended where finance decides so, never deleted."""
    companies = sum(one.in_use for one in known.lines if not one.meter)
    if companies and wish.everything:
        yield _(
            "Le aziende già attivate (%(count)s) passano in sola lettura e possono esportare: non si cancella nulla.",
            count=companies,
        )
    elif companies:
        yield _(
            "Le aziende già attivate (%(count)s) restano attive: per sospenderle scegli tutto l’ordine.",
            count=companies,
        )
    yield from _services(known, wish)
    used = [one for one in known.lines if one.meter and one.in_use]
    if used:
        yield _("Quanto è già usato resta usato: %(what)s.", what=", ".join(in_use_said(one) for one in used))


def _services(known: Refundable, wish: RefundWish) -> Iterator[str]:
    """Services this order started are suspended where finance decides so; those it made longer run to their end."""
    ended = [line_name(one.line) for one in known.lines if one.starts_service and wish.everything]
    going_on = [one for one in known.lines if one.is_service and not (one.starts_service and wish.everything)]
    if ended:
        yield _(
            "Si sospendono i servizi attivati con quest’ordine, senza cancellare nulla: %(names)s.",
            names=", ".join(ended),
        )
    if going_on:
        names = ", ".join(line_name(one.line) for one in going_on)
        yield _("I servizi restano attivi fino alla scadenza: %(names)s.", names=names)
    if any(one.starts_service for one in going_on):
        yield _("Per sospendere i servizi attivati con quest’ordine scegli tutto l’ordine.")


def _money(way: str, amount_cents: int) -> str:
    amount = _euro(amount_cents)
    words = {
        BY_CARD: _("Stripe rimanda %(amount)s alla carta usata: di solito arriva in 5–10 giorni.", amount=amount),
        BY_BANK: _(
            "Qui si registra soltanto: il bonifico di %(amount)s lo fai in banca, al conto da cui è arrivato.",
            amount=amount,
        ),
        TO_CREDIT: _("%(amount)s diventano credito residuo del cliente, da spendere in cassa.", amount=amount),
    }
    return str(words[way])


def _euro(cents: int) -> str:
    return formats.money(cents, formats.readers_language())
