"""A search for better settings of one task and arm, by validation alone. The test part has no place here."""
