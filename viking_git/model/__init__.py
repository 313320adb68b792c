"""Values and codecs: pure, without input or output."""
