"""What every experiment shares; a recipe takes all of it from here.

settings: its choices. seeds: where its randomness comes from. pool: where its parts are computed. samples, tables:
arrays with named axes, and what is made of them. statistics, verdict: estimates with intervals, and what they decide.
record, words, recipe: what is kept, how it is said, and both together. folder, html, overview: what the user sees.
"""
