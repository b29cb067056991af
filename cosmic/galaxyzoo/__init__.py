"""Galaxy Zoo 2: the volunteers' votes, the strings and labels that follow from them, and the images they saw.

Pure: files and folders that it is given, tables and records back. It knows no catalogue, no flow and no network.
"""
