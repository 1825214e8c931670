"""What is said of a purge in place of the words for a revocation, which it is more than."""

from django.utils.translation import gettext_noop

IN_PLACE_OF = {
    "looked at what revoking would remove: %(subject)s": gettext_noop(
        "looked at what a purge would remove: %(subject)s"
    ),
    "asked to revoke %(subject)s": gettext_noop("asked to purge %(subject)s"),
    "sent Smartcar the request to revoke %(subject)s": gettext_noop("sent Smartcar the request to purge %(subject)s"),
    "tried to revoke %(subject)s": gettext_noop("tried to purge %(subject)s"),
    "revoked %(subject)s": gettext_noop("purged %(subject)s"),
    "could not revoke %(subject)s": gettext_noop("could not purge %(subject)s"),
    "was refused by Smartcar when revoking %(subject)s": gettext_noop(
        "was refused by Smartcar when purging %(subject)s"
    ),
    "tried to revoke %(subject)s, and it is not known whether it was done": gettext_noop(
        "tried to purge %(subject)s, and it is not known whether it was done"
    ),
    "said that %(subject)s was not revoked, and a last look found: %(found)s": gettext_noop(
        "said that %(subject)s was not purged, and a last look found: %(found)s"
    ),
    "it was not revoked": gettext_noop("it was not purged"),
    "withdrew the request to revoke %(subject)s": gettext_noop("withdrew the request to purge %(subject)s"),
    "voided the approvals, as something had changed, to revoke %(subject)s": gettext_noop(
        "voided the approvals, as something had changed, to purge %(subject)s"
    ),
    "asked for approval to revoke %(subject)s": gettext_noop("asked for approval to purge %(subject)s"),
    "approved revoking %(subject)s": gettext_noop("approved purging %(subject)s"),
    "denied revoking %(subject)s": gettext_noop("denied purging %(subject)s"),
    "let the time run out for approving to revoke %(subject)s": gettext_noop(
        "let the time run out for approving to purge %(subject)s"
    ),
}
