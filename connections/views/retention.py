"""What must stay in the audit log, and what was taken out of it."""

from django.http import HttpResponse

from connections.audit.archived import standing
from connections.audit.events import Found, Target, TargetKind
from connections.http import DashboardRequest, allow, refuse, render_page, requires
from connections.permissions import Permission, audit_actors_visible_to
from connections.retention.holds import holds
from connections.views.audit import record_viewed


@allow("GET", "HEAD")
@requires(Permission.VIEW_AUDIT)
def audit_retention(request: DashboardRequest) -> HttpResponse:
    """Legal holds and archives, for those who may read all of the log: both are about everybody's events."""
    if audit_actors_visible_to(request.user) is not None:
        return refuse(request, Permission.VIEW_AUDIT)
    found, tombstones = holds(), standing()
    seen = [*(each.seq for each in found), *(each.seq for each in tombstones)]
    record_viewed(request, Found.of(seen), Target(kind=TargetKind.AUDIT, id="retention"))
    return render_page(request, "audit/retention.html", context={"holds": found, "tombstones": tombstones})
