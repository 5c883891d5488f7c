"""Personal listening exports: read, counted, matched to a catalogue."""
