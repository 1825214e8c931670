"""Django's settings, each read from the environment through `dashboard.env` or decided here with a reason."""

from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dashboard.env import Environment, Term

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()


def _installed_version() -> str:
    try:
        return version("smartcar-connections-dashboard")
    except PackageNotFoundError:
        return "0.1.0"


def _bracketed(host: str) -> str:
    """As it stands in a Host header."""
    return f"[{host}]" if ":" in host else host


APP_VERSION = _installed_version()

# --- Where staff reach us: the scheme of PUBLIC_URL alone decides everything that depends on https ---

DEBUG = env.flag("DEBUG", default=False)
PUBLIC_URL = env.origin("PUBLIC_URL", "http://127.0.0.1:8000")
_public = urlsplit(PUBLIC_URL)
_https = _public.scheme == "https"
_loopback = _public.hostname in ("127.0.0.1", "localhost", "::1")

# Empty outside DEBUG; `dashboard.checks` then stops the start, and Django refuses to sign with it.
SECRET_KEY = env.text("SECRET_KEY") or ("insecure-key-for-debug-only" if DEBUG else "")
# Former keys, believed until what they signed has ended; nothing is signed with them.
SECRET_KEY_FALLBACKS = list(env.words("SECRET_KEY_FALLBACKS"))
ALLOWED_HOSTS = list(
    env.words(
        "ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"] if _loopback else [_bracketed(_public.hostname or "")]
    )
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# PUBLIC_URL has no path. gunicorn believes a proxy on this machine, which may only pass on what a browser sent, that
# there is one; then /accounts/connections/ would be our /connections/, and pages would link to where it says.
FORCE_SCRIPT_NAME = ""

SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
# How many proxies in front add to X-Forwarded-For; what is before their entries is anybody's word.
TRUSTED_PROXIES = env.count("TRUSTED_PROXIES", 0)
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

SESSION_COOKIE_NAME = "__Host-sessionid" if _https else "sessionid"
SESSION_COOKIE_SECURE = _https
SESSION_COOKIE_SAMESITE = "Lax"
# How long a session lives unused, and how long at all; `SessionLimitsMiddleware` sees to both.
SESSION_COOKIE_AGE = env.positive("SESSION_IDLE_MINUTES", 30) * 60
SESSION_ABSOLUTE = timedelta(hours=env.positive("SESSION_ABSOLUTE_HOURS", 12))
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
DEVICE_COOKIE_NAME = "__Host-device" if _https else "device"
CSRF_COOKIE_NAME = "__Host-csrftoken" if _https else "csrftoken"
CSRF_COOKIE_SECURE = _https
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "connections.views.errors.csrf_failure"

# A revocation form is a few hundred bytes and a search a few thousand.
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024  # larger ones are answered before they are read, whatever is in them
DATA_UPLOAD_MAX_NUMBER_FIELDS = 50
FILE_UPLOAD_HANDLERS: list[str] = []

# --- What runs ---

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_tasks_db",
    "dashboard.apps.DashboardConfig",
    "connections.apps.ConnectionsConfig",
]

MIDDLEWARE = [
    "dashboard.middleware.SecurityHeadersMiddleware",
    # Before what refuses a Host header: that answer must not be framed either.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Before all that may answer with a page: a thread would otherwise still speak the language of whom it served last.
    "dashboard.middleware.LanguageMiddleware",
    # The one secret in a page is the CSRF token, which Django masks anew in each answer; see docs/decisions.md.
    "dashboard.compression.PageCompressionMiddleware",
    "dashboard.middleware.LargestBodyMiddleware",
    "dashboard.middleware.ImpossibleSessionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "connections.middleware.RequestIdMiddleware",
    "connections.middleware.NotRecordedMiddleware",
    "connections.middleware.SessionLimitsMiddleware",
    "connections.middleware.SignInRequiredMiddleware",
    "connections.middleware.OneTimePasswordMiddleware",
    "connections.middleware.SecondFactorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "connections.middleware.SignInAgainMiddleware",
]

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"

# A folder whose templates come before ours, for the wording of receipts: put `receipts/receipt.html` there.
# It may begin with {% extends "receipts/receipt.html" %} and replace single blocks of ours, which are
# title, introduction, facts, removals, stays, proof and closing; all of them are in templates/receipts/receipt.html.
RECEIPT_TEMPLATES_DIR = env.path("RECEIPT_TEMPLATES_DIR")

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [*([RECEIPT_TEMPLATES_DIR] if RECEIPT_TEMPLATES_DIR else []), BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "django.contrib.humanize.templatetags.humanize",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "connections.context.page_frame",
            ],
        },
    }
]

