"""The dashboard's URLs, and the admin to compare with."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls), path("", include("dashboard.urls"))]
