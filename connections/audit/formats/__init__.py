"""How an export is written: each format gives the names of its files and, piece by piece, what is in them."""
