"""One folder for each room of the package; house and hostile are about several; fuzz and torture also run alone."""
