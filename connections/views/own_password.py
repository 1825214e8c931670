"""Changing one's own password, where one has any."""

from typing import Any

from allauth.account.views import PasswordChangeView
from django.http import HttpResponse
from django.shortcuts import redirect

from connections.http import DashboardRequest, allow


class _ChangePassword(PasswordChangeView):  # type: ignore[misc]  # allauth has no types
    def dispatch(self, request: DashboardRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whoever comes from the provider has none here, and is not asked to choose one."""
        if not request.user.has_usable_password():
            return redirect("mfa_index")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


password_change = allow("GET", "HEAD", "POST")(_ChangePassword.as_view())
