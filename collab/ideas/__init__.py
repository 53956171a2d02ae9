"""The arithmetic behind the steps of the Learn page, an idea a module: small enough to be checked by hand."""
