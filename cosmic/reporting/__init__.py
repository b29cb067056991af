"""Facts (JSON) to figures to one HTML file. Trains nothing, fetches nothing."""
