"""Roles of people who buy."""

SHOPPERS = ("owner", "staff", "company_owner")
"""Those of a studio, and the owner of a company, who buys for the company alone (M3)."""
