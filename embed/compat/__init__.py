"""Classes that stand in for those of other packages, on this package's core; they never import the other package."""
