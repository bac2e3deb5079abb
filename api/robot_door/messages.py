"""The original's messages: what a robot sends, taken apart and bounded.

Source: docs/interfaces/sorterbot.md, the robot's wire protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from api.bodies import MAX_PULSE_WIDTH_PW, MAX_SIZE_PX
from sorter.errors import InvalidInputError

MAX_MESSAGE_BYTES = 8_388_608
"""Four times what the original takes; a picture of its camera has about half a megabyte."""

MAX_HEADER_BYTES = 16_384
SEPARATOR = b"___SPLIT___"

Name = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
PulseWidth = Annotated[float, Field(ge=0, le=MAX_PULSE_WIDTH_PW)]
Said = TypeVar("Said")


class MessageError(InvalidInputError):
    """A message is none of the original's."""


class _Message(BaseModel):
    """What a robot sends; keys that mean nothing here are passed over."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class PictureHeader(_Message):
    """What stands before a picture's bytes."""

    command: Literal["recv_img_proc", "recv_img_after"]
    arm_id: Name
    session_id: Name
    image_name: str = Field(pattern=r"^[0-9]{1,5}(\.[0-9]{1,6})?\.(jpg|jpeg|png)$")

    @property
    def position_pw(self) -> float:
        """Servo 0 at which the picture was taken, which is its name."""
        return float(self.image_name.rpartition(".")[0])


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a robot sent it."""

    header: PictureHeader
    data: bytes


class ArmConstants(_Message):
    """An arm's configuration, as the robot keeps it in its own file."""

    arm_id: Name
    arm_radius: float = Field(gt=0, le=MAX_SIZE_PX)
    rotation_range_as_deg: float = Field(gt=0, le=360)
    rotation_range_as_pw: float = Field(gt=0, le=MAX_PULSE_WIDTH_PW)
    dist_min_as_pw: PulseWidth
    dist_max_as_pw: PulseWidth


class CommandsWanted(_Message):
    """All pictures of a session have come, and the robot waits for what to do."""

    command: Literal["get_commands_of_session"]
    session_id: Name
    arm_constants: ArmConstants


class AfterPicturesEnded(_Message):
    """All pictures of the table after the commands have come."""

    command: Literal["stitch_after_image"]
    arm_id: Name
    session_id: Name


Order = CommandsWanted | AfterPicturesEnded


class CheckInSaid(_Message):
    """A robot waits to be started."""

    command: Literal["send_conn_status"]
    arm_id: Name
    cloud_conn_status: bool


class AddressWanted(_Message):
    """A robot asks where its pictures go, having found nobody at the address that it knew."""

    command: Literal["get_cloud_ip"]
    arm_id: Name


PanelMessage = CheckInSaid | AddressWanted

_ORDERS: TypeAdapter[Order] = TypeAdapter(Annotated[Order, Field(discriminator="command")])
_PANEL: TypeAdapter[PanelMessage] = TypeAdapter(
    Annotated[PanelMessage, Field(discriminator="command")]
)
_HEADERS = TypeAdapter(PictureHeader)


def parse_picture(message: bytes) -> Picture:
    """Take a binary message apart at the first separator; the picture's bytes may hold it, too.

    Raises:
        MessageError: No separator where one must be, or no header before it.
    """
    end = message.find(SEPARATOR, 0, MAX_HEADER_BYTES + len(SEPARATOR))
    if end < 0:
        raise MessageError("no ___SPLIT___ between a header and a picture")
    return Picture(_read(_HEADERS, message[:end]), message[end + len(SEPARATOR) :])


def parse_order(message: str) -> Order:
    """Read a text message.

    Raises:
        MessageError: It is no JSON, or none of the original's commands.
    """
    return _read(_ORDERS, message)


def parse_panel_message(message: str | bytes) -> PanelMessage:
    """Read what a robot sends to its control panel.

    Raises:
        MessageError: It is no JSON, or none of the original's.
    """
    return _read(_PANEL, message)


def _read(adapter: TypeAdapter[Said], text: str | bytes) -> Said:
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise MessageError(f"{where}: {first['msg']}" if where else first["msg"]) from error
