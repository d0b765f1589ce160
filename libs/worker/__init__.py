"""The only room that knows nameko and eventlet: how a worker process carries events and clocks."""
