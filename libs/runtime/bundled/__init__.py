"""PostgreSQL and RabbitMQ as private servers of ours, in a folder, without root or an init system."""
