"""The project's own settings, with Django's admin beside the dashboard: here only, to compare with."""

from dashboard.settings import *  # noqa: F403

INSTALLED_APPS = ["django.contrib.admin", "tests.benchmarks", *INSTALLED_APPS]  # noqa: F405
ROOT_URLCONF = "tests.benchmarks.urls"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405

# What `startproject` gives the admin, so that it pays for none of our middleware.
MIDDLEWARE_OF_THE_ADMIN = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# What django-import-export, where it is installed to compare with, is to do with formulas.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
