"""Import and export, one file per format of the field."""
