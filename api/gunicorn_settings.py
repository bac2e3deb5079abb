"""How gunicorn serves the gateway; ``python -m gunicorn -c python:api.gunicorn_settings``.

One process a gateway, with threads: requests wait for disk, database and broker rather than
compute, the counters of ``/metrics`` are then those of the whole gateway, and more gateways
can stand behind one address. Of the threads, 20 may be held by those who wait (12) or follow
events (8), 12 by the slow bodies of one arm, and 16 by an image store that hangs, see
``api.context.Settings``; at the console 8 may follow sessions and 10 draw or wait to. So 12 are
left to others. Connections that send nothing, or no whole head, hold none (``api.reception``).
"""

from __future__ import annotations

wsgi_app = "api.bootstrap:create_app_from_environment()"
worker_class = "api.leaving.LeavingWorker"
workers = 1
threads = 78
keepalive = 30
"""Seconds for which a robot's connection is kept between two pictures."""

timeout = 60
graceful_timeout = 8
"""Seconds from SIGTERM to the end of the last request: two less than the local stack allows."""

backlog = 512
worker_connections = 400
"""Below the 1,024 files that systems commonly allow a process; more wait in the backlog."""

forwarder_headers = ""
"""Nobody's headers say under which path the gateway lies."""

limit_request_line = 2048
limit_request_fields = 50
limit_request_field_size = 4096
accesslog = None  # the gateway writes a line a request itself, with the request's id
control_socket_disable = True  # it would lie in the home folder, one for all gateways of a user
