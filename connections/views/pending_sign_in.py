"""The second step of a sign-in."""

from functools import wraps

from allauth.mfa.base import views as factor_views
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from connections.sign_in import pending


@wraps(factor_views.authenticate)
def authenticate(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor, or begin anew if what was begun is void by now."""
    if pending.is_void(request):
        pending.give_up(request)
        messages.info(
            request, gettext("Your account, or how one signs in here, was changed meanwhile. Sign in once more.")
        )
        return redirect("account_login")
    answer: HttpResponse = factor_views.authenticate(request)
    return answer
