"""Networks beside other models, and runs beside runs: who is better, and is it chance.

The names are imported when they are first used.
"""
