"""OVPack: packs that OpenViking reads and writes."""
