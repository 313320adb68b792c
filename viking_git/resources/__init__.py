"""Documents in, layers out."""
