"""Files to read: on this machine or in a store, found, described and opened."""
