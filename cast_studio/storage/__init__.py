"""How a project survives: the SQLite store, the prediction cache, the file formats."""
