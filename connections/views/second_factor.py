"""One's own second factors: each is set up, removed or made anew together with the event that says so."""

from typing import Any

from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal.auth import begin_registration
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.http import HttpResponse
from django.urls import reverse_lazy

from connections import second_factor, single_sign_on
from connections.audit.events import Event, EventType, Why
from connections.audit.ledger import recording
from connections.http import DashboardRequest, actor_of, allow, render_page
from connections.queries.second_factors import factors_of
from connections.queries.sessions import sessions_of


@allow("GET", "HEAD")
def second_factors(request: DashboardRequest) -> HttpResponse:
    """What I can show beside my password, and what I still must set up."""
    staff = request.user
    context = {
        "factors": factors_of(staff),
        "must_set_one_up": second_factor.is_required_of(staff) and not second_factor.was_shown(request),
        "is_from_provider": single_sign_on.brought(request),
        "sessions": sessions_of(staff, here=request.session.session_key),
    }
    return render_page(request, "mfa/index.html", context=context)


class _Recorded:
    """The form is asked before; then the change and its event are committed together or not at all."""

    request: DashboardRequest
    what = ""
    success_url = reverse_lazy("mfa_index")

    def form_valid(self, form: Any) -> HttpResponse:
        with recording() as record:
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # of the view beside this
            actor = actor_of(self.request)
            why = Why(reason=self.what)
            kind = EventType.AUTH_SECOND_FACTOR_CHANGED
            record(Event(type=kind, actor=actor, why=why, request=self.request.id))
        self.then()
        return response

    def then(self) -> None:
        """What it means for this session."""


class _Added(_Recorded):
    kind = ""

    def then(self) -> None:
        second_factor.take_as_shown(self.request, self.kind)


class _Removed(_Recorded):
    def then(self) -> None:
        if not second_factor.exists_for(self.request.user):
            second_factor.take_as_not_shown(self.request)


class _AddApp(_Added, ActivateTOTPView):  # type: ignore[misc]  # allauth has no types
    what, kind = "authenticator app added", "totp"


class _RemoveApp(_Removed, DeactivateTOTPView):  # type: ignore[misc]
    what = "authenticator app removed"


class _AddPasskey(_Added, AddWebAuthnView):  # type: ignore[misc]
    what, kind = "passkey added", "webauthn"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Options for a passkey that is found by itself and asks who uses it."""
        options = begin_registration(self.request.user, True)
        return {"form": self.get_form(), **kwargs, "options": options["publicKey"]}


class _RemovePasskey(_Removed, RemoveWebAuthnView):  # type: ignore[misc]
    what = "passkey removed"


class _NewRecoveryCodes(_Recorded, GenerateRecoveryCodesView):  # type: ignore[misc]
    what = "recovery codes made anew"
    success_url = reverse_lazy("mfa_view_recovery_codes")


_both = allow("GET", "HEAD", "POST")
app_add = _both(_AddApp.as_view())
app_remove = _both(_RemoveApp.as_view())
passkey_add = _both(_AddPasskey.as_view())
passkey_remove = _both(_RemovePasskey.as_view())
recovery_codes_new = _both(_NewRecoveryCodes.as_view())
