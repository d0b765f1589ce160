"""End to end: the journeys, the city import, the benchmarks."""
