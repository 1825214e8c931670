"""The first page: where one can go, and what was done lately. It costs no request to Smartcar."""

from django.http import HttpResponse

from connections import budget
from connections.http import DashboardRequest, allow, render_page
from connections.permissions import Permission, may
from connections.queries.attention import attention
from connections.queries.emergencies import emergencies_for
from connections.queries.operation_list import operation_page


@allow("GET", "HEAD")
def overview(request: DashboardRequest) -> HttpResponse:
    """Open to every signed-in member of staff; what it shows depends on what they may see."""
    sees_connections = may(request.user, Permission.VIEW_CONNECTION)
    context = {
        "sees_connections": sees_connections,
        "manages_staff": may(request.user, Permission.MANAGE_STAFF),
        "emergencies": emergencies_for(request.user),
        "page": operation_page(limit=10) if sees_connections else None,
        "attention": attention() if sees_connections else None,
        "allowance": budget.left() if sees_connections else None,
    }
    return render_page(request, "overview.html", context=context)
