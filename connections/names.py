"""When two names of accounts are taken for the same."""

import unicodedata


def folded(name: str) -> str:
    """
    The same for every way to write a name: width, case and composition of its letters.

    Capitals first, since a database that ignores case may compare these: a
    dotless i is another small letter than i, and has the same capital.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).upper().casefold())
