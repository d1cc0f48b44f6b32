"""Studies: many settings over several seeds on one text, kept as they come, and the pages made of them.

A study is a list of stages; a stage names runs, later ones from the results of earlier ones. Every run that is done
is a line of one file, so a study that is interrupted goes on where it was.
"""
