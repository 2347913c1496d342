"""The people of the town."""

from dataclasses import dataclass

from entitlements import (
    Party,
)
from foundation.principal import Principal


@dataclass(frozen=True)
class Town:
    """The studios of the town and the people of finance."""

    torino: Party
    milano: Party
    finance: tuple[Principal, Principal]
