"""The gateway: HTTP in, HTTP out. Parses, stores, enqueues, reads back; decides nothing."""
