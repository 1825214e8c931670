"""One's own second factors: each is set up, removed or made anew together with the event that says so."""

from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.recovery_codes.forms import GenerateRecoveryCodesForm
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal.auth import begin_registration
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views.generic import FormView

from connections.audit.events import Event, EventType, Why
from connections.audit.ledger import recording
from connections.http import DashboardRequest, View, actor_of, allow, render_page
from connections.queries.second_factors import factors_of
from connections.queries.sessions import sessions_of
from connections.sign_in import recovery_codes, second_factor, single_sign_on


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
        codes = self.codes()
        with recording() as record:
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # of the view beside this
            if codes:
                recovery_codes.keep(self.request.user, codes)
            actor = actor_of(self.request)
            why = Why(reason=self.what)
            kind = EventType.AUTH_SECOND_FACTOR_CHANGED
            record(Event(type=kind, actor=actor, why=why, request=self.request.id))
        self.then()
        if codes is None:
            return response
        recovery_codes.show_next(self.request, codes)
        return redirect("mfa_view_recovery_codes")

    def codes(self) -> recovery_codes.Made | None:
        """Recovery codes that come with it."""
        return None

    def then(self) -> None:
        """What it means for this session."""


class _Added(_Recorded):
    kind = ""

    def codes(self) -> recovery_codes.Made | None:
        """With the first."""
        return None if recovery_codes.exist_for(self.request.user) else recovery_codes.make()

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


class _NewRecoveryCodes(_Recorded, FormView[Any]):  # type: ignore[misc]
    what = "recovery codes made anew"
    form_class = GenerateRecoveryCodesForm
    template_name = "mfa/recovery_codes/generate.html"

    def codes(self) -> recovery_codes.Made:
        return recovery_codes.make()

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(unused_code_count=factors_of(self.request.user).codes, **kwargs)


@allow("GET", "HEAD")
def recovery_codes_made(request: DashboardRequest) -> HttpResponse:
    """Those that were just made, once; from then on how many are left."""
    left = factors_of(request.user).codes
    if left is None:
        raise Http404
    codes = recovery_codes.to_show(request) if request.method == "GET" else []
    return render_page(request, "mfa/recovery_codes/index.html", context={"codes": codes, "left": left})


def _both(view: View[...]) -> View[...]:
    """Whoever comes from the provider shows there what the company asks for, and sets up nothing here."""

    @wraps(view)
    def local(request: DashboardRequest, /, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("mfa_index") if single_sign_on.brought(request) else view(request, *args, **kwargs)

    return allow("GET", "HEAD", "POST")(local)


app_add = _both(_AddApp.as_view())
app_remove = _both(_RemoveApp.as_view())
passkey_add = _both(_AddPasskey.as_view())
passkey_remove = _both(_RemovePasskey.as_view())
recovery_codes_new = _both(reauthentication_required(_NewRecoveryCodes.as_view(), app="allauth.mfa"))
