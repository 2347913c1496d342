"""Documents a buyer can keep: typeset as PDF from the project's own templates and fonts."""

from shop.documents.typesetting import typeset

__all__ = ["typeset"]
