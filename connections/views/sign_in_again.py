"""From a form to where one proves once more who one is, and back, with what was typed."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from connections.http import DashboardRequest, allow, keep_typed


@allow("POST")
def sign_in_again(request: DashboardRequest) -> HttpResponse:
    """Keep the fields of the form for the page in `next`; none of them is sent anywhere."""
    page = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(page, allowed_hosts=None):
        raise Http404
    try:
        keep_typed(request, page)
    except Resolver404 as problem:
        raise Http404 from problem
    url = f"{reverse('account_reauthenticate')}?{urlencode({'next': page})}"
    if not request.htmx:
        return redirect(url)
    answer = HttpResponse()
    answer["HX-Redirect"] = url
    return answer
