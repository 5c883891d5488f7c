"""One metric or two kin to a file: formula, source, function, and at the foot `METRICS`, which registers them."""
