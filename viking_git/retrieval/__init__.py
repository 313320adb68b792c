"""Search: vectors, words and their fusion over one tree."""
