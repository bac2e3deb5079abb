"""How gunicorn serves the gateway; ``python -m gunicorn -c python:api.gunicorn_settings``.

One process a gateway, with threads: requests wait for disk, database and broker rather than
compute, the counters of ``/metrics`` are then those of the whole gateway, and more gateways
can stand behind one address. Of the threads, 20 may be held by those who wait (12) or follow
events (8), see ``api.context.Settings``, so that 12 are always left to those who post.
"""

from __future__ import annotations

wsgi_app = "api.bootstrap:create_app_from_environment()"
worker_class = "gthread"
workers = 1
threads = 32
keepalive = 30
"""Seconds for which a robot's connection is kept between two pictures."""

timeout = 60
graceful_timeout = 10
"""Seconds for which a stopping gateway lets requests end; a longer wait is asked for again."""

backlog = 512
limit_request_line = 2048
limit_request_fields = 50
limit_request_field_size = 4096
accesslog = None  # the gateway writes a line a request itself, with the request's id
control_socket_disable = True  # it would lie in the home folder, one for all gateways of a user
