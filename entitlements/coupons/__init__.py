"""Coupons: prepaid, bearer licence vouchers; bought in packs, kept in stock, activated once."""

__all__: list[str] = []
