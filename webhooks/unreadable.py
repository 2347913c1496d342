"""What a believed letter lacks to be read, place by place."""

from collections.abc import Mapping


class Unreadable(Exception):
    """A signed letter whose body is not what the contract says: a code of the API for each place (JSON pointer)."""

    def __init__(self, codes: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{pointer}: {code}" for pointer, code in codes.items()))
        self.codes = dict(codes)
