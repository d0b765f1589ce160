"""The gRPC walls: server, access, errors, client."""
