"""The first page: what waits, how things stand, and what was done lately. It costs no request to Smartcar."""

from django.http import HttpResponse

from connections.http import DashboardRequest, allow, render_page
from connections.permissions import Permission, may
from connections.queries.emergencies import emergencies_for
from connections.queries.overview import overview_for


@allow("GET", "HEAD")
def overview(request: DashboardRequest) -> HttpResponse:
    """Open to every signed-in member of staff; what it shows depends on what they may see."""
    sees_connections = may(request.user, Permission.VIEW_CONNECTION)
    context = {
        "overview": overview_for(request.user) if sees_connections else None,
        "manages_staff": may(request.user, Permission.MANAGE_STAFF),
        "emergencies": emergencies_for(request.user),
    }
    return render_page(request, "overview.html", context=context)
