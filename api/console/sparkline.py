"""A day in 24 bars, drawn as SVG that needs neither script nor style of its own."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

BAR, STEP, HEIGHT = 8, 10, 40
"""Of the drawing, in its own units; the page stretches it."""

_RECT = Markup('<rect class="{}" x="{}" y="{:.2f}" width="{}" height="{:.2f}"/>')


def sparkline(received: Sequence[int], failed: Sequence[int], label: str) -> Markup:
    """Return a bar for each hour, the newest to the right, with what failed at its foot."""
    scale = HEIGHT / max(*received, 1)
    bars = Markup("").join(
        _bar("bar", hour, n * scale) + _bar("bar-failed", hour, n_failed * scale)
        for hour, (n, n_failed) in enumerate(zip(received, failed, strict=True))
    )
    width = STEP * len(received)
    return Markup(
        '<svg class="spark" viewBox="0 0 {0} {1}" preserveAspectRatio="none" role="img"'
        ' aria-label="{2}"><line class="base" x1="0" x2="{0}" y1="{3}" y2="{3}"/>{4}</svg>'
    ).format(width, HEIGHT + 1, label, HEIGHT + 0.5, bars)


def _bar(name: str, hour: int, height: float) -> Markup:
    if not height:
        return Markup("")
    return _RECT.format(name, hour * STEP + 1, HEIGHT - height, BAR, height)