# The language of the source, of all that is stored and logged, and of whoever asks for none of ours.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "__Host-language" if _https else "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = _https
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}

# --- What remembers ---

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES: dict[str, dict[str, Any]] = {"default": env.database("DATABASE_URL", "sqlite:///db.sqlite3", base=BASE_DIR)}
# `ATOMIC_REQUESTS` stays off: an audit event is its own durable transaction, committed before Smartcar hears of a deed.
DATABASES["default"]["ATOMIC_REQUESTS"] = False
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A writer that began by reading would fail when another wrote in between: take the lock at once.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: a committed intent survives a power cut. Without it "recorded before it was sent" is a hope.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }

CACHES = {
    # Shared by all processes without another service to run; nothing secret is put there.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "TIMEOUT": 60,
        # What is full throws out at random what still counts, also a count of wrong passwords. Every name that was
        # tried has an entry for five minutes, and every try costs a hash: two cores make some 6,000 in that time.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}
# The queue only delivers: operations themselves remember what is due, and a sweep puts it back.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "long"]}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
# Not in a cookie, where anybody at the browser could read what was said to somebody else.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Who may sign in ---

ROLES = ("support", "lead", "auditor", "access_admin")

AUTH_USER_MODEL = "connections.Staff"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "connections.sign_in.hashers.FewAtOnce",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# Beside the host of PUBLIC_URL and the product's name: what somebody who knows the company tries first.
PASSWORD_WORDS = env.words("PASSWORD_WORDS")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "connections.sign_in.password_rules.NotLikeTheUsername"},
    {"NAME": "connections.sign_in.password_rules.LongEnough", "OPTIONS": {"min_length": 12}},
    {"NAME": "connections.sign_in.password_rules.NotCommon"},
    {"NAME": "connections.sign_in.password_rules.NoWordOfOurs"},
    {"NAME": "connections.sign_in.passwords.AnotherThanTheOneTimePassword"},
]
# Single sign-on: with an issuer, nobody has a password here but the account to break the glass for.
OIDC_ISSUER = env.url("OIDC_ISSUER")
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_SECRET")
# The claim that lists groups, and the group at the provider for each of our roles.
OIDC_GROUPS_CLAIM = env.text("OIDC_GROUPS_CLAIM", "groups")
OIDC_ROLE_GROUPS = env.pairs("OIDC_ROLE_GROUPS", {role: role for role in ROLES})
OIDC_BREAK_GLASS_ACCOUNT = env.text("OIDC_BREAK_GLASS_ACCOUNT")
SOCIALACCOUNT_ADAPTER = "connections.sign_in.single_sign_on.AccountsOfProvider"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_QUERY_EMAIL = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "connections.sign_in.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "connections.sign_in.forms.SignInForm",
    "reauthenticate": "connections.sign_in.forms.PasswordAgainForm",
    "change_password": "connections.sign_in.forms.OwnPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
# Kept in the shared cache, so all processes count together. By address only where nothing else tells people apart,
# and generously where nothing can be guessed: an office has one address, and so has everybody behind an unknown proxy.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    # What allauth counts for an account, codes too, so that who guesses locks out its owner:
    # see `connections.sign_in.tries`.
    "login_failed": "",
    "login_failed_from_address": "20/m/ip",
    "login_failed_at_account": "5/5m/key",
    "login_failed_on_known_device": "5/5m/key",
    "code_failed_at_account": "5/5m/key",
    "code_failed_on_known_device": "5/5m/key",
    "single_sign_on": "200/m/ip",
}
MFA_RATE_LIMITS = {"webauthn_login": "300/m/ip"}
# Who must show something beside a password; set but empty, nobody must.
SECOND_FACTOR_ROLES = env.words("SECOND_FACTOR_ROLES", ROLES)
MFA_ADAPTER = "connections.sign_in.second_factor.FactorAdapter"
# Without its recovery codes, which can be made again from what is kept: ours are hashed.
MFA_SUPPORTED_TYPES = ["totp", "webauthn"]
# How those that it made, in earlier versions, are read once to be hashed.
MFA_RECOVERY_CODE_DIGITS = 10
MFA_FORMS = {
    "authenticate": "connections.sign_in.second_factor_forms.CodeForm",
    "reauthenticate": "connections.sign_in.second_factor_forms.CodeAgainForm",
    "activate_totp": "connections.sign_in.second_factor_forms.AppForm",
    "authenticate_webauthn": "connections.sign_in.second_factor_forms.PasskeyForm",
    "reauthenticate_webauthn": "connections.sign_in.second_factor_forms.PasskeyAgainForm",
    "login_webauthn": "connections.sign_in.second_factor_forms.PasskeyAloneForm",
    "add_webauthn": "connections.sign_in.second_factor_forms.NewPasskeyForm",
}
# One period before and after: telephones' clocks differ, and people type (RFC 6238, 5.2).
MFA_TOTP_TOLERANCE = 1
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# Browsers keep passkeys for a name, not for an address, and only where nobody can read along.
PASSKEYS_WORK = _public.hostname == "localhost" or (_https and not env.is_address(_public.hostname or ""))
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# --- Smartcar ---

