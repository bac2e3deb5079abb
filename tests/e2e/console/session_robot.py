"""A robot whose table is worth looking at, and whose last picture cannot be read."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import numpy as np

from cli.stack import LocalStack
from robot.camera import encode_jpeg, photograph
from robot.table_layout import make_scene
from sorter.types import Arm
from tests.e2e.robots import Robot, make_robot

POSITIONS_PW = (1000.0, 1200.0, 1400.0, 1600.0, 1800.0)
BROKEN_PW = 2000.0
WIDTH_PX, HEIGHT_PX = 1640, 1232


@cache
def full_photographs() -> Mapping[float, bytes]:
    """Photograph a table with the camera's own resolution, and once with a broken file."""
    scene = make_scene(
        np.random.default_rng(3),
        n_items=16,
        kinds=["hex_bolt", "hex_nut", "washer", "screw"],
        n_containers=3,
        n_contained=2,
    )
    shown = {at: encode_jpeg(photograph(scene, at).rgb) for at in POSITIONS_PW}
    return {**shown, BROKEN_PW: png_of_too_few_pixels()}


def png_of_too_few_pixels() -> bytes:
    """Return a PNG that is whole, and holds less than its header says: only decoding tells."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", WIDTH_PX, HEIGHT_PX, 8, 2, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(64)))
    return b"\x89PNG\r\n\x1a\n" + content + chunk(b"IEND", b"")


@contextmanager
def make_full_robot(stack: LocalStack, arm_id: str) -> Iterator[Robot]:
    """Register an arm with the usual camera."""
    with make_robot(stack, arm_id) as robot:
        arm = Arm(arm_id)
        robot.client.register_arm(arm)
        yield replace(robot, arm=arm, pictures=full_photographs())
