"""The memory: Postgres rows are the truth, image objects lie in a folder or in S3."""
