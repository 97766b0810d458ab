"""What a relying party does over the network, kept apart: nothing else in this package imports it."""
