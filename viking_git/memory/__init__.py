"""Messages to candidates, candidates to decisions, decisions to changes; no git."""
