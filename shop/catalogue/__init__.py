"""The catalogue: a file that is checked, versions of the price book that never change, and what a buyer is offered."""

from shop.catalogue.catalogue_cli import catalogue_commands
from shop.catalogue.checks import Catalogue, check_catalogue
from shop.catalogue.imports import CatalogueImport, export_document, import_catalogue
from shop.catalogue.mistakes import Mistake
from shop.catalogue.offers import Given, Offer, OfferGroup, offer_of, offers_for
from shop.catalogue.price_book import (
    NoPriceBook,
    PriceBookView,
    UnknownProduct,
    current_price_book,
    price_book_version,
    view_of,
)
from shop.catalogue.products import SERVICES, Label, Product
from shop.catalogue.refusals import (
    COMPANY_EXISTS,
    COMPANY_REFUSED,
    EINVOICING_CONTRACT,
    LOCKED,
    OVERDUE,
    BuyerFacts,
    Refusal,
    refusals,
    refusals_of_renewal,
)
from shop.catalogue.stored_price_book import CatalogueProduct, PriceBook
from shop.catalogue.toml_file import catalogue_to_toml

__all__ = [
    "COMPANY_EXISTS",
    "COMPANY_REFUSED",
    "EINVOICING_CONTRACT",
    "LOCKED",
    "OVERDUE",
    "SERVICES",
    "BuyerFacts",
    "Catalogue",
    "CatalogueImport",
    "CatalogueProduct",
    "Given",
    "Label",
    "Mistake",
    "NoPriceBook",
    "Offer",
    "OfferGroup",
    "PriceBook",
    "PriceBookView",
    "Product",
    "Refusal",
    "UnknownProduct",
    "catalogue_commands",
    "catalogue_to_toml",
    "check_catalogue",
    "current_price_book",
    "export_document",
    "import_catalogue",
    "offer_of",
    "offers_for",
    "price_book_version",
    "refusals",
    "refusals_of_renewal",
    "view_of",
]
