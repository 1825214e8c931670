"""Every URL there is."""

from allauth.account import views as account_views
from django.conf import settings
from django.urls import include, path
from django.views.generic import TemplateView

urlpatterns = [
    path("accounts/login/", account_views.login, name="account_login"),
    path("accounts/logout/", account_views.logout, name="account_logout"),
    path("accounts/reauthenticate/", account_views.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/change/", account_views.password_change, name="account_change_password"),
    path("accounts/inactive/", account_views.account_inactive, name="account_inactive"),
    path("", include("connections.urls")),
]

handler500 = "connections.views.errors.server_error"

if settings.DEBUG:
    urlpatterns += [path("components/", TemplateView.as_view(template_name="components.html"), name="components")]
