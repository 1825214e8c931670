"""To the OpenID provider and back."""

import secrets
from typing import Any

import requests
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from connections import single_sign_on
from connections.http import allow
from connections.staffing import PROVIDER


@login_not_required
def leave(request: HttpRequest) -> HttpResponse:
    """Go there; whoever is signed in goes to prove once more who they are."""
    _require_single_sign_on()
    # With a limit the provider says when they last proved it, which is what signing in again asks about.
    nonce = secrets.token_urlsafe(24)
    asked = {"max_age": str(int(settings.SESSION_ABSOLUTE.total_seconds())), "nonce": nonce}
    if request.user.is_authenticated:
        asked["prompt"] = "login"
    try:
        answer: HttpResponse = single_sign_on.provider_of(request).redirect(
            request,
            AuthProcess.LOGIN,
            next_url=get_next_redirect_url(request),
            data={"nonce": nonce},
            auth_params=asked,
        )
    except (requests.RequestException, OAuth2Error, LookupError, TypeError, ValueError):
        return render(request, "socialaccount/away.html", status=502)
    return answer


@login_not_required
def come_back(request: HttpRequest) -> HttpResponse:
    """With a code that tells who they are."""
    _require_single_sign_on()
    view = OAuth2CallbackView.adapter_view(single_sign_on.Door(request, PROVIDER))
    answer: Any = view(request)
    return answer if isinstance(answer, HttpResponse) else HttpResponse(status=500)


def _require_single_sign_on() -> None:
    if not single_sign_on.is_on():
        raise Http404


oidc_leave = allow("GET", "HEAD")(leave)
oidc_come_back = allow("GET", "HEAD")(come_back)
