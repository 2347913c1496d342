"""What else a company could buy in the same cart: modules and lots for the base it has, or is about to have (F004-05).

Pure, like the purchase it stands beside.
"""

from shop.addons.purchases import Purchase
from shop.catalogue import PriceBookView, Product


def additions_to(book: PriceBookView, purchase: Purchase) -> tuple[Product, ...]:
    """Products on sale for this base that neither run nor stand in the cart; none while nothing carries them."""
    base_sku = _base_after(book, purchase)
    known = {one.line.sku for one in purchase.wanted} | {one.sku for one in purchase.company.all_running}
    return tuple(
        product
        for product in book.products
        if product.is_service
        and product.rules.sold
        and base_sku in product.rules.available_for
        and product.sku not in known
    )


def missing_with(product: Product, purchase: Purchase) -> tuple[str, ...]:
    """What goes in together with a product because it works only with it (F004-02)."""
    known = {one.line.sku for one in purchase.wanted} | {one.sku for one in purchase.company.all_running}
    return tuple(sku for sku in product.rules.requires if sku not in known)


def _base_after(book: PriceBookView, purchase: Purchase) -> str | None:
    """The base there will be: the one that runs, the limited one that is renewed here, or the one that is bought."""
    running = purchase.company.running
    renewed = {one.line.renews for one in purchase.wanted}
    if running.base is not None and (running.base_state == "ACTIVE" or running.base.licence_id in renewed):
        return running.base.sku
    bought = (one.line.sku for one in purchase.wanted if one.line.renews is None)
    return next((sku for sku in bought if book.product(sku).kind == "base_service"), None)
