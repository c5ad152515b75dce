"""Files that people send: fetched by jobs from their provider, sealed, and told of."""
