"""One module a change of the schema, in the order that their ``down_revision`` tells."""
