"""The production entry point: serves only when the start-up checks find nothing wrong."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
django.setup(set_prefix=False)

from dashboard.handler import Handler  # noqa: E402 - needs the settings
from dashboard.start import refuse_to_serve_unless_sound  # noqa: E402 - needs the applications to be loaded

application = Handler()

refuse_to_serve_unless_sound()
