"""Why a connection may be revoked: the fixed list that forms offer and events carry; and why one was not asked on."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _, gettext_noop


class Reason(TextChoices):
    CUSTOMER_REQUEST = "customer_request", _("The customer asked for it")
    CONSENT_WITHDRAWN = "consent_withdrawn", _("Consent withdrawn")
    ERASURE_REQUEST = "erasure_request", _("Request for erasure")
    ACCOUNT_CLOSED = "account_closed", _("Account closed")
    VEHICLE_SOLD = "vehicle_sold", _("Vehicle sold or handed over")
    LOST_OR_STOLEN = "lost_or_stolen", _("Vehicle lost or stolen")
    FRAUD = "fraud", _("Fraud")
    LEGAL_ORDER = "legal_order", _("Order of a court or authority")
    TEST_CLEANUP = "test_cleanup", _("Clean-up after a test")
    ERROR_CORRECTION = "error_correction", _("Correction of an error")
    OTHER = "other", _("Other, said in the note")


# Of what waited to be sent.
CHANGED = gettext_noop("Changed while it waited, so the rest was not sent.")
# Of what reading again could not tell.
SEEN_BY_PERSON = gettext_noop("A person looked and found it gone.")
# Of a request for approval, by its own requester.
WITHDRAWN = gettext_noop("Withdrawn by who asked for it.")
