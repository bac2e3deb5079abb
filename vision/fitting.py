"""The size at which a network sees a picture. No pixels and no torch."""

from __future__ import annotations

SizePx = tuple[int, int]
"""Width and height in pixels."""

_SAME_PROPORTIONS = 1.01  # 1640 x 1232 is 640 x 480 but for a column


def fitted_size(size_px: SizePx, limit_px: SizePx) -> SizePx:
    """Return the size at which a picture just fits into ``limit_px``, its proportions kept.

    The limit's longer side is for the picture's longer side, whichever way either lies. Small
    pictures grow. A picture of nearly the limit's proportions gets exactly the limit's size.

    Source: the rule of Detectron2's ``ResizeShortestEdge``, for which its networks are trained.
    """
    width_px, height_px = size_px
    long, short = max(limit_px), min(limit_px)
    whole = (long, short) if width_px >= height_px else (short, long)
    x, y = whole[0] / width_px, whole[1] / height_px
    if max(x, y) <= _SAME_PROPORTIONS * min(x, y):
        return whole
    scale = min(x, y)
    return max(1, round(width_px * scale)), max(1, round(height_px * scale))
