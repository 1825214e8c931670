"""The rest of a large set that was shown before a revocation, a part at a time."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from django.http import Http404, HttpResponse

from connections.http import DashboardRequest, actor_of, render_page
from connections.queries import table
from connections.queries.places import Place, place_of
from connections.revocations.preview import connections_of, last_preview
from connections.revocations.scope import Subject
from connections.smartcar.types import Connection

# As many as one page of the table has.
PART = 100


def part_of(connections: tuple[Connection, ...], place: Place, digest: str, first: int = 0) -> dict[str, object]:
    """What a template shows from number `first` on: rows, how many there are in all, and where the next part is."""
    end = first + PART
    more_url = f"{place.revoke_url}?{urlencode({'preview': digest, 'from': end})}"
    return {
        "rows": table.rows_of(connections[first:end], datetime.now(UTC)),
        "first": first + 1,
        "last": min(end, len(connections)),
        "count": len(connections),
        "more_url": more_url if end < len(connections) else "",
    }


def shown_set(request: DashboardRequest, scope: Subject) -> HttpResponse:
    """A later part of exactly what this person was shown; 404 for what they were not."""
    digest, written = request.GET.get("preview", ""), request.GET.get("from", "")
    row = last_preview(actor=actor_of(request), scope=scope, digest=digest)
    connections = connections_of(row) if row else ()
    first = int(written) if written.isascii() and written.isdecimal() and len(written) < 9 else 0
    if not 0 < first < len(connections):
        raise Http404
    place = place_of(scope)
    context = {"place": place, **part_of(connections, place, digest, first)}
    return render_page(request, "revocations/shown.html", partial="revocations/_shown.html", context=context)
