from __future__ import annotations

import pytest

from api.robot_door.bootstrap import door_settings_from
from api.robot_door.server import DoorSettings
from sorter.errors import InvalidInputError

TOKEN = "abcdefghijklmnop"


def test_the_door_is_where_robots_look_for_it_and_on_this_machine_alone() -> None:
    settings = door_settings_from({})
    assert (settings.host, settings.port) == ("127.0.0.1", 6000)
    assert settings == DoorSettings()


@pytest.mark.parametrize(
    ("address", "is_admitted"),
    [
        ("192.168.178.7", True),
        ("::ffff:192.168.178.7", True),
        ("10.0.0.7", True),
        ("10.0.0.8", False),
        ("192.168.179.7", False),
        ("fe80::1%eth0", True),
        ("2001:db8::1", False),
    ],
)
def test_only_addresses_of_its_networks_are_admitted(address: str, is_admitted: bool) -> None:
    networks = "192.168.178.0/24, 10.0.0.7,fe80::/10"
    settings = door_settings_from({"SORTERBOT_DOOR_NETWORKS": networks})
    assert settings.admits(address) is is_admitted
    assert DoorSettings().admits(address)


@pytest.mark.parametrize(
    ("path", "behind"),
    [
        (f"/{TOKEN}", ""),
        (f"/{TOKEN}/", "/"),
        (f"/{TOKEN}/rpi/", "/rpi/"),
        ("/", None),
        ("/rpi/", None),
        (f"//{TOKEN}", None),
        (f"/{TOKEN}x", None),
        ("/\ud800", None),
    ],
)
def test_a_token_must_be_the_first_part_of_the_path(path: str, behind: str | None) -> None:
    settings = door_settings_from({"SORTERBOT_DOOR_TOKEN": TOKEN})
    assert settings.path_behind_token(path) == behind
    assert DoorSettings().path_behind_token(path) == path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("NETWORKS", "192.168.178.1/24"),
        ("NETWORKS", "everybody"),
        ("TOKEN", "short"),
        ("TOKEN", "a" * 201),
        ("TOKEN", "with/a/slash/in/it"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidInputError, match=f"SORTERBOT_DOOR_{name}"):
        door_settings_from({f"SORTERBOT_DOOR_{name}": value})
