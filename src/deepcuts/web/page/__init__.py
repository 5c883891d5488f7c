"""The page. Its sections: who am I, my personas, the list under its dial, the map of artists, the model."""