SMARTCAR_APP_MANAGEMENT_TOKEN = env.text("SMARTCAR_APP_MANAGEMENT_TOKEN")
SMARTCAR_CLIENT_ID = env.text("SMARTCAR_CLIENT_ID")
SMARTCAR_CLIENT_SECRET = env.text("SMARTCAR_CLIENT_SECRET")
SMARTCAR_API = env.choice("SMARTCAR_API", ("auto", "v2", "v3"), "auto")
SMARTCAR_MANAGEMENT_API_ORIGIN = env.origin("SMARTCAR_MANAGEMENT_API_ORIGIN", "https://management.smartcar.com")
SMARTCAR_VEHICLE_API_ORIGIN = env.origin("SMARTCAR_VEHICLE_API_ORIGIN", "https://vehicle.api.smartcar.com")
SMARTCAR_IAM_ORIGIN = env.origin("SMARTCAR_IAM_ORIGIN", "https://iam.smartcar.com")
# The longest that one call may take, a read's repeats included; a lease on an operation (120 s) must outlast it.
SMARTCAR_TIMEOUT_SECONDS: float = min(env.positive("SMARTCAR_TIMEOUT_SECONDS", 30), 60)
SMARTCAR_RATE_CAPACITY = env.positive("SMARTCAR_RATE_CAPACITY", 120)
SMARTCAR_RATE_REFILL_PER_MINUTE = env.positive("SMARTCAR_RATE_REFILL_PER_MINUTE", 2)
# Kept for revocations and for reading again what became of them: pages do not touch it.
SMARTCAR_RATE_RESERVE = env.share("SMARTCAR_RATE_RESERVE", SMARTCAR_RATE_CAPACITY, SMARTCAR_RATE_CAPACITY // 4)

# --- Our own rules ---

TICKET_PATTERN = env.pattern("TICKET_PATTERN", r"^[A-Z][A-Z0-9]*-[0-9]+$")
AUDIT_ORIGIN = env.text("AUDIT_ORIGIN") or _public.netloc
# Beside a SQLite file, so that each database has its own; the key and the folder belong to one log for good.
_database = DATABASES["default"]
_audit_dir = (
    Path(f"{_database['NAME']}.audit")
    if _database["ENGINE"] == "django.db.backends.sqlite3" and _database["NAME"] != ":memory:"
    else BASE_DIR / "audit"
)
AUDIT_SIGNING_KEY_FILE = env.path("AUDIT_SIGNING_KEY_FILE") or _audit_dir / "signing-key.pem"
AUDIT_CHECKPOINT_DIR = env.path("AUDIT_CHECKPOINT_DIR") or _audit_dir / "checkpoints"
# Of the deeds of staff, how many in a hundred are drawn for review beside all anomalies.
AUDIT_REVIEW_PERCENT = min(env.positive("AUDIT_REVIEW_PERCENT", 5), 100)
# From which hour to which, Monday to Friday in UTC, a wide revocation is nothing unusual.
OFFICE_HOURS = env.hours("OFFICE_HOURS", (6, 20))
# How many revocations one person may ask for within an hour; the next is answered with 429.
REVOCATIONS_PER_HOUR = env.positive("REVOCATIONS_PER_HOUR", 60)
# Days or calendar months (`1m`) a customer may have to wait for their answer, by reason where a law says otherwise.
STATUTORY_DAYS = env.terms("STATUTORY_DAYS", Term(months=1))
# How long whoever downloads an export may take for a piece of it, a few hundred kilobytes, before it is broken off.
EXPORT_STALL_SECONDS = 60
APPROVAL_LIFETIME = timedelta(minutes=env.positive("APPROVAL_LIFETIME_MINUTES", 60))
# Answers of Smartcar that the database could not take wait here; keep it on a disk that survives a restart.
SPOOL_DIR = env.path("SPOOL_DIR") or BASE_DIR / "spool"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
