"""Tables in files and in memory, turned into SQL that names the columns asked for."""
