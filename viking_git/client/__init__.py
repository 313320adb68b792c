"""``OpenViking`` and ``AsyncOpenViking``: a workspace behind the methods of OpenViking's documents."""
