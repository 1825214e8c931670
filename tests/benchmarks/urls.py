"""The dashboard's URLs, and the admin to compare with."""

from django.contrib import admin
from django.urls import include, path

from tests.benchmarks.admin import lean, typical

urlpatterns = [
    path("admin/", admin.site.urls),
    path("lean/", lean.urls),
    path("typical/", typical.urls),
    path("", include("dashboard.urls")),
]
