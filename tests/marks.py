"""Marks that several tests wear."""

import pytest

both_generations = pytest.mark.parametrize("generation", ["v2", "v3"], indirect=True)
