"""The queues and their tasks: load, decide by calling ``sorter`` and ``vision``, save."""
