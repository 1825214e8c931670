"""Verifying the log: the button, how far it is, and the program with which anyone does it alone."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from connections.audit import browse
from connections.audit.checkpoints import NotCheckpointed, log_name
from connections.audit.export import verifier_source
from connections.audit.filters import Filters
from connections.audit.publish import NotPublished
from connections.audit.signing import KeyUnusable, load_keys
from connections.audit.stored import newest_checkpoint
from connections.audit.verification_run import ask, standing
from connections.http import DashboardRequest, allow, render_page, requires
from connections.permissions import Permission, audit_actors_visible_to
from connections.tasks import verify_log

_SHOWN = 10


@allow("GET", "HEAD", "POST")
@requires(Permission.VERIFY_AUDIT)
def audit_verify(request: DashboardRequest) -> HttpResponse:
    """POST asks for a verification; the page asks again how far it is, for HTMX only that part."""
    if request.method == "POST":
        if ask():
            verify_log.enqueue(request.user.pk, str(request.id))
        if not request.htmx:
            return HttpResponseRedirect(reverse("audit-verify"))
    return render_page(request, "audit/verify.html", partial="audit/_verification.html", context=_context(request))


@allow("GET", "HEAD")
@requires(Permission.VERIFY_AUDIT)
def audit_verifier(_request: DashboardRequest) -> HttpResponse:
    """The single file, as it runs here."""
    response = HttpResponse(verifier_source(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="verify.py"'
    return response


def _context(request: DashboardRequest) -> dict[str, Any]:
    visible_to = audit_actors_visible_to(request.user)
    earlier = browse.page(Filters.of(type="audit.verified"), visible_to=visible_to, limit=_SHOWN)
    return {
        "run": standing(),
        "earlier": earlier.entries,
        "checkpoint": newest_checkpoint(),
        "keys": _keys(),
    }


def _keys() -> list[str]:
    try:
        return [str(key) for key in load_keys().public(log_name())]
    except (KeyUnusable, NotCheckpointed, NotPublished):
        return []
