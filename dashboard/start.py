"""Refuse to serve when something is wrong, in sentences instead of a traceback."""

import logging
import sys

from django.conf import settings
from django.core import checks
from django.db import DatabaseError

from connections.audit.keys import shown
from connections.audit.publish import NotPublished
from connections.audit.selfcheck import SelfCheckFailed, check_append_only
from connections.audit.signing import KeyUnusable
from connections.fingerprints import log_fingerprints
from connections.models import AuditEvent, Staff
from connections.sign_in import second_factor
from connections.staffing import bind_to_issuer

logger = logging.getLogger(__name__)

# gunicorn stops altogether when a worker ends with this code, instead of starting it again for ever.
_WORKER_BOOT_ERROR = 3


def refuse_to_serve_unless_sound() -> None:
    """End the process with a sentence for each problem of the settings, or if the audit log can be altered."""
    problems = [message.msg for message in checks.run_checks(include_deployment_checks=True) if message.is_serious()]
    problems = problems or _problems_of_the_database()
    if problems:
        sys.stderr.write("".join(f"Not started: {problem}\n" for problem in problems))
        sys.exit(_WORKER_BOOT_ERROR)


def _problems_of_the_database() -> list[str]:
    try:
        AuditEvent.objects.exists()  # so that a database that is away is not taken for a log that is broken
        check_append_only()
        _show_keys()
        log_fingerprints()
        if taken := second_factor.take_over():
            logger.info("Took over %d second factors from a former SECRET_KEY", taken)
        _bind_accounts()
    except (SelfCheckFailed, KeyUnusable, NotPublished) as problem:
        return [str(problem)]
    except DatabaseError as problem:
        reason = str(problem).partition("\n")[0]
        return [f"The database of DATABASE_URL cannot be used ({reason}). Has `manage.py migrate` been run?"]
    return []


def _bind_accounts() -> None:
    """To the OpenID provider, and to what was written for the day on which it is away."""
    if bound := bind_to_issuer():
        logger.info("Bound %d accounts to the issuer %s", bound, settings.OIDC_ISSUER)
    name = settings.OIDC_BREAK_GLASS_ACCOUNT
    if name and not Staff.objects.filter(username=name, is_active=True).exists():
        logger.warning("OIDC_BREAK_GLASS_ACCOUNT names %s, and there is no active account of exactly this name", name)


def _show_keys() -> None:
    """In the log stream, which is outside the database: there somebody can note the key before it is needed."""
    for key, state in shown():
        logger.info("Audit key %s (%s)", key, state)
