"""Every claim about speed and memory, as something that can be run. Not tests: nothing here fails on a slow day."""
