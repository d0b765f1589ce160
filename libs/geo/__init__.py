"""Where a point lies: boundaries read from GeoJSON, and the index that finds the areas around a point."""
