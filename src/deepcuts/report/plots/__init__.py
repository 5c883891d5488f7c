"""The plots of a report: facts in, SVG out, one family a file. They need the extra `report`."""
