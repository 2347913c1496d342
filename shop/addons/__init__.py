"""Buying services that run: base services, modules and seats, their renewal, and the extension of the active ones."""

from shop.addons.asking import companies_reached, services_of
from shop.addons.company_services import CompanyServices, ServiceChoice
from shop.addons.purchases import Purchase, purchase_of

__all__ = ["CompanyServices", "Purchase", "ServiceChoice", "companies_reached", "purchase_of", "services_of"]
