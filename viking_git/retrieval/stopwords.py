"""English function words, which say how a question is put and not what it is about."""

_TEXT = """
a about after again all also am an and any are as at be because been before being both but by can could did do does
doing down during each few for from further had has have having he her here hers herself him himself his how i if
in into is it its itself just me more most my myself no nor not now of off on once only or other our ours ourselves
out over own same she should so some such than that the their theirs them themselves then there these they this
those through to too under until up very was we were what when where which while who whom whose why will with would
you your yours yourself yourselves
"""

STOPWORDS = frozenset(_TEXT.split())
"""They are dropped from a query that has other words, and weigh little in the hashing embedder."""
