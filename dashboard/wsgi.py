"""The production entry point: serves only when the start-up checks find nothing wrong."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

application = get_wsgi_application()

from dashboard.start import refuse_to_serve_unless_sound  # noqa: E402 - needs the applications to be loaded

refuse_to_serve_unless_sound()
