"""The identity service: who, where, with what right."""
