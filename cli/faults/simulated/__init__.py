"""The system in one process: its own code on a real database, in virtual time, by seeded turns."""
