"""The console: what every arm, queue and session is doing, as pages that the gateway serves."""
