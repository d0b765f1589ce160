"""Rules that several services apply: working time, due moments, routing by a responsibility list. Pure."""
