"""The language that somebody wants to read, whoever they are: a cookie keeps it for the browser."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.views.i18n import set_language

from connections.http import DashboardRequest, allow


@login_not_required
@allow("POST")
def language_choose(request: DashboardRequest) -> HttpResponse:
    """Back to the page where it was chosen, if that is one of ours; the overview otherwise."""
    response: HttpResponse = set_language(request)
    return response
