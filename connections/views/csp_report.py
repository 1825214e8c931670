"""Where browsers say that a page broke the content security policy."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from connections import breaches


@login_not_required
@csrf_exempt  # browsers send these by themselves, without a form
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Count it: 204; 413 and 429 for too much, 400 for what is none."""
    if len(request.body) > breaches.LARGEST_REPORT:
        return HttpResponse(status=413)
    if breaches.is_too_much():
        return HttpResponse(status=429, headers={"Retry-After": "60"})
    try:
        breaches.count(request.body)
    except (ValueError, RecursionError):
        return HttpResponse(status=400)
    return HttpResponse(status=204)
