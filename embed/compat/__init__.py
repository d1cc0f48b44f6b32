"""Stand-ins for classes of other packages, built on this package's core; they never import the other package."""
