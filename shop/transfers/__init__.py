"""Bank transfers: lines from the bank, matched to orders, their 12-24 hour window, and money that does not fit."""

from shop.transfers.bank_lines import record_transfer
from shop.transfers.decisions import ask_confirmation, ask_store_credit, ask_to_send_back
from shop.transfers.four_eyes import AlreadyAsked, FinanceDecision, approve, decline, lock_decision
from shop.transfers.known_lines import TransferFact
from shop.transfers.matching import unallocated
from shop.transfers.refusals import AllocationRefused, ConfirmationRefused, DecisionNotFound, SecondPersonNeeded
from shop.transfers.returns import ReturnFact, UnknownTransfer, record_return, record_unknown_return
from shop.transfers.store_credit import lock_store_credit, settle_free_order, spend_store_credit, store_credit_of
from shop.transfers.surplus import LineNotFound, allocate_by_hand, give_store_credit, lock_line, send_back, take_off
from shop.transfers.window import ReasonMissing, hold, release

__all__ = [
    "AllocationRefused",
    "AlreadyAsked",
    "ConfirmationRefused",
    "DecisionNotFound",
    "FinanceDecision",
    "LineNotFound",
    "ReasonMissing",
    "ReturnFact",
    "SecondPersonNeeded",
    "TransferFact",
    "UnknownTransfer",
    "allocate_by_hand",
    "approve",
    "ask_confirmation",
    "ask_store_credit",
    "ask_to_send_back",
    "decline",
    "give_store_credit",
    "hold",
    "lock_decision",
    "lock_line",
    "lock_store_credit",
    "record_return",
    "record_transfer",
    "record_unknown_return",
    "release",
    "send_back",
    "settle_free_order",
    "spend_store_credit",
    "store_credit_of",
    "take_off",
    "unallocated",
]
