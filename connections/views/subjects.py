"""Everything about one of Smartcar's users, for the answer to a request for access."""

from itertools import islice
from typing import cast
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse

from connections.audit import archived
from connections.audit.delivery import NotExported
from connections.audit.events import Event, EventType, Found, Target, TargetKind
from connections.audit.ledger import append
from connections.audit.subject import facts_about
from connections.audit.subject_file import SubjectFile
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
    if request.GET.get("format") == "json":
        return _file(request, user_id)
    shown = append(
        Event(
            type=EventType.AUDIT_EXPORTED,
            actor=actor_of(request),
            target=Target(kind=TargetKind.EXPORT, user=user_id),
            found=Found(query={"user": str(user_id), "format": "page"}),
            request=request.id,
        )
    )
    facts = list(islice(facts_about(user_id, archived.archived_through(), shown.seq), _ON_PAPER + 1))
    context = {"facts": facts[:_ON_PAPER], "is_cut": len(facts) > _ON_PAPER, "user_id": user_id, "made": shown}
    return render_page(request, "audit/subject.html", context=context | {"archived": archived.words()})


def _file(request: DashboardRequest, user_id: UUID) -> HttpResponse:
    try:
        prepared = SubjectFile.prepare(user_id, actor=actor_of(request), request=request.id)
    except NotExported as problem:
        return render_page(request, "audit/not_exported.html", context={"why": str(problem)}, status=503)
    response = StreamingHttpResponse(prepared.pieces(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="subject-{user_id!s}.json"'
    return cast("HttpResponse", response)  # our decorators ask no more of it than both have
