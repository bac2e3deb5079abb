from __future__ import annotations

import pytest

from sorter.errors import InvalidInputError
from workers.watching import app_from_environment

VARIABLES = {
    "SORTERBOT_BROKER_URL": "redis://broker/0",
    "SORTERBOT_RESULTS_URL": "redis://results/1",
    "FLOWER_BASIC_AUTH": "operator:secret",
}


def test_the_app_finds_the_broker_and_knows_no_task_of_ours() -> None:
    app = app_from_environment(dict(VARIABLES))
    assert app.conf.broker_url == "redis://broker/0"
    assert not [name for name in app.tasks if name.startswith("sorterbot.")]


@pytest.mark.parametrize("missing", VARIABLES)
def test_without_an_address_or_a_password_it_is_refused_by_name(missing: str) -> None:
    variables = {name: value for name, value in VARIABLES.items() if name != missing}
    with pytest.raises(InvalidInputError, match=missing):
        app_from_environment(variables)


def test_somebody_elses_sign_in_does_instead_of_a_password() -> None:
    others = {**VARIABLES, "FLOWER_BASIC_AUTH": "", "FLOWER_AUTH_PROVIDER": "flower.views.auth.X"}
    app_from_environment(others)


def test_flower_only_looks_and_switches_no_events_on_unless_told_otherwise() -> None:
    variables = dict(VARIABLES)
    app_from_environment(variables)
    assert (variables["FLOWER_READ_ONLY"], variables["FLOWER_ENABLE_EVENTS"]) == ("True", "False")
    told = {**VARIABLES, "FLOWER_READ_ONLY": "False"}
    app_from_environment(told)
    assert told["FLOWER_READ_ONLY"] == "False"
