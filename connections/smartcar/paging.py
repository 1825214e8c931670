"""From page to page to the end of a list, and no further."""

from collections.abc import Callable, Iterator

from connections.smartcar.errors import Exchange, Unreadable
from connections.smartcar.types import Connection, Generation, Page

LARGEST_PAGE = 100
# An empty page that names a next one occurs while rows are deleted; an endless row of them does not.
PAGES_WITHOUT_NEWS = 3
# Of a list that changes while it is read.
_READINGS = 3


def require_limit(limit: int) -> None:
    """Raises `ValueError` for a size that Smartcar does not take."""
    if not 1 <= limit <= LARGEST_PAGE:
        message = f"A page holds 1 to {LARGEST_PAGE} connections, not {limit}."
        raise ValueError(message)


def follow(fetch: Callable[[str | None], Page], generation: Generation) -> Iterator[Page]:
    """
    Every page, each fetched when it is taken.

    Raises `Unreadable` when a cursor comes back or pages bring nothing new:
    what looks like a list without an end would spend the whole allowance.
    """
    cursors: set[str] = set()
    seen: set[Connection] = set()
    idle = 0
    cursor: str | None = None
    while True:
        page = fetch(cursor)
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return
        idle = idle + 1 if seen.issuperset(page.connections) else 0
        if cursor in cursors or idle >= PAGES_WITHOUT_NEWS:
            exchange = Exchange(method="GET", generation=generation, request_id=page.request_id)
            raise Unreadable("Smartcar's list goes round in a circle.", exchange)
        cursors.add(cursor)
        seen.update(page.connections)


def read_whole(read: Callable[[], Iterator[Page]], generation: Generation) -> tuple[Connection, ...]:
    """
    A list to its end, each connection once, none left out.

    By page number (v3) a row slips past when one before it is deleted between
    two pages, so a list of several pages must hold as many as Smartcar counts,
    or be the same twice. Raises `Unreadable` if it does not come to rest.
    """
    earlier: set[Connection] = set()
    for _ in range(_READINGS):
        pages = list(read())
        found = dict.fromkeys(each for page in pages for each in page.connections)
        if len(pages) == 1 or {page.total for page in pages} <= {None, len(found)} or found.keys() == earlier:
            return tuple(found)
        earlier = set(found)
    exchange = Exchange(method="GET", generation=generation, request_id=pages[-1].request_id)
    raise Unreadable("Smartcar's list changed each time it was read.", exchange)
