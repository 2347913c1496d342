"""Pictures of the vendor's desks: finance and support."""

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.cast import Cast
from tests.browser.stage import FINANCE, SUPPORT, until


def the_finance_desk_empty(cast: Cast) -> None:
    """Second factor, then a desk with nothing to do."""
    finance = cast.finance
    cast.album.open_chapter("Finance: a quiet day")
    finance.open("/accedi")
    steps.sign_in(finance, FINANCE)
    expect(finance.page.get_by_role("heading", level=1)).to_have_text("Verifica in due passaggi")
    cast.here(finance, "second-factor", "Second factor, for the first time")
    finance.fill(code="000000")
    finance.page.locator("main button[type=submit]").last.click()
    cast.here(finance, "second-factor-error", "Second factor: wrong code")
    steps.pass_second_factor(finance)
    expect(finance.page.get_by_role("heading", level=1)).to_contain_text("Ciao")
    cast.here(finance, "desk-home", "Home of the vendor's people")
    cast.take(finance, "/desk/finanza", "finance-empty", "Finance desk: nothing to do")
    cast.take(finance, "/desk/compiti", "tasks-empty", "Tasks: none")


def the_finance_desk(cast: Cast) -> None:
    """Transfers in every list, and every act."""
    finance, page, stage, numbers = cast.finance, cast.finance.page, cast.stage, cast.numbers
    cast.album.open_chapter("Finance: transfers")
    stage.bank_tells("transfer.received", amount_cents=5_978, remittance="saldo coupon", debtor_name="BIANCHI SRL")
    stage.bank_tells("transfer.received", amount_cents=250_000, remittance="regalo", debtor_name="Mario Ignoto")
    cast.take(finance, f"/desk/finanza/ordini/{numbers['held']}/trattieni", "finance-hold", "Hold an order")
    finance.press("Trattieni l’ordine")
    cast.here(finance, "finance-hold-error", "Hold: a reason is needed")
    finance.page.locator("#motivo").fill("IBAN insolito: chiesto conferma alla banca.")
    finance.press("Trattieni l’ordine")
    cast.here(finance, "finance-held", "Held orders")
    cast.take(
        finance, f"/desk/finanza/ordini/{numbers['window']}/evadi", "finance-release", "Fulfil before the window ends"
    )
    cast.take(finance, "/desk/finanza", "finance", "Transfers in their window", dark=True)
    until(lambda: _open(cast, "non-identificati").locator(".g-match a").count() > 1, "the transfers never come")
    cast.here(finance, "finance-unidentified", "Transfers without an order, with suggestions")
    page.get_by_role("link", name="BIANCHI SRL").first.click()
    cast.here(finance, "finance-line", "One transfer")
    finance.follow("Assegna")
    cast.here(finance, "finance-allocate", "Allocate a transfer to an order")
    _open(cast, "non-identificati").get_by_role("link", name="Mario Ignoto").first.click()
    finance.follow("Segna come restituito")
    cast.here(finance, "finance-sent-back", "Mark as sent back")
    finance.press("Segna come restituito")
    cast.here(finance, "finance-second-person", "From 1,000 € on a second person is waited for")
    finance.follow("Apri la richiesta")
    cast.here(finance, "finance-decision", "The request in four eyes")
    for view, name, caption in (
        ("eccedenti", "finance-surplus", "More than what was due"),
        ("da-confermare", "finance-decisions", "What waits for a second person"),
        ("movimenti", "finance-lines", "All transfers"),
        ("oltre-24-ore", "finance-breached-empty", "Later than promised: none"),
    ):
        _open(cast, view)
        cast.here(finance, name, caption)
    cast.take(finance, "/desk/finanza/conferma-a-mano", "finance-by-hand", "Confirm a transfer by hand")
    finance.press("Conferma il bonifico")
    cast.here(finance, "finance-by-hand-error", "By hand: mistakes")
    cast.take(finance, "/desk/compiti", "tasks", "Open tasks")
    page.locator("main table a").first.click()
    cast.here(finance, "task", "One task")
    cast.take(finance, f"/ordini/{numbers['held']}", "order-for-finance", "An order as finance sees it")
    _refunds(cast)


def _refunds(cast: Cast) -> None:
    """What may go back of an order, and what that does, before the click."""
    finance, path = cast.finance, f"/desk/rimborsi/{cast.numbers['fulfilled']}"
    cast.take(finance, path, "finance-refund", "What may go back of an order")
    finance.page.locator("[name=che][value=importo]").check()
    finance.press("Mostra che cosa succede")
    cast.here(finance, "finance-refund-error", "Refund: the amount is missing")
    finance.open(path)
    finance.press("Mostra che cosa succede")
    cast.here(finance, "finance-refund-confirm", "What a refund does, before the click")


def the_activation_desk(cast: Cast) -> None:
    """What support sees while the accounting program is silent."""
    support = cast.support
    cast.album.open_chapter("Support")
    support.open("/accedi")
    steps.sign_in(support, SUPPORT)
    expect(support.page.get_by_role("heading", level=1)).to_contain_text("Ciao")
    cast.take(support, "/desk/attivazioni", "desk-activations", "Requests to the accounting program")
    cast.take(support, "/desk/attivazioni?q=ZZ-ZZZZ", "desk-activations-nothing", "Requests: nothing found")
    support.open("/desk/attivazioni")
    support.follow("Tipografia Moretti S.n.c.")
    cast.here(support, "desk-activation", "A request that is not answered")
    support.follow("Rinuncia")
    cast.here(support, "desk-give-up", "Give up says what it does first")
    cast.take(support, "/desk/lavori", "desk-jobs", "Background work")
    cast.stage.vendor_will(down=False)


def _open(cast: Cast, view: str) -> Page:
    cast.finance.open(f"/desk/finanza?vista={view}")
    return cast.finance.page
