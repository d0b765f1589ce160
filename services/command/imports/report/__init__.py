"""What a city manager would want to read of imported requests: a headline, what is worst, tables."""
