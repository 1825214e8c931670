"""For load balancers and orchestrators: without sign-in, and without a word about anybody."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from connections.models import AuditEvent
from connections.queries.attention import counts
from connections.queries.figures import exposition
from connections.revocations import spool


@login_not_required
@require_safe
def alive(_request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("alive\n", content_type="text/plain")


@login_not_required
@require_safe
def ready(_request: HttpRequest) -> HttpResponse:
    """
    The database can be read, so pages can be served, and the spool can take an answer of Smartcar's and give it back.

    What operators should know stands in the body and not in the status: a
    server is not taken out of service because of one unknown outcome.
    """
    try:
        connection.ensure_connection()
        AuditEvent.objects.order_by("-seq").values("seq").first()
        lines = [f"{what}: {count}\n" for what, count in counts().items()]
    except DatabaseError:
        return HttpResponse("the database does not answer\n", content_type="text/plain", status=503)
    lines += [f"the spool file {path.name} was never finished\n" for path in spool.unfinished()]
    if hindrances := spool.hindrances():
        return HttpResponse([f"{each}\n" for each in hindrances], content_type="text/plain", status=503)
    return HttpResponse(["ready\n", *lines], content_type="text/plain")


@login_not_required
@require_safe
def metrics(_request: HttpRequest) -> HttpResponse:
    """Counts for a monitoring system; no names, no ids."""
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
