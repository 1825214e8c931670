"""Everything about one of Smartcar's users, for the answer to a request for access."""

from datetime import UTC, datetime
from itertools import islice
from typing import cast
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse

from connections.audit import archived
from connections.audit.canonical import canonical_time
from connections.audit.events import Event, EventType, Found, Target, TargetKind
from connections.audit.ledger import append
from connections.audit.subject import facts_about, lines_about
from connections.http import DashboardRequest, actor_of, allow, refuse, render_page, requires
from connections.permissions import Permission, audit_actors_visible_to

_ON_PAPER = 1000


@allow("GET", "HEAD")
@requires(Permission.EXPORT_AUDIT)
def subject_report(request: DashboardRequest, user_id: UUID) -> HttpResponse:
    """
    A page to print, or with `?format=json` a file that is streamed.

    For those who may read all of the log: a report that leaves out what others
    did would not be one.
    """
    if audit_actors_visible_to(request.user) is not None:
        return refuse(request, Permission.EXPORT_AUDIT)
    form = "json" if request.GET.get("format") == "json" else "page"
    exported = append(
        Event(
            type=EventType.AUDIT_EXPORTED,
            actor=actor_of(request),
            target=Target(kind=TargetKind.EXPORT, user=user_id),
            found=Found(query={"user": str(user_id), "format": form}),
            request=request.id,
        )
    )
    if form == "json":
        return _file(user_id, exported.at, exported.seq)
    facts = list(islice(facts_about(user_id, exported.seq), _ON_PAPER + 1))
    context = {"facts": facts[:_ON_PAPER], "is_cut": len(facts) > _ON_PAPER, "user_id": user_id, "made": exported}
    return render_page(request, "audit/subject.html", context=context | {"archived": archived.words()})


def _file(user_id: UUID, at: datetime, tail: int) -> HttpResponse:
    lines = lines_about(user_id, canonical_time(at.astimezone(UTC)), tail)
    response = StreamingHttpResponse(lines, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="subject-{user_id!s}.json"'
    return cast("HttpResponse", response)  # our decorators ask no more of it than both have
