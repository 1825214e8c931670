"""Which secrets are in use, without a word of any."""

from django.http import HttpResponse

from connections import fingerprints, times
from connections.audit.keys import shown
from connections.http import DashboardRequest, allow, render_page, requires
from connections.permissions import Permission


@allow("GET", "HEAD")
@requires(Permission.MANAGE_STAFF)
def configuration(request: DashboardRequest) -> HttpResponse:
    """Fingerprints, to compare after one was changed, and the public keys of the audit log."""
    context = {
        "fingerprints": list(fingerprints.fingerprints()),
        "read_at": times.exact(fingerprints.READ_AT),
        "keys": shown(),
    }
    return render_page(request, "staff/configuration.html", context=context)
