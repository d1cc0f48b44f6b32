"""Studies: many settings over several seeds on one text, kept as they come, and the pages made of them.

A study is a list of stages; a stage names runs, later ones from the results of earlier ones. Every run that is done
is a line of one file, so a study that is interrupted goes on where it was.

Rejected: one section per run of the command, as the other benchmarks have it (hours of training would hang on one
process), a database (a line of JSON is appended, read and compared with what every system has).
"""
