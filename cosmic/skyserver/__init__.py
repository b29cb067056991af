"""SDSS's SkyServer: what may be asked, how to ask, what an answer is worth, and what is new. Stores no rows."""
