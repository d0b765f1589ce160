"""`linli import`: the service requests of any city, from its own export by a mapping file."""
