"""Read a trained model: every neuron's arithmetic, every number of backpropagation.

Pure functions from a model and data to plain results. The doors are methods of
`fathom.Model`, such as `model.trace(x)`; the command line, the report and the studio
show what these functions return.
"""
