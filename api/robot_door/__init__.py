"""The door for robots of the original SorterBot: its messages in and out, nothing else.

Source: docs/interfaces/sorterbot.md. Read first: :mod:`api.robot_door.conversation`.
"""
