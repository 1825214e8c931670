"""The admin alone, with the compression and the static files of the dashboard, so that the comparison is fair."""

from pathlib import Path

from tests.benchmarks.settings import *  # noqa: F403
from tests.benchmarks.settings import DATABASES, MIDDLEWARE_OF_THE_ADMIN, STORAGES

MIDDLEWARE = [
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    *MIDDLEWARE_OF_THE_ADMIN,
    "allauth.account.middleware.AccountMiddleware",  # its app does not start without
]
STATIC_ROOT = Path(DATABASES["default"]["NAME"]).parent / "static"
STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
