"""The gRPC side: server, access, errors, client."""
