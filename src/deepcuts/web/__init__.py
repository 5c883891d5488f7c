"""The page for people and the service for programs: two faces of one model."""
