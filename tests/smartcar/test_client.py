"""Which generation is chosen, and what is said when a credential is missing."""

import pytest

from connections.smartcar.client import Credentials, Origins, Smartcar
from connections.smartcar.errors import NotConfigured
from connections.smartcar.types import Generation

BOTH = Credentials(management_token="amt", client_id="client_1", client_secret="hush")
TOKEN_ONLY = Credentials(management_token="amt")
APPLICATION_ONLY = Credentials(client_id="client_1", client_secret="hush")


@pytest.mark.parametrize(
    ("credentials", "api", "generation", "knows_details"),
    [
        (BOTH, "auto", Generation.V3, True),
        (APPLICATION_ONLY, "auto", Generation.V3, True),
        (TOKEN_ONLY, "auto", Generation.V2, False),
        (BOTH, "v2", Generation.V2, True),
        (TOKEN_ONLY, "v2", Generation.V2, False),
        (BOTH, "v3", Generation.V3, True),
        (APPLICATION_ONLY, "v3", Generation.V3, True),
    ],
)
def test_the_credentials_and_the_setting_choose(
    *, credentials: Credentials, api: str, generation: Generation, knows_details: bool
) -> None:
    smartcar = Smartcar(credentials, Origins(), api)

    assert smartcar.generation is smartcar.api.generation is generation
    assert (smartcar.details is not None) is knows_details
    if smartcar.details is not None:
        assert smartcar.details.capabilities.knows_details


@pytest.mark.parametrize(
    ("credentials", "api", "variable"),
    [
        (Credentials(), "auto", "SMARTCAR_APP_MANAGEMENT_TOKEN"),
        (Credentials(), "auto", "SMARTCAR_CLIENT_ID"),
        (APPLICATION_ONLY, "v2", "SMARTCAR_APP_MANAGEMENT_TOKEN"),
        (TOKEN_ONLY, "v3", "SMARTCAR_CLIENT_ID"),
        (Credentials(management_token="amt", client_id="client_1"), "auto", "SMARTCAR_CLIENT_SECRET"),
        (Credentials(management_token="amt", client_secret="hush"), "v2", "SMARTCAR_CLIENT_ID"),
    ],
)
def test_a_missing_credential_is_named(credentials: Credentials, api: str, variable: str) -> None:
    with pytest.raises(NotConfigured, match=variable):
        Smartcar(credentials, Origins(), api)


def test_a_generation_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="v4"):
        Smartcar(BOTH, Origins(), "v4")


def test_the_capabilities_of_a_generation_are_told_beforehand() -> None:
    v2 = Smartcar(BOTH, Origins(), "v2").api.capabilities
    v3 = Smartcar(BOTH, Origins(), "v3").api.capabilities

    assert v2.lists_all_modes
    assert v2.deletes_by_scope
    assert not v2.goes_back
    assert v3.has_connection_ids
    assert v3.knows_total
    assert not v3.deletes_by_scope
