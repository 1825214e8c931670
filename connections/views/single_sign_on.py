"""To the OpenID provider and back."""

import secrets
import time
from typing import Any

import requests
from allauth.account.utils import get_next_redirect_url
from allauth.core.internal import ratelimit
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import DisallowedRedirect
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from connections.http import allow
from connections.sign_in import single_sign_on
from connections.sign_in.openid_provider import Door, provider_of


@login_not_required
def leave(request: HttpRequest) -> HttpResponse:
    """Go there; whoever is signed in goes to prove once more who they are."""
    if refused := _refused(request):
        return refused
    # With a limit the provider says when they last proved it, which is what signing in again asks about.
    nonce = secrets.token_urlsafe(24)
    asked = {"max_age": str(int(settings.SESSION_ABSOLUTE.total_seconds())), "nonce": nonce}
    kept: dict[str, Any] = {"nonce": nonce}
    if request.user.is_authenticated:
        asked["prompt"] = "login"
        kept["again_since"] = time.time()
    try:
        answer: HttpResponse = provider_of(request).redirect(
            request,
            AuthProcess.LOGIN,
            next_url=get_next_redirect_url(request),
            data=kept,
            auth_params=asked,
        )
    except (requests.RequestException, OAuth2Error, DisallowedRedirect, LookupError, TypeError, ValueError):
        return render(request, "socialaccount/away.html", status=502)
    return answer


@login_not_required
def come_back(request: HttpRequest) -> HttpResponse:
    """With a code that tells who they are."""
    if refused := _refused(request):
        return refused
    view = OAuth2CallbackView.adapter_view(Door(request, settings.OIDC_ISSUER))
    answer: Any = view(request)
    return answer if isinstance(answer, HttpResponse) else HttpResponse(status=500)


def _refused(request: HttpRequest) -> HttpResponse | None:
    """404 without single sign-on; 429 for whoever comes too often, since each time costs a row or a request."""
    if not single_sign_on.is_on():
        raise Http404
    if ratelimit.consume(request, app="allauth.account", action="single_sign_on", limit_get=True):
        return None
    response = render(request, "429.html", status=429)
    response["Retry-After"] = "60"
    return response


oidc_leave = allow("GET", "HEAD")(leave)
oidc_come_back = allow("GET", "HEAD")(come_back)
