"""Every URL there is."""

from allauth.account import views as account_views
from allauth.mfa.base import views as factor_views
from allauth.mfa.webauthn import views as passkey_views
from django.conf import settings
from django.urls import include, path
from django.views.generic import TemplateView

from connections.views import own_password, own_sessions, pending_sign_in, second_factor, sign_in_again, single_sign_on

urlpatterns = [
    path("accounts/login/", account_views.login, name="account_login"),
    path("accounts/logout/", account_views.logout, name="account_logout"),
    path("accounts/reauthenticate/", account_views.reauthenticate, name="account_reauthenticate"),
    path("accounts/sign-in-again/", sign_in_again.sign_in_again, name="sign-in-again"),
    path("accounts/password/change/", own_password.password_change, name="account_change_password"),
    path("accounts/inactive/", account_views.account_inactive, name="account_inactive"),
    path("accounts/2fa/", second_factor.second_factors, name="mfa_index"),
    path("accounts/2fa/authenticate/", pending_sign_in.authenticate, name="mfa_authenticate"),
    path("accounts/2fa/reauthenticate/", factor_views.reauthenticate, name="mfa_reauthenticate"),
    path("accounts/2fa/app/add/", second_factor.app_add, name="mfa_activate_totp"),
    path("accounts/2fa/app/remove/", second_factor.app_remove, name="mfa_deactivate_totp"),
    path("accounts/2fa/recovery-codes/", second_factor.recovery_codes_made, name="mfa_view_recovery_codes"),
    path("accounts/2fa/recovery-codes/new/", second_factor.recovery_codes_new, name="mfa_generate_recovery_codes"),
    path("accounts/2fa/passkeys/add/", second_factor.passkey_add, name="mfa_add_webauthn"),
    path("accounts/2fa/passkeys/<int:pk>/remove/", second_factor.passkey_remove, name="mfa_remove_webauthn"),
    path("accounts/2fa/passkeys/sign-in/", passkey_views.login_webauthn, name="mfa_login_webauthn"),
    path(
        "accounts/2fa/passkeys/reauthenticate/",
        passkey_views.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path("accounts/sessions/<int:session_id>/end/", own_sessions.session_end, name="session-end"),
    path("accounts/sessions/end/", own_sessions.sessions_end, name="sessions-end"),
    path("accounts/oidc/login/", single_sign_on.oidc_leave, name="openid_connect_login"),
    path("accounts/oidc/callback/", single_sign_on.oidc_come_back, name="openid_connect_callback"),
    path("", include("connections.urls")),
]

handler500 = "connections.views.errors.server_error"

if settings.DEBUG:
    urlpatterns += [
        path("components/", TemplateView.as_view(template_name="components.html"), name="components"),
        path("components/dialog/", TemplateView.as_view(template_name="components/dialog.html"), name="dialog"),
    ]
