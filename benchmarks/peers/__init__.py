"""Other serving systems beside this one, in one run, with the same network and pictures."""
