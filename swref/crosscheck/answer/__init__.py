"""What is right: the answers of the specification, the sets of valid values and gradients, the tolerances."""
