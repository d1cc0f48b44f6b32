"""Pages to look at and to ask: a report in one file, and a local page that explores vectors.

They need the extra ``report``. Words, names and titles are data: pages show them as text, whatever they contain. The
names are imported from their modules, since the report knows the evaluation, and the local page starts without it.
"""
