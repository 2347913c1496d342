"""Bank transfers: lines from the bank, matched to orders, their 12-24 hour window, and money that does not fit."""

from shop.transfers.bank_lines import TransferFact, record_transfer
from shop.transfers.matching import AllocationRefused, unallocated
from shop.transfers.returns import ReturnFact, UnknownTransfer, record_return
from shop.transfers.store_credit import spend_store_credit, store_credit_of
from shop.transfers.surplus import allocate_by_hand, give_store_credit, lock_line, send_back
from shop.transfers.window import hold, release

__all__ = [
    "AllocationRefused",
    "ReturnFact",
    "TransferFact",
    "UnknownTransfer",
    "allocate_by_hand",
    "give_store_credit",
    "hold",
    "lock_line",
    "record_return",
    "record_transfer",
    "release",
    "send_back",
    "spend_store_credit",
    "store_credit_of",
    "unallocated",
]
