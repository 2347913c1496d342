"""Where a person may be sent after signing in: a path of this shop, whatever the address said."""

import re

# One slash, then plain path characters: no second slash, no backslash, no scheme, no control character, no host.
_LOCAL = re.compile(r"^/(?:[A-Za-z0-9._~-][A-Za-z0-9._~/-]*)?(?:\?[A-Za-z0-9._~=&%+,:@!*()'/-]*)?$")
_LONGEST = 500


def safe_path(wanted: str | None, otherwise: str = "/") -> str:
    """`wanted` when it is certainly a path of this shop, else `otherwise`."""
    if wanted is None or len(wanted) > _LONGEST or not _LOCAL.fullmatch(wanted):
        return otherwise
    path = wanted.partition("?")[0]
    return otherwise if "//" in path or "/../" in f"{path}/" else wanted
