"""Changing one's own password, where one has any."""

from typing import Any

from allauth.account.internal.flows.password_change import finalize_password_change
from allauth.account.views import PasswordChangeView
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect

from connections.audit.events import Event, EventType, Outcome, Status, Why
from connections.audit.ledger import append, recording
from connections.http import DashboardRequest, actor_of, allow
from connections.models import Staff
from connections.sign_in import single_sign_on


class _ChangePassword(PasswordChangeView):  # type: ignore[misc]  # allauth has no types
    request: DashboardRequest

    def dispatch(self, request: DashboardRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whoever comes from the provider has none here, and is not asked to choose one."""
        if single_sign_on.brought(request) or not request.user.has_usable_password():
            return redirect("mfa_index")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        """The password and its event are committed together; what is slow on purpose comes before."""
        staff = form.user
        before = (staff.password, staff.is_active)
        staff.set_password(form.cleaned_data["password1"])
        with recording() as record:
            if Staff.objects.values_list("password", "is_active").get(pk=staff.pk) != before:
                record(self._event(Why(reason="changed meanwhile"), Outcome(status=Status.REFUSED)))
                return redirect("account_login")
            staff.save(update_fields=["password", "password_until"])
            record(self._event())
        finalize_password_change(self.request, staff)
        return HttpResponseRedirect(self.get_success_url())

    def form_invalid(self, form: Any) -> HttpResponse:
        """Who does not know the old one may be somebody else at this screen."""
        if form.has_error("oldpassword", code="enter_current_password"):
            append(self._event(Why(reason="wrong password"), Outcome(status=Status.REFUSED)))
        response: HttpResponse = super().form_invalid(form)
        return response

    def _event(self, why: Why | None = None, outcome: Outcome | None = None) -> Event:
        kind, actor = EventType.AUTH_PASSWORD_CHANGED, actor_of(self.request)
        return Event(type=kind, actor=actor, why=why, outcome=outcome, request=self.request.id)


password_change = allow("GET", "HEAD", "POST")(_ChangePassword.as_view())
