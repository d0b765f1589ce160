"""Test processes without the second that their imports take: forked from a parent that has imported all."""
