"""The servers that the wheels bring, run as child processes: PostgreSQL and Redis."""
