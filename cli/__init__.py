"""The command ``sorterbot``: local stack, demo, robots, training, evaluation, verification."""
