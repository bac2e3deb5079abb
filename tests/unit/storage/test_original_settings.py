from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from storage.image_bucket import ImageBucket
from storage.original_settings import with_original_settings

PG_CONN = "postgresql://postgres:p%40ss@db.example:5432/sorterbot"


def nobody(names: Sequence[str], region: str) -> Mapping[str, str]:
    raise AssertionError(f"nobody is to be asked for {names} in {region}")


class Parameters(dict[str, str]):
    """A parameter store that notes what it is asked."""

    def __init__(self, **values: str) -> None:
        super().__init__(values)
        self.asked: list[tuple[list[str], str]] = []

    def __call__(self, names: Sequence[str], region: str) -> Mapping[str, str]:
        self.asked.append((list(names), region))
        return {name: self[name] for name in names}


VALUES = st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=20)


@given(st.dictionaries(st.sampled_from(["SORTERBOT_IMAGE_STORE", "HOME", "AWS_REGION"]), VALUES))
def test_without_the_original_s_settings_nothing_changes(variables: dict[str, str]) -> None:
    variables = {name: value for name, value in variables.items() if not value.startswith("ssm:")}
    assert with_original_settings(variables, nobody) == variables


def test_local_takes_the_database_and_asks_nobody() -> None:
    told = with_original_settings({"MODE": "local", "PG_CONN": PG_CONN}, nobody)
    assert told["SORTERBOT_DATABASE_URL"] == PG_CONN
    assert "SORTERBOT_IMAGE_STORE" not in told


@pytest.mark.parametrize("mode", ["aws-dev", "production"])
def test_the_other_modes_keep_pictures_in_the_original_s_bucket(mode: str) -> None:
    told = with_original_settings(
        {
            "MODE": mode,
            "PG_CONN": PG_CONN,
            "RESOURCE_SUFFIX": "fbcggris",
            "DEPLOY_REGION": "eu-central-1",
        },
        nobody,
    )
    assert told["SORTERBOT_IMAGE_STORE"] == "s3://sorterbot-fbcggris?region=eu-central-1"
    assert told["SORTERBOT_ORIGINAL_NAMES"] == "1"
    ImageBucket.from_url(told["SORTERBOT_IMAGE_STORE"])


@pytest.mark.parametrize(("said", "heard"), [("", "1"), ("0", "0"), ("1", "1")])
def test_the_original_s_names_are_kept_unless_somebody_says_otherwise(
    said: str, heard: str
) -> None:
    """As of every setting: one without a value says nothing."""
    originals = {"MODE": "production", "PG_CONN": PG_CONN, "RESOURCE_SUFFIX": "a"}
    told = with_original_settings(
        originals | {"DEPLOY_REGION": "r", "SORTERBOT_ORIGINAL_NAMES": said}, nobody
    )
    assert told["SORTERBOT_ORIGINAL_NAMES"] == heard


def test_a_server_that_is_not_amazon_s_is_named_as_for_its_other_tools() -> None:
    told = with_original_settings(
        {
            "MODE": "aws-dev",
            "PG_CONN": PG_CONN,
            "RESOURCE_SUFFIX": "a",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": "http://store:9000",
        },
        nobody,
    )
    options = parse_qs(urlsplit(told["SORTERBOT_IMAGE_STORE"]).query)
    assert options == {
        "region": ["us-east-1"],
        "endpoint": ["http://store:9000"],
        "allow_http": ["true"],
    }


def test_what_the_original_looks_up_by_itself_is_looked_up() -> None:
    parameters = Parameters(PG_CONN=PG_CONN, RESOURCE_SUFFIX="x1")
    told = with_original_settings({"MODE": "production", "DEPLOY_REGION": "eu-west-1"}, parameters)
    assert told["SORTERBOT_DATABASE_URL"] == PG_CONN
    assert told["SORTERBOT_IMAGE_STORE"] == "s3://sorterbot-x1?region=eu-west-1"
    assert parameters.asked == [(["PG_CONN", "RESOURCE_SUFFIX"], "eu-west-1")]


def test_any_setting_may_name_a_parameter_and_all_are_asked_for_at_once() -> None:
    parameters = Parameters(**{"/sorterbot/redis": "redis://:secret@cache/0", "panel": "p:8000"})
    told = with_original_settings(
        {
            "SORTERBOT_BROKER_URL": "ssm:/sorterbot/redis",
            "SORTERBOT_RESULTS_URL": "ssm:/sorterbot/redis",
            "CONTROL_PANEL_HOST": "ssm:panel",
            "SOMEBODY_S_OWN": "ssm:left alone",
            "DEPLOY_REGION": "eu-west-1",
        },
        parameters,
    )
    assert (
        told["SORTERBOT_BROKER_URL"]
        == told["SORTERBOT_RESULTS_URL"]
        == parameters["/sorterbot/redis"]
    )
    assert told["CONTROL_PANEL_HOST"] == "p:8000"
    assert told["SOMEBODY_S_OWN"] == "ssm:left alone"
    assert parameters.asked == [(["/sorterbot/redis", "panel"], "eu-west-1")]


@pytest.mark.parametrize("mode", ["", "local", "aws-dev", "production"])
def test_own_settings_win(mode: str) -> None:
    own = {
        "SORTERBOT_DATABASE_URL": "postgresql://own/own",
        "SORTERBOT_IMAGE_STORE": "file:///own",
    }
    originals = {"MODE": mode, "PG_CONN": PG_CONN, "RESOURCE_SUFFIX": "theirs"}
    told = with_original_settings(originals | own, nobody)
    assert told == originals | own


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"MODE": "Production"}, "MODE is local, aws-dev, production or not set"),
        ({"MODE": "local", "SORTERBOT_IMAGE_STORE": "s3://bucket"}, "MODE=local keeps pictures"),
        ({"MODE": "local", "PG_CONN": "ssm:PG_CONN"}, "MODE=local asks nobody.*PG_CONN"),
        ({"MODE": "production"}, "DEPLOY_REGION is not set"),
        ({"SORTERBOT_DATABASE_URL": "ssm:x"}, "DEPLOY_REGION is not set"),
        ({"PG_CONN": "mysql://u:hidden@h/d"}, "PG_CONN is postgresql://"),
        ({"PG_CONN": "postgresql://u:hidden@h:port/d"}, "PG_CONN is postgresql://"),
        ({"PG_CONN": "postgresql://u:hidden@[h/d"}, "PG_CONN is postgresql://"),
        ({"PG_CONN": "postgresql://u:hidden@h/"}, "PG_CONN is postgresql://"),
        ({"PG_CONN": "host=h password=hidden"}, "PG_CONN is postgresql://"),
    ],
)
def test_what_makes_no_sense_is_said_once_and_without_passwords(
    variables: dict[str, str], complaint: str
) -> None:
    with pytest.raises(InvalidInputError, match=complaint) as raised:
        with_original_settings(variables, nobody)
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize("suffix", ["Upper", "a b", "-a", "a-", "../x", "a" * 54, "a.b/c"])
def test_a_suffix_that_makes_no_bucket_s_name_is_refused(suffix: str) -> None:
    variables = {"MODE": "aws-dev", "PG_CONN": PG_CONN, "DEPLOY_REGION": "r"}
    with pytest.raises(InvalidInputError, match="RESOURCE_SUFFIX"):
        with_original_settings(variables | {"RESOURCE_SUFFIX": suffix}, nobody)
