"""Galaxies from their images: what there is, pixels, labels, networks, numbers of shape. Knows nothing of Prefect."""
