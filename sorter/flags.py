"""Warnings about a session that its plan carries."""

from __future__ import annotations
