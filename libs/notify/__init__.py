"""Notices on their way out: channels that carry messages to people, and the loop that sends what waits."""
