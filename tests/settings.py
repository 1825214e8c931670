"""The project's own settings with what every test needs: a key, credentials, and no cost for passwords."""

import os

os.environ.setdefault("SECRET_KEY", "a-key-for-tests-only-of-fifty-characters-or-more-0123456789")
os.environ.setdefault("SMARTCAR_APP_MANAGEMENT_TOKEN", "token-of-the-tests")
os.environ.setdefault("SMARTCAR_CLIENT_ID", "client_of-the-tests")
os.environ.setdefault("SMARTCAR_CLIENT_SECRET", "secret-of-the-tests")

from dashboard.settings import *  # noqa: F403

# Tests revoke more than a person may; the guard's own test sets its own number.
REVOCATIONS_PER_HOUR = 100_000

# Tests ask far more than a person, and travel in time; the tests of the allowance set their own.
SMARTCAR_RATE_CAPACITY = SMARTCAR_RATE_REFILL_PER_MINUTE = 10_000_000
SMARTCAR_RATE_RESERVE = 0

# Argon2 is slow on purpose, and tests sign in hundreds of times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")  # noqa: F405
