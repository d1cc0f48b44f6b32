"""Fuzzing of every reader: what is called (`targets`), where it starts from (`seeds`), how it runs (`__main__`).

``make fuzz`` looks for new findings; the files in ``regressions`` are the old ones, and ``make test`` replays them.
"""
