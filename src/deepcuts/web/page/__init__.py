"""The page for people: who am I, my personas, the list under its dial, the map of artists, the model."""
