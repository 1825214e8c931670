"""The project's own settings with what every test needs: a key, credentials, and no cost for passwords."""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("SECRET_KEY", "a-key-for-tests-only-of-fifty-characters-or-more-0123456789")
os.environ.setdefault("SMARTCAR_APP_MANAGEMENT_TOKEN", "token-of-the-tests")
os.environ.setdefault("SMARTCAR_CLIENT_ID", "client_of-the-tests")
os.environ.setdefault("SMARTCAR_CLIENT_SECRET", "secret-of-the-tests")

# For this process and those it starts; tests that touch the database get a folder each.
if "AUDIT_CHECKPOINT_DIR" not in os.environ:
    _folder = tempfile.mkdtemp(prefix="audit-")
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    os.environ |= {
        "AUDIT_SIGNING_KEY_FILE": f"{_folder}/signing-key.pem",
        "AUDIT_CHECKPOINT_DIR": f"{_folder}/checkpoints",
    }

from dashboard.settings import *  # noqa: F403

# Tests sign in with a password alone; those of second factors ask for them.
SECOND_FACTOR_ROLES = ()

# Tests revoke more than a person may; the guard's own test sets its own number.
REVOCATIONS_PER_HOUR = 100_000

# Tests ask far more than a person, and travel in time; the tests of the allowance set their own.
SMARTCAR_RATE_CAPACITY = SMARTCAR_RATE_REFILL_PER_MINUTE = 10_000_000
SMARTCAR_RATE_RESERVE = 0

# Argon2 is slow on purpose, and tests sign in hundreds of times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")  # noqa: F405

# A database is put back in milliseconds, and not emptied table by table.
INSTALLED_APPS.append("tests.pristine")  # noqa: F405
